"""Standard output as the result: a reader that leaves early is no error, a full disk is one that says so."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO


class ClosedPipeError(Exception):
    """Nobody reads the result any more. Not an OSError, which the command line library would turn into a failure."""


class ResultStream:
    """A text stream that says ClosedPipeError where the other end is closed, and InvalidInputError on a full disk."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str, /) -> int:
        """Write text. Raises ClosedPipeError, InvalidInputError."""
        with _said():
            return self._stream.write(text)

    def writelines(self, lines: Iterable[str], /) -> None:
        """Write lines. Raises ClosedPipeError, InvalidInputError."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush what is written. Raises ClosedPipeError, InvalidInputError."""
        with _said():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def _said() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        raise ClosedPipeError from error
    except OSError as error:
        from catalog import InvalidInputError

        raise InvalidInputError(
            f"the result cannot be written: {error.strerror}", "make room, or send it elsewhere"
        ) from error
