"""How far predictions are from measurements, by GPU, engine, model, source and metric."""

from dataclasses import dataclass

import numpy as np

from optimizer.evidence.cases import Cases
from optimizer.evidence.measurements import first_sources
from optimizer.evidence.spread import interval_metrics, upside_down
from optimizer.performance.coefficients import Coefficients
from optimizer.performance.intervals import ratio_bounds
from optimizer.performance.tables import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class Summary:
    """Errors of n predictions. `bias` is the mean of ln(predicted / measured), `coverage80` the share inside."""

    n: int
    mape: float
    median_ape: float
    bias: float
    coverage80: float


@dataclass(frozen=True, slots=True)
class Accuracy:
    """One line of the accuracy table: `scope` says how the predictions were made, `by` and `name` of what rows."""

    scope: str
    by: str
    name: str
    metric: str
    summary: Summary


def bounds(batch: Cases, values: Floats, coefficients: Coefficients, kinds: Ints) -> tuple[Floats, Floats]:
    """Return the 80% interval of predicted values of every case's own metric."""
    metrics = np.array(interval_metrics(batch), dtype=object)
    experts = batch.shapes.expert_params > 0
    low, high = np.ones(len(batch)), np.ones(len(batch))
    for metric in set(metrics):
        rows = np.flatnonzero(metrics == metric)
        low[rows], high[rows] = ratio_bounds(coefficients, str(metric), kinds[rows], experts[rows])
    turned = upside_down(batch)
    return values * np.where(turned, 1 / high, low), values * np.where(turned, 1 / low, high)


def summary(measured: Floats, predicted: Floats, low: Floats, high: Floats) -> Summary:
    """Return the errors of predictions; of none, a summary of zeros."""
    if not len(measured):
        return Summary(0, 0.0, 0.0, 0.0, 0.0)
    error = np.abs(predicted / measured - 1)
    inside = (low <= measured) & (measured <= high)
    bias = float(np.log(predicted / measured).mean())
    return Summary(len(measured), float(error.mean()), float(np.median(error)), bias, float(inside.mean()))


def accuracy(
    batch: Cases, predicted: Floats, coefficients: Coefficients, kinds: Ints, scope: str
) -> tuple[Accuracy, ...]:
    """Return the accuracy table of predictions: overall, then per GPU, engine and source, for each metric."""
    low, high = bounds(batch, predicted, coefficients, kinds)
    fitted = np.array([not row.not_fitted for row in batch.measurements])
    metrics = np.array(interval_metrics(batch))
    saturated = np.array([read.mode == "saturated" for read in batch.settings])
    experts = batch.shapes.expert_params > 0
    lines = []
    for metric, chosen in (
        ("saturated throughput", saturated & ~experts),
        ("saturated throughput of experts", saturated & experts),
        ("closed-loop throughput", np.isin(metrics, ("throughput", "experts")) & ~saturated),
        ("batch throughput", metrics == "batch"),
        ("llama.cpp speeds", metrics == "sequential"),
        ("tpot", metrics == "tpot"),
        ("ttft", metrics == "ttft"),
        ("tpot of experts", metrics == "experts tpot"),
        ("ttft of experts", metrics == "experts ttft"),
    ):
        for by, name, rows in _groups(batch, fitted & chosen & np.isfinite(predicted)):
            errors = summary(batch.value[rows], predicted[rows], low[rows], high[rows])
            lines.append(Accuracy(scope, by, name, metric, errors))
    return tuple(lines)


def _groups(batch: Cases, chosen: Bools) -> list[tuple[str, str, Bools]]:
    """Return (by, name, rows) of all chosen rows together, by part, and of each GPU, engine and source among them."""
    labels = {
        "gpu": np.array([read.gpu for read in batch.settings]),
        "engine": np.array([read.engine for read in batch.settings]),
        "source": np.array([row.source_id for row in batch.measurements]),
    }
    early = np.isin([row.source_id for row in batch.measurements], list(first_sources()))
    groups: list[tuple[str, str, Bools]] = [("all", "all", chosen)] if chosen.any() else []
    parts = (("first sources", chosen & early), ("later sources", chosen & ~early))
    groups += [("part", name, rows) for name, rows in parts if rows.any()]
    for by, names in labels.items():
        groups += [(by, name, chosen & (names == name)) for name in sorted(set(names[chosen]))]
    return groups
