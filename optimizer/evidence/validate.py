"""Validate: predict every row of a measurement file and say how far off that is, or why a row is skipped."""

import math
from dataclasses import dataclass

import numpy as np

from catalog import Catalog
from optimizer.evidence.accuracy import Summary, bounds, summary
from optimizer.evidence.aliases import Spellings
from optimizer.evidence.cases import Cases, cases
from optimizer.evidence.leaving_out import kinds_of
from optimizer.evidence.measurements import Measurement
from optimizer.evidence.predicting import BEYOND_CAPACITY, predicted
from optimizer.performance.coefficients import Coefficients, coefficients_of
from optimizer.performance.support import Support, shipped_support
from optimizer.performance.tables import Floats


@dataclass(frozen=True, slots=True)
class ValidatedRow:
    """One measurement against its prediction, both in the unit of its metric; `error_fraction` is signed.

    `measured` is None where the cell is no number.
    """

    row: int
    metric: str
    measured: float | None
    predicted: float | None
    low: float | None
    high: float | None
    error_fraction: float | None
    skipped_because: str | None


@dataclass(frozen=True, slots=True)
class Overall:
    """Errors over all rows that were predicted."""

    n: int
    skipped: int
    mape: float
    median_ape: float
    bias: float
    coverage80: float


@dataclass(frozen=True, slots=True)
class Breakdowns:
    """Errors by the file's own spelling of GPU, engine, model, source and metric, sorted by name."""

    gpu: tuple[tuple[str, Summary], ...]
    engine: tuple[tuple[str, Summary], ...]
    model: tuple[tuple[str, Summary], ...]
    source_id: tuple[tuple[str, Summary], ...]
    metric: tuple[tuple[str, Summary], ...]


@dataclass(frozen=True, slots=True)
class Validation:
    """The document of `gpumix validate`; rows in the order of the file."""

    rows: tuple[ValidatedRow, ...]
    summary: Overall
    by: Breakdowns


def validate(
    measurements: tuple[Measurement, ...],
    catalog: Catalog,
    spellings: Spellings,
    coefficients: Coefficients | None = None,
    support: tuple[Support, ...] | None = None,
) -> Validation:
    """Return every measurement against its prediction, with engines of each row's own date."""
    fitted = coefficients or coefficients_of(catalog)
    batch = cases(measurements, catalog, spellings)
    values = predicted(batch, fitted) if len(batch) else np.zeros(0)
    kinds = kinds_of(batch, catalog, shipped_support() if support is None else support)
    low, high = bounds(batch, values, fitted, kinds)
    done = np.isfinite(values)
    skipped = dict(batch.skipped)
    skipped.update({row.row: BEYOND_CAPACITY for row, kept in zip(batch.measurements, done, strict=True) if not kept})
    place = {row.row: index for index, row in enumerate(batch.measurements) if done[index]}
    rows = tuple(_row(item, place.get(item.row), values, low, high, skipped) for item in measurements)
    errors = summary(batch.value[done], values[done], low[done], high[done])
    overall = Overall(
        errors.n, len(measurements) - errors.n, errors.mape, errors.median_ape, errors.bias, errors.coverage80
    )
    names = {
        name: _by(batch, done, values, low, high, name) for name in ("gpu", "engine", "model", "source_id", "metric")
    }
    return Validation(rows, overall, Breakdowns(**names))


def _row(
    item: Measurement, place: int | None, values: Floats, low: Floats, high: Floats, skipped: dict[int, str]
) -> ValidatedRow:
    if place is None:
        measured = item.value if math.isfinite(item.value) else None
        why = skipped.get(item.row, "not predicted")
        return ValidatedRow(item.row, item.metric, measured, None, None, None, None, why)
    value = float(values[place])
    error = value / item.value - 1
    return ValidatedRow(item.row, item.metric, item.value, value, float(low[place]), float(high[place]), error, None)


def _by(
    batch: Cases,
    done: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
    values: Floats,
    low: Floats,
    high: Floats,
    name: str,
) -> tuple[tuple[str, Summary], ...]:
    labels = np.array([getattr(row, name) for row in batch.measurements], dtype=object)
    return tuple(
        (label, summary(batch.value[rows], values[rows], low[rows], high[rows]))
        for label in sorted(set(labels[done]))
        for rows in [done & (labels == label)]
    )
