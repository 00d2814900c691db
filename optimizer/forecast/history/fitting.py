"""Fit a trend: exponential smoothing of logarithms, its form chosen by AICc.

Error, trend and season add up in the logarithm, so that growth and season are in percent (Hyndman et al., Forecasting
with exponential smoothing, Springer 2008; statsmodels' ETSModel). Forms: no trend, a trend, a damped trend; with and
without the season of a year where two years are there.
"""

import itertools
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizer.performance.tables import Floats

MONTHS_PER_YEAR = 12
NAMES = {(None, False): "level", ("add", False): "trend", ("add", True): "damped trend"}


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted form: `name` in words, and statsmodels' results."""

    name: str
    results: Any

    def middle(self, steps: int) -> Floats:
        """Return the median forecast of the next steps."""
        return np.asarray(np.exp(np.asarray(self.results.forecast(steps), dtype=float)))

    def paths(self, steps: int, count: int, random: np.random.Generator, added: float = 0.0) -> Floats:
        """Return simulated futures [path, step]; each path is off by one more normal error, of `added` deviation."""
        drawn = self.results.simulate(steps, anchor="end", repetitions=count, rng=random)
        logs = np.asarray(drawn, dtype=float).reshape(steps, count).T
        return np.asarray(np.exp(np.clip(logs + random.standard_normal((count, 1)) * added, -50, 50)))


def fit(values: Floats, *, yearly: bool) -> Fit:
    """Return the form with the least AICc on positive values; `yearly` where they are months."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    logs = np.log(values)
    seasons = [None, "add"] if yearly and len(values) >= 2 * MONTHS_PER_YEAR else [None]
    best: Any = None
    name = ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fit that did not converge has a worse AICc
        for (trend, damped), season in itertools.product(NAMES, seasons):
            period = MONTHS_PER_YEAR if season else None
            model = ETSModel(
                logs, trend=trend, damped_trend=damped, seasonal=season, seasonal_periods=period,
                initialization_method="heuristic",
            )  # fmt: skip
            found = model.fit(disp=False)
            if best is None or found.aicc < best.aicc - 1e-9:
                best, name = found, NAMES[trend, damped] + (", season of a year" if season else "")
    return Fit(name, best)
