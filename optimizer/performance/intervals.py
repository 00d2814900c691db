"""How far to trust a prediction: an 80% interval from the residuals of comparable left-out measurements."""

from dataclasses import dataclass

import numpy as np

from optimizer.performance.coefficients import Coefficients, coefficients_of
from optimizer.performance.layouts import Layouts
from optimizer.performance.own.effect import OwnEffect
from optimizer.performance.own.share import OwnShare, narrowed, own_shares
from optimizer.performance.shapes import SEQUENTIAL_ENGINES
from optimizer.performance.support import KINDS, Support, evidence_kinds, nearest
from optimizer.performance.tables import Bools, Floats, Ints

INTERVAL_METRICS = ("throughput", "batch", "tpot", "ttft", "experts", "experts tpot", "experts ttft", "sequential")
"""`experts` is the throughput of a mixture of experts, `sequential` every speed of llama.cpp and its like."""
METRIC_OF_FIELD = {
    "output_tok_per_s": "throughput",
    "requests_per_s": "throughput",
    "concurrency": "throughput",
    "tok_per_s_per_user": "tpot",
    "tpot_s": "tpot",
    "ttft_s": "ttft",
}
INVERSE_FIELDS = frozenset({"tok_per_s_per_user"})
TIMES = frozenset({"tpot", "ttft", "experts tpot", "experts ttft"})


@dataclass(frozen=True, slots=True)
class Evidence:
    """`kind` is the strength of the evidence of one layout, `nearest` the runs most like it, published or own.

    `own` is what the user's own runs say under this load, None where they have no say.
    """

    kind: str
    nearest: tuple[Support, ...]
    own: OwnShare | None = None


def interval(
    layouts: Layouts,
    metric: str,
    value: Floats,
    coefficients: Coefficients | None = None,
    kinds: Ints | None = None,
    trust: Floats | None = None,
) -> tuple[Floats, Floats]:
    """Return (low, high) of the 80% interval of a metric: a field of Load, or one of INTERVAL_METRICS.

    The ratios measured / predicted of left-out rows have their 10% and 90% quantiles in the calibration, per metric
    and strength of evidence; the interval is the value times these. Own runs narrow it by `trust`, the share of the
    variance that they explain.
    """
    fitted = coefficients or coefficients_of(layouts.catalog)
    experts = np.full(len(layouts), layouts.model.dense_or_moe == "moe")
    kind = evidence_kinds(layouts) if kinds is None else kinds
    name = METRIC_OF_FIELD.get(metric, metric)
    low, high = ratio_bounds(fitted, name, kind, experts)
    slow, fast = ratio_bounds(fitted, "sequential", kind)
    if name in TIMES:
        slow, fast = 1 / fast, 1 / slow
    one_by_one = np.array([engine in SEQUENTIAL_ENGINES for engine in layouts.catalog.engines])[layouts.engine]
    low, high = np.where(one_by_one, slow, low), np.where(one_by_one, fast, high)
    if trust is not None:
        low, high = narrowed(low, high, trust, name)
    if metric in INVERSE_FIELDS:
        low, high = 1 / high, 1 / low
    return value * low, value * high


def trust_in(own: OwnEffect | None, metric: str) -> Floats | None:
    """Return the trust in a field of Load that own runs give, None without any."""
    return None if own is None else np.asarray(getattr(own, f"{METRIC_OF_FIELD[metric]}_trust"))


def ratio_bounds(
    fitted: Coefficients, metric: str, kinds: Ints, experts: Bools | bool = False
) -> tuple[Floats, Floats]:
    """Return the 10% and 90% quantiles of measured / predicted of a metric, by strength of evidence.

    A mixture of experts has quantiles of its own; for a static batch, of which few runs are among the measurements,
    it takes the wider of those of dense models and of experts' throughput.
    """
    low, high = _quantiles(fitted, metric, kinds)
    if not np.any(experts) or metric.startswith("experts") or metric == "sequential":
        return low, high
    slow, fast = _quantiles(fitted, f"experts {metric}" if metric in TIMES else "experts", kinds)
    if metric == "batch":
        slow, fast = np.minimum(low, slow), np.maximum(high, fast)
    return np.where(experts, slow, low), np.where(experts, fast, high)


def _quantiles(fitted: Coefficients, metric: str, kinds: Ints) -> tuple[Floats, Floats]:
    low, high = (
        np.array([fitted.factor(name, metric, strength) for strength in KINDS]) for name in ("ratio_low", "ratio_high")
    )
    return low[kinds], high[kinds]


def evidence(layouts: Layouts, k: int = 3, own: OwnEffect | None = None) -> tuple[Evidence, ...]:
    """Return the strength of evidence and the k nearest runs of every layout (meant for few layouts).

    `own` is the effect of the user's own runs under the load in question. Where they measured this layout under this
    load, the kind is `measured`.
    """
    kinds, runs, shares = evidence_kinds(layouts), nearest(layouts, k), own_shares(own, len(layouts))
    return tuple(
        Evidence(KINDS[0] if share is not None and share.measured else KINDS[kind], found, share)
        for kind, found, share in zip(kinds, runs, shares, strict=True)
    )
