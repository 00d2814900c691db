"""How wide the 80% intervals are: quantiles of measured / predicted over left-out groups."""

import numpy as np

from optimizer.evidence.cases import Cases
from optimizer.evidence.fitting import kind_of
from optimizer.evidence.leaving_out import LeftOut
from optimizer.performance.coefficients import Coefficient
from optimizer.performance.intervals import INTERVAL_METRICS, TIMES
from optimizer.performance.support import KINDS
from optimizer.performance.tables import Bools, Floats, Ints

FEWEST = 25
METRIC_OF_KIND = {"saturated": "throughput", "loop": "throughput", "static": "batch", "tpot": "tpot", "ttft": "ttft"}


def interval_metrics(batch: Cases) -> list[str]:
    """Return which interval every case belongs to."""
    rows = zip(batch.measurements, batch.settings, batch.shapes.sequential, batch.shapes.expert_params > 0, strict=True)
    return [
        "sequential" if sequential else _metric(METRIC_OF_KIND.get(kind_of(row.metric, read.mode), "ttft"), experts)
        for row, read, sequential, experts in rows
    ]


def _metric(metric: str, experts: bool) -> str:
    if not experts or metric == "batch":
        return metric
    return "experts" if metric == "throughput" else f"experts {metric}"


def upside_down(batch: Cases) -> Bools:
    """Return where the metric is a time but its interval is that of a speed, or the other way round."""
    times = np.array([row.metric.startswith(("ttft", "tpot", "itl")) for row in batch.measurements], dtype=bool)
    wanted = np.array([metric in TIMES for metric in interval_metrics(batch)], dtype=bool)
    return np.asarray(times != wanted)


def spread(batch: Cases, left_out: list[LeftOut]) -> list[Coefficient]:
    """Return the 10% and 90% quantiles of measured / predicted per metric and strength of evidence.

    The rows are those of all left-out groups. A strength with few rows of its own shares those of its neighbours, and
    so do neighbours of which the stronger would have the wider interval: widths never shrink as evidence weakens, and
    each pool of rows is covered to four fifths.
    """
    metrics = np.array(interval_metrics(batch))
    fitted = np.array([not row.not_fitted for row in batch.measurements])
    experts = batch.shapes.expert_params > 0
    widths = []
    for metric in INTERVAL_METRICS:
        chosen = fitted & (metrics == metric) & (~experts | (metric != "batch"))
        kept = [chosen & np.isfinite(fold.predicted) for fold in left_out]
        ratios = np.concatenate([_ratios(batch, fold)[rows] for rows, fold in zip(kept, left_out, strict=True)])
        kinds = np.concatenate([fold.kind[rows] for rows, fold in zip(kept, left_out, strict=True)])
        for pool in _pools(ratios, kinds):
            low, high = _quantiles(ratios[np.isin(kinds, pool)])
            for index in pool:
                count = int((kinds == index).sum())
                widths.append(_row("ratio_low", metric, KINDS[index], low, count))
                widths.append(_row("ratio_high", metric, KINDS[index], high, count))
    return widths


def _pools(ratios: Floats, kinds: Ints) -> list[list[int]]:
    """Return the strengths that share an interval, strongest first (pool-adjacent-violators on the width)."""
    pools: list[list[int]] = []
    for index in range(len(KINDS)):
        pools.append([index])
        while len(pools) > 1 and _belong_together(ratios, kinds, *pools[-2:]):
            pools[-2:] = [pools[-2] + pools[-1]]
    return pools


def _belong_together(ratios: Floats, kinds: Ints, stronger: list[int], weaker: list[int]) -> bool:
    own, others = (ratios[np.isin(kinds, pool)] for pool in (stronger, weaker))
    if min(len(own), len(others)) < FEWEST:
        return True
    (low, high), (lower, higher) = _quantiles(own), _quantiles(others)
    return high / low > higher / lower


def _ratios(batch: Cases, fold: LeftOut) -> Floats:
    carried = np.where(np.isfinite(fold.predicted), fold.predicted, batch.value)
    ratios = batch.value / carried
    return np.where(upside_down(batch), 1 / ratios, ratios)


def _quantiles(ratios: Floats) -> tuple[float, float]:
    """Return the 10% and 90% quantiles, so wide that the prediction itself is inside."""
    if not len(ratios):
        return 1.0, 1.0
    low, high = np.quantile(ratios, [0.1, 0.9])
    return min(float(low), 1.0), max(float(high), 1.0)


def _row(name: str, metric: str, strength: str, value: float, rows: int) -> Coefficient:
    meaning = f"{'10' if name == 'ratio_low' else '90'}% quantile of measured / predicted over left-out groups"
    return Coefficient(name, metric, strength, value, 0.001, 1000.0, 1.0, 1.0, "ratio", rows, meaning)
