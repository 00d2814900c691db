"""Tail: the conditional value at risk of a budget, over equally likely futures.

CVaR at alpha is the mean of the dearest 1 - alpha of the futures. In the linear form of Rockafellar and Uryasev
(Optimization of conditional value-at-risk, Journal of Risk 2, 2000) it is

    min over eta of  eta + 1 / ((1 - alpha) S) sum_s max(0, usd[s] - eta)
"""

from dataclasses import dataclass

import numpy as np

from optimizer.performance.tables import Floats


@dataclass(frozen=True, slots=True)
class Tail:
    """How a decision weighs the dearest futures: (1 - weight) of the mean and `weight` of CVaR at `alpha`."""

    alpha: float
    weight: float

    def measure(self, usd: Floats) -> float:
        """Return the weighted measure of the cost of each future."""
        return (1 - self.weight) * float(usd.mean()) + self.weight * cvar(usd, self.alpha)

    def per_future(self, futures: int) -> float:
        """Return the factor of each future's excess over eta: weight / ((1 - alpha) S)."""
        return self.weight / ((1 - self.alpha) * futures)


def cvar(usd: Floats, alpha: float) -> float:
    """Return CVaR at alpha: the mean of the dearest 1 - alpha; where that is no whole number of futures, part of one.

    The minimum over eta of the linear form is at the value at risk, so sorting finds it.
    """
    dearest = np.sort(usd)[::-1]
    share = (1 - alpha) * len(dearest)
    weights = np.clip(share - np.arange(len(dearest)), 0.0, 1.0)
    return float((dearest * weights).sum() / share)
