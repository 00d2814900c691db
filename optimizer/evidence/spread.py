"""How wide the 80% intervals are: quantiles of measured / predicted over left-out groups."""

import numpy as np

from optimizer.evidence.cases import Cases
from optimizer.evidence.fitting import kind_of
from optimizer.evidence.leaving_out import LeftOut
from optimizer.performance.coefficients import Coefficient
from optimizer.performance.intervals import INTERVAL_METRICS, TIMES
from optimizer.performance.support import KINDS
from optimizer.performance.tables import Bools, Floats

FEWEST = 25
METRIC_OF_KIND = {"saturated": "throughput", "loop": "throughput", "static": "batch", "tpot": "tpot", "ttft": "ttft"}


def interval_metrics(batch: Cases) -> list[str]:
    """Return which interval every case belongs to."""
    rows = zip(batch.measurements, batch.settings, batch.shapes.sequential, strict=True)
    return [
        "sequential" if sequential else METRIC_OF_KIND.get(kind_of(row.metric, read.mode), "ttft")
        for row, read, sequential in rows
    ]


def upside_down(batch: Cases) -> Bools:
    """Return where the metric is a time but its interval is that of a speed, or the other way round."""
    times = np.array([row.metric.startswith(("ttft", "tpot", "itl")) for row in batch.measurements], dtype=bool)
    wanted = np.array([metric in TIMES for metric in interval_metrics(batch)], dtype=bool)
    return np.asarray(times != wanted)


def spread(batch: Cases, left_out: list[LeftOut]) -> list[Coefficient]:
    """Return the 10% and 90% quantiles of measured / predicted per metric and strength of evidence.

    A strength with few left-out rows takes over those of the stronger ones, and none is narrower than a stronger.
    """
    metrics = np.array(interval_metrics(batch))
    fitted = np.array([not row.not_fitted for row in batch.measurements])
    rows = []
    for metric in INTERVAL_METRICS:
        chosen = fitted & (metrics == metric)
        ratios = np.concatenate([_ratios(batch, fold)[chosen] for fold in left_out])
        kinds = np.concatenate([fold.kind[chosen] for fold in left_out])
        narrow_low, narrow_high = 1.0, 1.0
        for index, strength in enumerate(KINDS):
            low, high, count = _quantiles(ratios, kinds == index, kinds <= index)
            narrow_low, narrow_high = min(narrow_low, low), max(narrow_high, high)
            rows += [
                _row("ratio_low", metric, strength, narrow_low, count),
                _row("ratio_high", metric, strength, narrow_high, count),
            ]
    return rows


def _ratios(batch: Cases, fold: LeftOut) -> Floats:
    ratios = batch.value / fold.predicted
    return np.where(upside_down(batch), 1 / ratios, ratios)


def _quantiles(ratios: Floats, own: Bools, up_to: Bools) -> tuple[float, float, int]:
    used = own if own.sum() >= FEWEST else up_to
    if not used.any():
        used = np.ones(len(ratios), dtype=bool)
    low, high = np.quantile(ratios[used], [0.1, 0.9])
    return float(low), float(high), int(own.sum())


def _row(name: str, metric: str, strength: str, value: float, rows: int) -> Coefficient:
    meaning = f"{'10' if name == 'ratio_low' else '90'}% quantile of measured / predicted over left-out groups"
    return Coefficient(name, metric, strength, value, 0.001, 1000.0, 1.0, 1.0, "ratio", rows, meaning)
