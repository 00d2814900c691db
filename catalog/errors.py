"""The errors of gpumix, drawn once.

GpumixError                      anything a user can act on: what, where, what to do next (`hint`)
├── InvalidInputError            a question, request, file or option that cannot be read
│   └── UnknownNameError         a name that is in no catalog, with the closest ones that are
├── InvalidDataError             rows of a data file that do not load, all of them at once
└── (pricing.errors, optimizer.errors add their own)

The core knows no exit codes and no HTTP statuses: `api` maps these types to both.
"""

import difflib
from collections.abc import Iterable

from pydantic import ValidationError


class GpumixError(Exception):
    """An error that names what is wrong and what to do next."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InvalidInputError(GpumixError):
    """Something the user wrote cannot be read."""


class UnknownNameError(InvalidInputError):
    """A name that no row of the catalog has; `matches` are the closest that exist."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        known = sorted(set(known))
        lowered = {candidate.lower(): candidate for candidate in known}
        close = difflib.get_close_matches(name.lower(), lowered, n=4, cutoff=0.4)
        self.matches = tuple(lowered[match] for match in close)
        hint = f"did you mean {' or '.join(self.matches)}?" if self.matches else f"known: {', '.join(known[:12])}"
        super().__init__(f"unknown {kind} {name!r}", hint)


class InvalidDataError(GpumixError):
    """Rows that do not load; every problem is in `problems` as (file, line, column, reason)."""

    def __init__(self, problems: Iterable[tuple[str, int, str, str]]) -> None:
        self.problems = tuple(problems)
        lines = [f"{file}:{line}: {column}: {reason}" for file, line, column, reason in self.problems]
        super().__init__(f"{len(lines)} problem(s) in the data:\n" + "\n".join(lines), "correct or remove these rows")


def bad_fields(error: ValidationError, whole: str) -> str:
    """Return one line per bad field: where (`whole` for the document itself), what is wrong, what was found."""
    lines = []
    for detail in error.errors(include_url=False):
        where = ".".join(str(part) for part in detail["loc"]) or whole
        found = "" if detail["type"] in {"missing", "value_error"} else f" (found {str(detail['input'])[:60]!r})"
        lines.append(f"{where}: {detail['msg'].removeprefix('Value error, ')}{found}")
    return "\n".join(lines)
