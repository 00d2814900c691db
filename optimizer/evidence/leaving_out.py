"""Cross-validation: predict every source, GPU kind and engine from a fit that never saw it."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

import numpy as np

from catalog import Catalog
from optimizer.evidence.cases import Cases, layouts_of, select
from optimizer.evidence.fitting import fit
from optimizer.evidence.predicting import predicted
from optimizer.evidence.summing_up import summed_up
from optimizer.performance.coefficients import Coefficients
from optimizer.performance.support import Support, evidence_kinds
from optimizer.performance.tables import Bools, Floats, Ints

Grouping = Literal["source", "gpu", "engine"]
FEW = 40
GROUPINGS: tuple[Grouping, ...] = ("source", "gpu", "engine")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Predictions of every case by fits without its group; `kind` is the strength of the evidence that was left."""

    grouping: Grouping
    label: tuple[str, ...]
    predicted: Floats
    kind: Ints


def leave_out(batch: Cases, catalog: Catalog, grouping: Grouping, start: Coefficients | None = None) -> LeftOut:
    """Return the predictions of all cases with their own group left out of the fit.

    Sources and GPU kinds of few rows are left out together, which is no easier and saves fits.
    """
    labels = labels_of(batch, grouping)
    out, kinds = np.full(len(batch), np.nan), np.zeros(len(batch), dtype=np.int64)
    fitted = np.array([not row.not_fitted for row in batch.measurements])
    for group in _groups(labels, fitted):
        inside = np.array([label in group for label in labels])
        training = select(batch, fitted & ~inside)
        held_out = select(batch, inside)
        out[inside] = predicted(held_out, fit(training, start=start))
        kinds[inside] = kinds_of(held_out, catalog, summed_up(training, np.zeros(len(training))))
    return LeftOut(grouping, tuple(labels), out, kinds)


def _groups(labels: list[str], fitted: Bools) -> list[set[str]]:
    """Return the groups that are left out: each of FEW fitted rows or more by itself, the smaller ones together."""
    rows = Counter(label for label, counts in zip(labels, fitted, strict=True) if counts)
    large = [{label} for label in sorted(set(labels)) if rows[label] >= FEW]
    small = {label for label in labels if rows[label] < FEW}
    return [*large, small] if small else large


def labels_of(batch: Cases, grouping: Grouping) -> list[str]:
    """Return the group of every case."""
    if grouping == "source":
        return [row.source_id for row in batch.measurements]
    return [getattr(read, grouping) for read in batch.settings]


def kinds_of(batch: Cases, catalog: Catalog, support: tuple[Support, ...]) -> Ints:
    """Return the strength of evidence of every case, given what the fit has seen."""
    kinds = np.zeros(len(batch), dtype=np.int64)
    for model in sorted({read.model for read in batch.settings}):
        rows = [index for index, read in enumerate(batch.settings) if read.model == model]
        layouts = layouts_of([batch.settings[index] for index in rows], catalog, model)
        kinds[rows] = evidence_kinds(layouts, support)
    return kinds
