"""Back-test a fit: from earlier and earlier moments, forecast what is known by now (rolling origin)."""

import math
from dataclasses import dataclass

import numpy as np

from optimizer.forecast.history.fitting import MONTHS_PER_YEAR, fit
from optimizer.performance.tables import Floats

MOST_ORIGINS = 12
LEAST_STEPS = 10
PATHS = 400
SEED = 20_000
STEPS_PER_MONTH = {True: 1.0, False: 52 / MONTHS_PER_YEAR}


@dataclass(frozen=True, slots=True)
class Ahead:
    """The errors at one distance: forecasts of the month that many months ahead."""

    months_ahead: int
    points: int
    mape: float
    coverage80: float


@dataclass(frozen=True, slots=True)
class Backtest:
    """Errors over all origins: mean absolute error as a fraction, and the share that the 80% interval held.

    `widened_by` is how much wider, in the logarithm, the interval must be to have held 80%; 1 where it did.
    """

    origins: int
    points: int
    mape: float
    coverage80: float
    widened_by: float
    ahead: tuple[Ahead, ...]


def backtest(values: Floats, *, monthly: bool, horizon: int) -> Backtest | None:
    """Return the errors of fits to the first part of the values, chosen anew at each origin; None where too few."""
    least = max(LEAST_STEPS, len(values) // 2)
    origins = np.unique(np.linspace(least, len(values) - 1, MOST_ORIGINS).astype(int))
    if len(values) <= least:
        return None
    steps: list[int] = []
    errors: list[float] = []
    inside: list[bool] = []
    needed: list[float] = []
    for origin in origins.tolist():
        count = min(horizon, len(values) - origin)
        found = fit(values[:origin], yearly=monthly)
        middle, actual = found.middle(count), values[origin : origin + count]
        paths = found.paths(count, PATHS, np.random.default_rng((SEED, origin)))
        low, high = np.percentile(paths, (10, 90), axis=0)
        steps += range(1, count + 1)
        errors += (np.abs(middle / actual - 1)).tolist()
        inside += ((actual >= low) & (actual <= high)).tolist()
        needed += _needed(actual, low, middle, high)
    return Backtest(
        origins=len(origins),
        points=len(errors),
        mape=float(np.mean(errors)),
        coverage80=float(np.mean(inside)),
        widened_by=max(1.0, round(float(np.percentile(needed, 80)), 3)),
        ahead=_ahead(np.array(steps), np.array(errors), np.array(inside, dtype=float), monthly),
    )


def _needed(actual: Floats, low: Floats, middle: Floats, high: Floats) -> list[float]:
    """Return how much wider each interval must be to reach what happened, in the logarithm."""
    above = actual >= middle
    side = np.where(above, np.log(high / middle), np.log(middle / low))
    return np.minimum(np.abs(np.log(actual / middle)) / np.maximum(side, 1e-9), 100.0).tolist()  # type: ignore[no-any-return]


def _ahead(steps: Floats, errors: Floats, inside: Floats, monthly: bool) -> tuple[Ahead, ...]:
    months = np.array([math.ceil(step / STEPS_PER_MONTH[monthly]) for step in steps])
    return tuple(
        Ahead(month, int((months == month).sum()), float(errors[months == month].mean()),
              float(inside[months == month].mean()))
        for month in sorted(set(months.tolist()))
    )  # fmt: skip
