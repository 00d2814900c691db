"""Charts: one Altair definition each, for the page, for PNG and SVG files, and for reports."""
