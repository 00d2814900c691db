"""What IPython hands to an object that prints itself."""

from typing import Protocol


class Printer(Protocol):
    """A pretty printer, of which only this is used."""

    def text(self, text: str) -> None:
        """Add text."""
