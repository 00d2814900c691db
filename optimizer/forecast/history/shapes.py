"""The shapes of day and week in a history: multipliers with mean 1, the median over days and weeks."""

import numpy as np

from optimizer.forecast.history.reading import HOURS_PER_DAY, History
from optimizer.performance.tables import Floats

DAYS_PER_WEEK = 7
DECIMALS = 3


def diurnal_of(history: History) -> tuple[float, ...]:
    """Return the load of each hour of the day over the mean of its day; () where the history has no hours."""
    if history.step != "hour":
        return ()
    return _shape(history.values.reshape(-1, HOURS_PER_DAY))


def weekly_of(history: History) -> tuple[float, ...]:
    """Return the load of each weekday, Monday first, over the mean of its week; () where the history has no days."""
    if history.step == "month":
        return ()
    days = history.daily
    whole = len(days) // DAYS_PER_WEEK * DAYS_PER_WEEK
    first = (history.first.weekday() + len(days) - whole) % DAYS_PER_WEEK
    shape = _shape(days[len(days) - whole :].reshape(-1, DAYS_PER_WEEK))
    return tuple(shape[(weekday - first) % DAYS_PER_WEEK] for weekday in range(DAYS_PER_WEEK))


def _shape(periods: Floats) -> tuple[float, ...]:
    """Return the median over periods [period, place] of each place over the mean of its period, scaled to mean 1."""
    means = periods.mean(axis=1)
    found = np.median(periods[means > 0] / means[means > 0, None], axis=0)
    if not found.any():  # each place is empty in most periods
        found = periods.mean(axis=0)
    return tuple(np.round(found / found.mean(), DECIMALS).tolist())
