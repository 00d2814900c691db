"""Reading a sweep file: every mistake is found, and its field named, before the first point is solved."""

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.files import read_text
from api.sweeps.fields import changed, check_path
from api.sweeps.points import Axis, Step, Sweep, cell
from catalog import InvalidInputError, bad_fields
from optimizer.request import Day, read_request

MOST_POINTS = 1_000_000
HINT = "a sweep is request, grid or table, scenarios, as_of; see docs/scale.md"
_Values = Annotated[list[Any], Field(min_length=1)]


class _SweepFile(BaseModel):
    """What stands in a sweep file, before its paths and values are judged."""

    model_config = ConfigDict(extra="forbid")

    request: dict[str, Any]
    grid: Annotated[dict[str, _Values], Field(min_length=1)] | None = None
    table: Annotated[str, Field(min_length=1)] | None = None
    scenarios: Annotated[dict[str, dict[str, Any]], Field(min_length=1)] | None = None
    as_of: Annotated[list[Day], Field(min_length=1)] | None = None


def read_sweep(document: object, folder: Path = Path()) -> Sweep:
    """Return the sweep of a parsed file; its table is looked for in `folder`. Raises InvalidInputError."""
    if not isinstance(document, dict):
        raise InvalidInputError("a sweep file is a mapping", HINT)
    try:
        given = _SweepFile.model_validate(document)
    except ValidationError as error:
        raise InvalidInputError(bad_fields(error, "sweep"), HINT) from error
    if given.grid is not None and given.table is not None:
        raise InvalidInputError("grid and table are one choice", "drop one of them")
    days = _days(given)
    sweep = Sweep(given.request, tuple(_axes(given, folder)), days)
    if len(sweep) > MOST_POINTS:
        sizes = " x ".join(str(len(axis.steps)) for axis in sweep.axes)
        raise InvalidInputError(
            f"grid: {len(sweep):,} points ({len(days)} days x {sizes}), but a sweep has at most {MOST_POINTS:,}",
            "shorten the longest list, or split the sweep",
        )
    _check_requests(sweep, given)
    return sweep


def _days(given: _SweepFile) -> tuple[date | None, ...]:
    if given.as_of is None:
        own = given.request.get("as_of")
        try:
            return (own if own is None or isinstance(own, date) else date.fromisoformat(str(own)),)
        except ValueError as error:
            raise InvalidInputError(f"request.as_of: {own!r} is no day", "write it as YYYY-MM-DD") from error
    _once("as_of", [day.isoformat() for day in given.as_of])
    return tuple(given.as_of)


def _axes(given: _SweepFile, folder: Path) -> Iterator[Axis]:
    if given.scenarios is not None:
        for name, changes in given.scenarios.items():
            for path in changes:
                check_path(path, f"scenarios.{name}")
        yield Axis(("scenario",), tuple(Step(changes, (name,)) for name, changes in given.scenarios.items()))
    for path, values in (given.grid or {}).items():
        check_path(path, "grid")
        _once(f"grid.{path}", [json.dumps(value, sort_keys=True, default=str) for value in values])
        yield Axis((path,), tuple(Step({path: value}, (cell(value),)) for value in values))
    if given.table is not None:
        yield _table(given.table, folder)


def _once(where: str, values: list[str]) -> None:
    """Raise where a value stands twice: two points would be the same."""
    value, count = Counter(values).most_common(1)[0]
    if count > 1:
        raise InvalidInputError(f"{where}: {value} is given twice", "leave one of them out")


def _table(name: str, folder: Path) -> Axis:
    """Return the rows of a CSV file; a cell is JSON where it can be read as such, else text; empty sets nothing."""
    header, *rows = [row for row in csv.reader(read_text(str(folder / name)).splitlines()) if row] or [[]]
    if not header or not rows:
        raise InvalidInputError(f"table: {name} has no rows", "give it a header of fields, and a row for each point")
    for path in header:
        check_path(path, f"table {name}")
    _once(f"table {name}, header", header)
    for line, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise InvalidInputError(
                f"table {name}, row {line}: {len(row)} cells under {len(header)} columns", "give each column a cell"
            )
    return Axis(tuple(header), tuple(_row(header, row) for row in rows))


def _row(header: list[str], row: list[str]) -> Step:
    values = [_read(text) for text in row]
    changes = {path: value for path, value in zip(header, values, strict=True) if value is not None}
    return Step(changes, tuple(cell(value) for value in values))


def _read(text: str) -> Any:
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


def _check_requests(sweep: Sweep, given: _SweepFile) -> None:
    """Raise on the first value that makes no PlanRequest, each judged with the first value of every other axis.

    A combination that only together is no request becomes a point with an error.
    """
    first: dict[str, Any] = {path: value for axis in sweep.axes for path, value in axis.steps[0].changes.items()}
    _check(sweep.request, first, "request")
    for axis in sweep.axes:
        for number, step in enumerate(axis.steps[1:], start=1):
            kept = {path: value for path, value in first.items() if path not in axis.steps[0].changes}
            _check(sweep.request, {**kept, **step.changes}, _place(axis, number, given))


def _check(request: Mapping[str, Any], changes: Mapping[str, Any], where: str) -> None:
    try:
        read_request(changed(request, changes))
    except InvalidInputError as error:
        raise InvalidInputError(f"{where}: {error.message}", error.hint) from error


def _place(axis: Axis, number: int, given: _SweepFile) -> str:
    if axis.columns == ("scenario",):
        return f"scenarios.{axis.steps[number].shown[0]}"
    if given.table is not None:
        return f"table {given.table}, row {number + 2}"
    return f"grid.{axis.columns[0]}[{number}]"
