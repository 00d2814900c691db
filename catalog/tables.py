"""Read a CSV table into frozen rows, reporting every bad cell of every row at once."""

import csv
import io
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

Row = TypeVar("Row")
Key = TypeVar("Key", bound=Hashable)
Problem = tuple[str, int, str, str]


@dataclass(frozen=True, slots=True)
class Table(Generic[Key, Row]):
    """The rows of a CSV that load, by key and with their lines; `broken` holds the first cells of those that do not."""

    file: str
    by_key: Mapping[Key, Row]
    lines: tuple[tuple[int, Row], ...]
    broken: frozenset[str]
    problems: tuple[Problem, ...]

    def unresolved(
        self, column: str, known: "Table[str, Any]", ids: Callable[[Row], Iterable[str]]
    ) -> tuple[Problem, ...]:
        """Return a problem for each id that `known` lacks; an id whose own row is broken is already reported there."""
        names: Collection[str] = known.by_key.keys() | known.broken
        return tuple(
            (self.file, line, column, f"{missing!r} is no row of {known.file}")
            for line, row in self.lines
            for missing in ids(row)
            if missing not in names
        )


def read_table(file: str, text: str, row_type: type[Row], key: Callable[[Row], Key]) -> Table[Key, Row]:
    """Return the table of a CSV text; `row_type` is a dataclass with one field per column.

    A row with any bad cell is left out and each of its bad cells is a problem (file, line, column, reason). So are a
    missing or an unknown column, and a second row with the same key.
    """
    reader = csv.DictReader(io.StringIO(text))
    wanted, found = [field.name for field in fields(row_type)], list(reader.fieldnames or ())  # type: ignore[arg-type]  # Row is a dataclass
    problems: list[Problem] = [(file, 1, name, "column is missing") for name in wanted if name not in found]
    problems += [(file, 1, name, "column is unknown") for name in found if name not in wanted]
    if problems:
        return Table(file, MappingProxyType({}), (), frozenset(), tuple(problems))
    adapter: TypeAdapter[Row] = TypeAdapter(row_type)
    lines: list[tuple[int, Row]] = []
    by_key: dict[Key, Row] = {}
    broken: set[str] = set()
    for cells in reader:
        line = reader.line_num
        try:
            row = adapter.validate_python({name: cells[name] or "" for name in wanted})
        except ValidationError as error:
            problems += [(file, line, *_describe(detail)) for detail in error.errors(include_url=False)]
            broken.add(cells[wanted[0]] or "")
            continue
        if key(row) in by_key:
            problems.append((file, line, "key", f"{key(row)!r} stands twice"))
        by_key.setdefault(key(row), row)
        lines.append((line, row))
    return Table(file, MappingProxyType(by_key), tuple(lines), frozenset(broken), tuple(problems))


def _describe(detail: Any) -> tuple[str, str]:
    """Return (column, reason) of one pydantic error."""
    column = str(detail["loc"][0]) if detail["loc"] else "row"
    return column, f"{detail['msg']} (found {detail['input']!r})"
