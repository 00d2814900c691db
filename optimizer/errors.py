"""The optimizer's own errors, below `catalog.GpumixError`."""

from catalog import GpumixError


class TimeLimitError(GpumixError):
    """The time limit passed before any fleet was found."""
