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
WIDTH_OF_80_PERCENT = 1.2815515655446004  # standard deviations from the middle to the 90th percentile
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

    `widened_by` is how much wider, in the logarithm, the interval must have been to hold 80%; 1 where it did.
    `added_fraction` is the standard deviation, the same at all distances, that does so together with the fit's own.
    """

    origins: int
    points: int
    mape: float
    coverage80: float
    widened_by: float
    added_fraction: float
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
    added: list[float] = []
    for origin in origins.tolist():
        count = min(horizon, len(values) - origin)
        found = fit(values[:origin], yearly=monthly)
        middle, actual = found.middle(count), values[origin : origin + count]
        paths = found.paths(count, PATHS, np.random.default_rng((SEED, origin)))
        low, high = np.percentile(paths, (10, 90), axis=0)
        steps += range(1, count + 1)
        errors += (np.abs(middle / actual - 1)).tolist()
        inside += ((actual >= low) & (actual <= high)).tolist()
        sides = np.where(actual >= middle, np.log(high / middle), np.log(middle / low))
        off = np.abs(np.log(actual / middle))
        needed += np.minimum(off / np.maximum(sides, 1e-9), 100.0).tolist()
        added += np.sqrt(np.maximum(off**2 - sides**2, 0.0) / WIDTH_OF_80_PERCENT**2).tolist()
    return Backtest(
        origins=len(origins),
        points=len(errors),
        mape=float(np.mean(errors)),
        coverage80=float(np.mean(inside)),
        widened_by=max(1.0, round(float(np.percentile(needed, 80)), 3)),
        added_fraction=round(float(np.percentile(added, 80)), 4),
        ahead=_ahead(np.array(steps), np.array(errors), np.array(inside, dtype=float), monthly),
    )


def _ahead(steps: Floats, errors: Floats, inside: Floats, monthly: bool) -> tuple[Ahead, ...]:
    months = np.array([math.ceil(step / STEPS_PER_MONTH[monthly]) for step in steps])
    return tuple(
        Ahead(month, int((months == month).sum()), float(errors[months == month].mean()),
              float(inside[months == month].mean()))
        for month in sorted(set(months.tolist()))
    )  # fmt: skip
