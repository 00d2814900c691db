"""Cross-validation: predict every source, GPU kind and engine from a fit that never saw it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from catalog import Catalog
from optimizer.evidence.cases import Cases, layouts_of, select
from optimizer.evidence.fitting import fit
from optimizer.evidence.predicting import predicted
from optimizer.evidence.summing_up import summed_up
from optimizer.performance.support import Support, evidence_kinds
from optimizer.performance.tables import Floats, Ints

Grouping = Literal["source", "gpu", "engine"]
GROUPINGS: tuple[Grouping, ...] = ("source", "gpu", "engine")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Predictions of every case by fits without its group; `kind` is the strength of the evidence that was left."""

    grouping: Grouping
    label: tuple[str, ...]
    predicted: Floats
    kind: Ints


def leave_out(batch: Cases, catalog: Catalog, grouping: Grouping) -> LeftOut:
    """Return the predictions of all cases with their own group left out of the fit."""
    labels = labels_of(batch, grouping)
    out, kinds = np.full(len(batch), np.nan), np.zeros(len(batch), dtype=np.int64)
    fitted = np.array([not row.not_fitted for row in batch.measurements])
    for label in sorted(set(labels)):
        inside = np.array([other == label for other in labels])
        training = select(batch, fitted & ~inside)
        held_out = select(batch, inside)
        out[inside] = predicted(held_out, fit(training))
        kinds[inside] = kinds_of(held_out, catalog, summed_up(training, np.zeros(len(training))))
    return LeftOut(grouping, tuple(labels), out, kinds)


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
