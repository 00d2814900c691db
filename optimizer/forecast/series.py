"""Series: demand as points in time, monthly, daily or hourly, checked row by row."""

import csv
import io
import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from catalog import InvalidInputError

Step = Literal["month", "day", "hour"]
MOST_PROBLEMS = 20
HINT = "every month, day or hour of the horizon needs exactly one row; times are UTC, as 2027-01-31T23:00:00Z"


def _as_text(value: object) -> object:
    """Take dates that YAML has already read as the text they were."""
    if isinstance(value, datetime):
        return value.isoformat()
    return value.isoformat() if isinstance(value, date) else value


class Point(BaseModel):
    """One value of a series: `time` is a month 2027-01, a day 2027-01-31 or an hour 2027-01-31T23:00:00Z."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    time: Annotated[str, BeforeValidator(_as_text), Field(max_length=40)]
    value: Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class Series:
    """A complete series: `values[month]` holds (start of the step, value) of each month of the horizon."""

    step: Step
    values: tuple[tuple[tuple[datetime, float], ...], ...]


def read_series(points: Sequence[Point], start: str, months: int) -> Series:
    """Return the series of a horizon. Raises InvalidInputError with the number of every bad row, the first is 1."""
    problems: list[str] = []
    seen: dict[datetime, int] = {}
    steps: set[Step] = set()
    wanted = month_starts(start, months + 1)
    for row, point in enumerate(points, start=1):
        try:
            step, time = read_time(point.time)
        except ValueError as error:
            problems.append(f"series row {row}: {error}")
            continue
        steps.add(step)
        if time in seen:
            problems.append(f"series row {row}: {point.time} stands in row {seen[time]} already")
        elif not wanted[0] <= time < wanted[-1]:
            problems.append(f"series row {row}: {point.time} is outside the horizon of {months} months from {start}")
        seen.setdefault(time, row)
    if len(steps) > 1:
        problems.append(f"series: {' and '.join(sorted(steps))} rows are mixed; give one kind")
    if not problems:
        step = next(iter(steps))
        problems += missing_moments("series", step, seen, _moments(step, wanted))
    if problems:
        more = [f"... and {len(problems) - MOST_PROBLEMS} more"] if len(problems) > MOST_PROBLEMS else []
        raise InvalidInputError("\n".join(problems[:MOST_PROBLEMS] + more), HINT)
    ordered = sorted((time, points[row - 1].value) for time, row in seen.items())
    by_month = [[pair for pair in ordered if lo <= pair[0] < hi] for lo, hi in itertools.pairwise(wanted)]
    return Series(next(iter(steps)), tuple(map(tuple, by_month)))


def read_series_csv(text: str, name: str = "series") -> list[dict[str, object]]:
    """Return the rows of a CSV with the columns time and value. Raises InvalidInputError with row numbers."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    if not {"time", "value"} <= set(reader.fieldnames or ()):
        raise InvalidInputError(f"the {name} has the columns {reader.fieldnames}, not time and value", HINT)
    rows: list[dict[str, object]] = []
    for number, row in enumerate(reader, start=1):
        try:
            rows.append({"time": (row["time"] or "").strip(), "value": _amount(row["value"])})
        except ValueError:
            raise InvalidInputError(
                f"{name} row {number}: {row['value']!r} is no load: a number of 0 or more", HINT
            ) from None
    return rows


def _amount(text: str | None) -> float:
    """Return a load, which is a number and not negative. Raises ValueError."""
    value = float(text or "")
    if not 0 <= value < math.inf:
        raise ValueError(text)
    return value


def month_starts(start: str, months: int) -> list[datetime]:
    """Return the first moments of `months` months from `start` (YYYY-MM), in UTC."""
    year, month = int(start[:4]), int(start[5:7]) - 1
    return [datetime(year + (month + n) // 12, (month + n) % 12 + 1, 1, tzinfo=UTC) for n in range(months)]


def read_time(text: str) -> tuple[Step, datetime]:
    """Return the step and the UTC moment of a time. Raises ValueError."""
    if re.fullmatch(r"\d{4}-\d{2}", text):
        return "month", datetime.fromisoformat(f"{text}-01").replace(tzinfo=UTC)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return "day", datetime.fromisoformat(text).replace(tzinfo=UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no time: write 2027-01, 2027-01-31 or 2027-01-31T23:00:00Z") from None
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone: write {text}Z if it is UTC")
    moment = moment.astimezone(UTC)
    if (moment.minute, moment.second, moment.microsecond) != (0, 0, 0):
        raise ValueError(f"{text!r} is no whole hour")
    return "hour", moment


def _moments(step: Step, wanted: list[datetime]) -> list[datetime]:
    """Return every moment of a horizon of months, of which `wanted` has the starts and the end."""
    if step == "month":
        return wanted[:-1]
    length = timedelta(days=1) if step == "day" else timedelta(hours=1)
    return [wanted[0] + length * n for n in range((wanted[-1] - wanted[0]) // length)]


def missing_moments(name: str, step: Step, seen: Mapping[datetime, int], expected: Iterable[datetime]) -> Iterator[str]:
    """Yield what is missing of the moments that a series must have."""
    form = {"month": "%Y-%m", "day": "%Y-%m-%d", "hour": "%Y-%m-%dT%H:00:00Z"}[step]
    before = 0
    for moment in expected:
        if moment in seen:
            before = seen[moment]
        else:
            yield f"{name}: {moment.strftime(form)} is missing (after row {before})"
