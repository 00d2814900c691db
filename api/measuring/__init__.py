"""Measuring: the user's own benchmark files, read into measurement rows and kept as evidence."""
