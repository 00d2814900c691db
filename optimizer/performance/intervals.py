"""How far to trust a prediction: an 80% interval from the residuals of comparable left-out measurements."""

from dataclasses import dataclass

import numpy as np

from optimizer.performance.coefficients import Coefficients, shipped_coefficients
from optimizer.performance.layouts import Layouts
from optimizer.performance.support import KINDS, Support, evidence_kinds, nearest
from optimizer.performance.tables import Floats, Ints

INTERVAL_METRICS = ("throughput", "batch", "tpot", "ttft")
METRIC_OF_FIELD = {
    "output_tok_per_s": "throughput",
    "requests_per_s": "throughput",
    "concurrency": "throughput",
    "tok_per_s_per_user": "tpot",
    "tpot_s": "tpot",
    "ttft_s": "ttft",
}
INVERSE_FIELDS = frozenset({"tok_per_s_per_user"})


@dataclass(frozen=True, slots=True)
class Evidence:
    """`kind` is the strength of the evidence of one layout, `nearest` the published runs most like it."""

    kind: str
    nearest: tuple[Support, ...]


def interval(
    layouts: Layouts, metric: str, value: Floats, coefficients: Coefficients | None = None, kinds: Ints | None = None
) -> tuple[Floats, Floats]:
    """Return (low, high) of the 80% interval of a metric: a field of Load, or one of INTERVAL_METRICS.

    The ratios measured / predicted of left-out rows have their 10% and 90% quantiles in the calibration, per metric
    and strength of evidence; the interval is the value times these.
    """
    fitted = coefficients or shipped_coefficients()
    kind = evidence_kinds(layouts) if kinds is None else kinds
    name = METRIC_OF_FIELD.get(metric, metric)
    low = np.array([fitted.factor("ratio_low", name, strength) for strength in KINDS])[kind]
    high = np.array([fitted.factor("ratio_high", name, strength) for strength in KINDS])[kind]
    if metric in INVERSE_FIELDS:
        low, high = 1 / high, 1 / low
    return value * low, value * high


def evidence(layouts: Layouts, k: int = 3) -> tuple[Evidence, ...]:
    """Return the strength of evidence and the k nearest published runs of every layout (meant for few layouts)."""
    kinds, runs = evidence_kinds(layouts), nearest(layouts, k)
    return tuple(Evidence(KINDS[kind], found) for kind, found in zip(kinds, runs, strict=True))
