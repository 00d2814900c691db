"""Calibrate: fit, leave out, set the intervals, and compare with what is shipped."""

from dataclasses import dataclass

import numpy as np

from catalog import Catalog
from optimizer.evidence.accuracy import Accuracy, accuracy
from optimizer.evidence.aliases import Spellings
from optimizer.evidence.cases import cases, select
from optimizer.evidence.fitting import fit
from optimizer.evidence.leaving_out import GROUPINGS, Each, leave_out
from optimizer.evidence.measurements import Measurement
from optimizer.evidence.spread import spread
from optimizer.evidence.summing_up import summed_up
from optimizer.performance.coefficients import Coefficients, collect
from optimizer.performance.support import Support

TOLERANCE_FRACTION = 0.03
"""Two fits of the same data agree within this on any machine: the last digits of a solver move flat coefficients."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Fitted coefficients with their intervals, the evidence behind them, and their left-out accuracy."""

    coefficients: Coefficients
    support: tuple[Support, ...]
    accuracy: tuple[Accuracy, ...]


def calibrate(rows: tuple[Measurement, ...], catalog: Catalog, spellings: Spellings, each: Each = map) -> Calibration:
    """Return a new calibration on measurements, the same whatever `each` is: the map that goes through the folds."""
    batch = cases(rows, catalog, spellings)
    fitted = np.array([not row.not_fitted for row in batch.measurements])
    coefficients = fit(select(batch, fitted))
    folds = [leave_out(batch, catalog, grouping, coefficients, each) for grouping in GROUPINGS]
    widths = spread(batch, folds)
    by_source = folds[GROUPINGS.index("source")]
    errors = np.abs(by_source.predicted / batch.value - 1)
    errors = np.where(np.isfinite(errors), errors, 1.0)  # carried, but predicted not to be: no speed at all
    complete = collect([*coefficients.by_key.values(), *widths])
    reports = tuple(
        line
        for fold in folds
        for line in accuracy(batch, fold.predicted, complete, fold.kind, f"left out by {fold.grouping}")
    )
    return Calibration(complete, summed_up(batch, errors), reports)


def refit(rows: tuple[Measurement, ...], catalog: Catalog, spellings: Spellings) -> Coefficients:
    """Return the coefficients alone, without cross-validation: a few seconds."""
    batch = cases(rows, catalog, spellings)
    return fit(select(batch, np.array([not row.not_fitted for row in batch.measurements])))


def drift(shipped: Coefficients, fresh: Coefficients) -> tuple[str, ...]:
    """Return what differs between the shipped coefficients and a fresh fit; empty where they agree."""
    found = []
    for key, row in fresh.by_key.items():
        old = shipped.by_key.get(key)
        if old is None:
            found.append(f"{' '.join(key)}: not in the shipped calibration")
        elif abs(old.value / row.value - 1) > TOLERANCE_FRACTION:
            found.append(f"{' '.join(key)}: shipped {old.value:.5g}, fitted {row.value:.5g}")
    widths = {"ratio_low", "ratio_high"}
    gone = [key for key in shipped.by_key if key not in fresh.by_key and key[0] not in widths]
    return (*found, *(f"{' '.join(key)}: shipped, but no longer fitted" for key in gone))
