"""Benchmarks: figures of this machine, and ratios of things measured in the same run."""
