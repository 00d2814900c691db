"""How far to trust a prediction: an 80% interval from the residuals of comparable left-out measurements."""

from dataclasses import dataclass

import numpy as np

from optimizer.performance.coefficients import Coefficients, shipped_coefficients
from optimizer.performance.layouts import Layouts
from optimizer.performance.shapes import SEQUENTIAL_ENGINES
from optimizer.performance.support import KINDS, Support, evidence_kinds, nearest
from optimizer.performance.tables import Floats, Ints

INTERVAL_METRICS = ("throughput", "batch", "tpot", "ttft", "sequential")
"""`sequential` is every speed of an engine that sends one request through its GPUs in turn (llama.cpp)."""
METRIC_OF_FIELD = {
    "output_tok_per_s": "throughput",
    "requests_per_s": "throughput",
    "concurrency": "throughput",
    "tok_per_s_per_user": "tpot",
    "tpot_s": "tpot",
    "ttft_s": "ttft",
}
INVERSE_FIELDS = frozenset({"tok_per_s_per_user"})
TIMES = frozenset({"tpot", "ttft"})


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
    low, high = ratio_bounds(fitted, name, kind)
    slow, fast = ratio_bounds(fitted, "sequential", kind)
    if name in TIMES:
        slow, fast = 1 / fast, 1 / slow
    one_by_one = np.array([engine in SEQUENTIAL_ENGINES for engine in layouts.catalog.engines])[layouts.engine]
    low, high = np.where(one_by_one, slow, low), np.where(one_by_one, fast, high)
    if metric in INVERSE_FIELDS:
        low, high = 1 / high, 1 / low
    return value * low, value * high


def ratio_bounds(fitted: Coefficients, metric: str, kinds: Ints) -> tuple[Floats, Floats]:
    """Return the 10% and 90% quantiles of measured / predicted of a metric, by strength of evidence."""
    low, high = (
        np.array([fitted.factor(name, metric, strength) for strength in KINDS]) for name in ("ratio_low", "ratio_high")
    )
    return low[kinds], high[kinds]


def evidence(layouts: Layouts, k: int = 3) -> tuple[Evidence, ...]:
    """Return the strength of evidence and the k nearest published runs of every layout (meant for few layouts)."""
    kinds, runs = evidence_kinds(layouts), nearest(layouts, k)
    return tuple(Evidence(KINDS[kind], found) for kind, found in zip(kinds, runs, strict=True))
