"""Read a history: one value for every month, day or hour up to the budget, checked row by row."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from catalog import InvalidInputError
from optimizer.forecast.series import MOST_PROBLEMS, Point, Step, missing_moments, month_starts, read_time
from optimizer.performance.tables import Floats

LEAST_DAYS = 70
LEAST_MONTHS = 12
MOST_MONTHS_BETWEEN = 12
HOURS_PER_DAY = 24
SUMMER_TIME = timedelta(hours=1)
HINT = "a history has one row for every month, day or hour from its first to its last, before the budget starts"


@dataclass(frozen=True, slots=True)
class History:
    """Values without gaps, one a step from `first`; of hours and days, whole days only."""

    step: Step
    first: datetime
    values: Floats
    rows: int

    @property
    def end(self) -> datetime:
        """Return the first moment after the history."""
        if self.step == "month":
            return month_starts(f"{self.first:%Y-%m}", len(self.values) + 1)[-1]
        return self.first + len(self.values) * (timedelta(days=1) if self.step == "day" else timedelta(hours=1))

    @property
    def daily(self) -> Floats:
        """Return the mean of each day, of a history of days or hours."""
        return self.values.reshape(-1, HOURS_PER_DAY).mean(axis=1) if self.step == "hour" else self.values


def read_history(points: Sequence[Point], start: str) -> History:
    """Return the history of a budget that starts in a month. Raises InvalidInputError with every bad row, first 1."""
    seen, steps, problems = _moments(points, month_starts(start, 1)[0])
    if len(steps) > 1:
        problems.append(f"history: {' and '.join(sorted(steps))} rows are mixed; give one kind")
    if not problems:
        step, first, last = steps.pop(), min(seen), max(seen)
        problems += missing_moments("history", step, seen, _expected(step, first, last))
    if problems:
        more = [f"... and {len(problems) - MOST_PROBLEMS} more"] if len(problems) > MOST_PROBLEMS else []
        raise InvalidInputError("\n".join(problems[:MOST_PROBLEMS] + more), HINT)
    values = np.array([points[seen[moment] - 1].value for moment in sorted(seen)])
    history = _whole_days(History(step, first, values, len(points)))
    _check_length(history)
    _check_values(history)
    _check_end(history, month_starts(start, 1)[0])
    return history


def _moments(points: Sequence[Point], start: datetime) -> tuple[dict[datetime, int], set[Step], list[str]]:
    """Return the row of each moment, the kinds of step, and what is wrong with single rows."""
    seen: dict[datetime, int] = {}
    steps: set[Step] = set()
    problems: list[str] = []
    zone: tuple[timedelta, int] | None = None
    for row, point in enumerate(points, start=1):
        try:
            step, time = read_time(point.time)
        except ValueError as error:
            problems.append(f"history row {row}: {error}")
            continue
        steps.add(step)
        if step == "hour":
            offset = datetime.fromisoformat(point.time).utcoffset() or timedelta()
            zone = zone or (offset, row)
            if abs(offset - zone[0]) > SUMMER_TIME:
                problems.append(f"history row {row}: {point.time} is of another time zone than row {zone[1]}")
        if time in seen:
            problems.append(f"history row {row}: {point.time} stands in row {seen[time]} already")
        elif time >= start:
            problems.append(f"history row {row}: {point.time} is not before the budget, which starts {start:%Y-%m}")
        seen.setdefault(time, row)
    return seen, steps, problems


def _expected(step: Step, first: datetime, last: datetime) -> Iterator[datetime]:
    """Yield every moment from the first to the last."""
    if step == "month":
        yield from month_starts(f"{first:%Y-%m}", (last.year - first.year) * 12 + last.month - first.month + 1)
        return
    length = timedelta(days=1) if step == "day" else timedelta(hours=1)
    yield from (first + length * number for number in range((last - first) // length + 1))


def _whole_days(history: History) -> History:
    """Return a history of hours without the hours of a first or last day that is not whole."""
    if history.step != "hour":
        return history
    before = -history.first.hour % HOURS_PER_DAY
    whole = max(0, len(history.values) - before) // HOURS_PER_DAY * HOURS_PER_DAY
    first = history.first + timedelta(hours=before)
    return History("hour", first, history.values[before : before + whole], history.rows)


def _check_length(history: History) -> None:
    """Refuse a history that is too short to have a trend."""
    if history.step == "month":
        found, least, what = len(history.values), LEAST_MONTHS, "months"
    else:
        found, least, what = len(history.daily), LEAST_DAYS, "whole days"
    if found < least:
        raise InvalidInputError(
            f"history: has {found} {what}, a trend needs {least}",
            "give more, or give demand as base and monthly_growth",
        )


def _check_values(history: History) -> None:
    """Refuse a history that begins or ends without load: a growth in percent starts from something."""
    if not history.values.any():
        raise InvalidInputError("history: is zero in every row", "give a load that was there")


def _check_end(history: History, start: datetime) -> None:
    """Refuse a history that ended long before the budget."""
    months = (start.year - history.end.year) * 12 + start.month - history.end.month
    if months > MOST_MONTHS_BETWEEN:
        raise InvalidInputError(
            f"history: ends {history.end.astimezone(UTC):%Y-%m-%d}, {months} months before the budget",
            f"give the months between, of which at most {MOST_MONTHS_BETWEEN} may be missing, or start earlier",
        )
