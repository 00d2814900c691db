"""The outlook of a history: the level of every month of a budget, its shapes, and simulated futures.

The trend is of weeks, or of months where the history is monthly or two years long; a week has no weekdays left in it.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from catalog import InvalidInputError
from optimizer.forecast.history.backtest import Backtest, backtest
from optimizer.forecast.history.fitting import MONTHS_PER_YEAR, Fit, fit
from optimizer.forecast.history.reading import History
from optimizer.forecast.history.shapes import DAYS_PER_WEEK, diurnal_of, weekly_of
from optimizer.forecast.series import month_starts
from optimizer.performance.tables import Floats

WEEK = timedelta(days=DAYS_PER_WEEK)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a history says of a budget's months. `levels` are medians; `share[month, step]` turns steps into months."""

    history: History
    step: str
    fitted: Fit
    backtest: Backtest | None
    levels: tuple[float, ...]
    share: Floats
    diurnal: tuple[float, ...]
    weekly: tuple[float, ...]

    def factors(self, count: int, random: np.random.Generator) -> Floats:
        """Return simulated factors on the levels [future, month]."""
        added = 0.0 if self.backtest is None else self.backtest.added_fraction
        paths = self.fitted.paths(self.share.shape[1], count, random, added)
        return np.asarray(paths @ self.share.T / np.array(self.levels))


def outlook_of(history: History, start: str, months: int) -> Outlook:
    """Return the outlook on a budget's months. Raises InvalidInputError where a step of the trend had no load."""
    monthly = history.step == "month"
    values, begin = (history.values, history.first) if monthly else _months_of(history)
    if monthly or len(values) >= 2 * MONTHS_PER_YEAR:
        share = _share_of_months(_months_between(begin, len(values), start), months)
        monthly = True
    else:
        values = _weeks_of(history)
        share = _share_of_weeks(history.end, month_starts(start, months + 1))
    _check_positive(values, monthly)
    fitted = fit(values, yearly=monthly)
    levels = share @ fitted.middle(share.shape[1])
    return Outlook(
        history=history,
        step="month" if monthly else "week",
        fitted=fitted,
        backtest=backtest(values, monthly=monthly, horizon=share.shape[1]),
        levels=tuple(levels.tolist()),
        share=share,
        diurnal=diurnal_of(history),
        weekly=weekly_of(history),
    )


def _months_of(history: History) -> tuple[Floats, datetime]:
    """Return the means of the whole months of a history of days or hours, and the first of them."""
    days, first = history.daily, history.first
    if first.day > 1:
        first = month_starts(f"{first:%Y-%m}", 2)[1]
    starts = month_starts(f"{first:%Y-%m}", (history.end.year - first.year) * 12 + history.end.month - first.month + 1)
    edges = [(start.replace(hour=0) - history.first.replace(hour=0)).days for start in starts]
    pairs = [(low, high) for low, high in itertools.pairwise(edges) if high <= len(days)]
    return np.array([days[low:high].mean() for low, high in pairs]), first


def _weeks_of(history: History) -> Floats:
    """Return the means of weeks, the last of which ends with the history."""
    days = history.daily
    return np.asarray(days[len(days) % DAYS_PER_WEEK :].reshape(-1, DAYS_PER_WEEK).mean(axis=1))


def _months_between(first: datetime, count: int, start: str) -> int:
    """Return the months from the last of a series of months to the start of a budget."""
    begin = month_starts(start, 1)[0]
    return (begin.year - first.year) * 12 + begin.month - first.month - count


def _share_of_months(between: int, months: int) -> Floats:
    """Return share[month, step] of months of which the first `between` lie before the budget."""
    return np.eye(months, between + months, between)


def _share_of_weeks(end: datetime, starts: Sequence[datetime]) -> Floats:
    """Return share[month, step]: the part of each month's days that lies in each week after the history."""
    count = -((starts[-1] - end) // -WEEK)
    weeks = [end + WEEK * number for number in range(count + 1)]
    share = np.zeros((len(starts) - 1, count))
    for month in range(len(starts) - 1):
        for week in range(count):
            both = min(starts[month + 1], weeks[week + 1]) - max(starts[month], weeks[week])
            share[month, week] = max(timedelta(), both) / (starts[month + 1] - starts[month])
    return share


def _check_positive(values: Floats, monthly: bool) -> None:
    """Refuse steps without any load: growth is in percent."""
    empty = np.flatnonzero(values <= 0)
    if len(empty):
        step = "month" if monthly else "week"
        raise InvalidInputError(
            f"history: {step} {empty[0] + 1} has no load at all, and a growth in percent needs some",
            f"begin the history after that {step}, or give demand as series",
        )
