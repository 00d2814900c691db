"""Cross-validation: predict every source, GPU kind and engine from a fit that never saw it."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

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


@dataclass(frozen=True, slots=True)
class Fold:
    """A group to be predicted from the rest: the cases that are `fitted` but not `inside` it."""

    batch: Cases
    fitted: Bools
    inside: Bools
    start: Coefficients | None

    @property
    def training(self) -> Cases:
        """Return the cases that its fit may see."""
        return select(self.batch, self.fitted & ~self.inside)

    @property
    def held_out(self) -> Cases:
        """Return the cases of the group."""
        return select(self.batch, self.inside)


Each: TypeAlias = Callable[[Callable[[Fold], Floats], Sequence[Fold]], Iterable[Floats]]
"""How folds are gone through: `map`, or the `map` of an executor, since no fold needs another one."""


def leave_out(
    batch: Cases, catalog: Catalog, grouping: Grouping, start: Coefficients | None = None, each: Each = map
) -> LeftOut:
    """Return the predictions of all cases with their own group left out of the fit.

    Sources and GPU kinds of few rows are left out together, which is no easier and saves fits.
    """
    labels = labels_of(batch, grouping)
    out, kinds = np.full(len(batch), np.nan), np.zeros(len(batch), dtype=np.int64)
    fitted = np.array([not row.not_fitted for row in batch.measurements])
    insides = [np.array([label in group for label in labels]) for group in _groups(labels, fitted)]
    folds = [Fold(batch, fitted, inside, start) for inside in insides]
    for fold, values in zip(folds, each(predict_fold, folds), strict=True):
        out[fold.inside] = values
        support = summed_up(fold.training, np.zeros(len(fold.training)))
        kinds[fold.inside] = kinds_of(fold.held_out, catalog, support)
    return LeftOut(grouping, tuple(labels), out, kinds)


def predict_fold(fold: Fold) -> Floats:
    """Return the predictions of a fold's own cases by a fit without them."""
    return predicted(fold.held_out, fit(fold.training, start=fold.start))


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
