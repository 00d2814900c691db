"""Confidence: how much slower than predicted a replica may turn out, and how likely it keeps a target.

The ratio of measured to predicted is taken as lognormal with the calibration's 10% and 90% quantiles, low and high:
its log has mean ln(low high) / 2 and deviation ln(high / low) / (2 x 1.2816).
"""

import math
from statistics import NormalDist

import numpy as np

from optimizer.demand import Demand
from optimizer.performance.estimates import Estimate
from optimizer.performance.intervals import interval
from optimizer.performance.layouts import Layouts
from optimizer.performance.tables import Floats

NORMAL = NormalDist()
Z_OF_90_PERCENT = NORMAL.inv_cdf(0.9)


def slowdown(layouts: Layouts, metric: str, confidence: float, trust: Floats | None = None) -> Floats:
    """Return the factor that a time stays below with a confidence, at least 1: exp(mean + z deviation).

    `trust` is the share of the variance that own runs explain.
    """
    mean, deviation = _of_log(*interval(layouts, metric, np.ones(len(layouts)), trust=trust))
    return np.maximum(1.0, np.exp(mean + NORMAL.inv_cdf(confidence) * deviation))


def shortfall(layouts: Layouts, metric: str, confidence: float, trust: Floats | None = None) -> Floats:
    """Return the factor that a speed stays above with a confidence, at most 1: exp(mean - z deviation)."""
    mean, deviation = _of_log(*interval(layouts, metric, np.ones(len(layouts)), trust=trust))
    return np.minimum(1.0, np.exp(mean - NORMAL.inv_cdf(confidence) * deviation))


def target_probability(demand: Demand, tpot_ms: Estimate, ttft_s: Estimate) -> float | None:
    """Return how likely both targets are kept, None without any.

    The errors of the two go together (a slower machine is slower at both), so it is the lesser of the two.
    """
    chances = []
    if demand.tpot_s is not None:
        chances.append(_below(demand.tpot_s * 1e3, tpot_ms))
    if demand.ttft_s is not None:
        chances.append(_below(demand.ttft_s, ttft_s))
    return min(chances, default=None)


def _below(limit: float, estimate: Estimate) -> float:
    """Return P(time <= limit) of an estimate with its 80% interval."""
    mean, deviation = _of_log(np.array(estimate.low), np.array(estimate.high))
    if float(deviation) <= 0:
        return float(estimate.value <= limit)
    return NORMAL.cdf((math.log(limit) - float(mean)) / float(deviation))


def _of_log(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Return (mean, deviation) of the log of a lognormal with these 10% and 90% quantiles."""
    return np.log(low * high) / 2, np.log(high / low) / (2 * Z_OF_90_PERCENT)
