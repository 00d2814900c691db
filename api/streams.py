"""Standard output as the result: a reader that leaves early is no error."""

from collections.abc import Iterable
from typing import Any, TextIO


class ClosedPipeError(Exception):
    """Nobody reads the result any more. Not an OSError, which the command line library would turn into a failure."""


class ResultStream:
    """A text stream that says ClosedPipeError where the other end is closed; everything else is the stream's own."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str, /) -> int:
        """Write text. Raises ClosedPipeError."""
        try:
            return self._stream.write(text)
        except BrokenPipeError as error:
            raise ClosedPipeError from error

    def writelines(self, lines: Iterable[str], /) -> None:
        """Write lines. Raises ClosedPipeError."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush what is written. Raises ClosedPipeError."""
        try:
            self._stream.flush()
        except BrokenPipeError as error:
            raise ClosedPipeError from error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
