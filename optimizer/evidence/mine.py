"""Fit the coefficients with the user's own rows too, and say what that is worth on runs that were held out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from catalog import Catalog, InvalidInputError
from optimizer.evidence.accuracy import Summary, bounds, summary
from optimizer.evidence.aliases import Spellings
from optimizer.evidence.cases import Cases, cases, select
from optimizer.evidence.fitting import fit
from optimizer.evidence.leaving_out import kinds_of
from optimizer.evidence.measurements import Measurement
from optimizer.evidence.predicting import predicted
from optimizer.evidence.settings import Setting
from optimizer.evidence.spread import interval_metrics
from optimizer.performance.coefficients import Coefficients, collect
from optimizer.performance.support import shipped_support
from optimizer.performance.tables import Bools, Floats, Ints

OWN_WEIGHT = 10.0
"""How many published rows one of the user's own counts as: it is of the machines that the answers are for."""
FOLDS = 5
FEWEST_RUNS = 4
LEAST_GAIN = 0.02
WIDTHS = frozenset({"ratio_low", "ratio_high"})
OF_A_RUN = tuple(name for name in Setting.__dataclass_fields__ if name not in {"row", "requests"})


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Errors on the user's rows of one metric, each predicted by a fit that never saw its run, and by the old one."""

    metric: str
    before: Summary
    after: Summary


@dataclass(frozen=True, slots=True)
class Mine:
    """Coefficients fitted with the user's rows, and what they are worth. `better` on the runs that were held out."""

    coefficients: Coefficients
    runs: int
    rows: int
    folds: int
    left_out: tuple[str, ...]
    errors: tuple[HeldOut, ...]
    better: bool


def fit_mine(
    published: Sequence[Measurement],
    own: Sequence[Measurement],
    catalog: Catalog,
    spellings: Spellings,
    before: Coefficients,
) -> Mine:
    """Return a fit to published and own rows. Raises InvalidInputError with too few own runs to hold some out.

    The fit is that of `calibrate` with each own row counted OWN_WEIGHT times; the intervals keep their widths. Runs
    (all rows of one setting and load) are dealt into FOLDS in the order of the file, so it is the same every time.
    """
    start = len(published)
    numbered = tuple(replace(row, row=place) for place, row in enumerate((*published, *own)))
    batch = cases(numbered, catalog, spellings)
    batch = select(batch, np.array([not row.not_fitted for row in batch.measurements]))
    is_own = np.array([row.row >= start for row in batch.measurements])
    mine, run = select(batch, is_own), np.full(len(batch), -1)
    run[is_own] = _runs(mine)
    runs = int(run.max(initial=-1)) + 1
    if runs < FEWEST_RUNS:
        raise InvalidInputError(
            f"{runs} runs of yours can be predicted, a fit needs {FEWEST_RUNS} so that some can be held out",
            "gpumix measure import more of them; those that are there correct predictions all the same",
        )
    counts = np.where(is_own, OWN_WEIGHT, 1.0)
    folds, after = min(FOLDS, runs), np.full(len(batch), np.nan)
    for fold in range(folds):
        held = is_own & (run % folds == fold)
        after[held] = predicted(select(batch, held), fit(select(batch, ~held), counts[~held]))
    widths = [row for key, row in before.by_key.items() if key[0] in WIDTHS]
    old, new = predicted(mine, before), after[is_own]
    return Mine(
        coefficients=collect([*fit(batch, counts).by_key.values(), *widths]),
        runs=runs,
        rows=len(mine),
        folds=folds,
        left_out=tuple(dict.fromkeys(why for row, why in batch.skipped.items() if row >= start)),
        errors=_errors(mine, catalog, before, old, new),
        better=_better(mine, old, new),
    )


def _runs(batch: Cases) -> Ints:
    """Number the runs in the order of the rows."""
    keys = [tuple(getattr(read, name) for name in OF_A_RUN) for read in batch.settings]
    number = {key: index for index, key in enumerate(dict.fromkeys(keys))}
    return np.array([number[key] for key in keys], dtype=np.int64)


def _errors(
    mine: Cases, catalog: Catalog, coefficients: Coefficients, before: Floats, after: Floats
) -> tuple[HeldOut, ...]:
    kinds, metrics = kinds_of(mine, catalog, shipped_support()), np.array(interval_metrics(mine))
    known = np.isfinite(before) & np.isfinite(after)

    def of(values: Floats, rows: Bools) -> Summary:
        low, high = bounds(mine, values, coefficients, kinds)
        return summary(mine.value[rows], values[rows], low[rows], high[rows])

    return tuple(
        HeldOut(metric, of(before, rows), of(after, rows))
        for metric in dict.fromkeys(metrics)
        for rows in [known & (metrics == metric)]
        if rows.any()
    )


def _better(mine: Cases, before: Floats, after: Floats) -> bool:
    """Return whether the mean error of held-out rows, as a logarithm, fell by LEAST_GAIN of itself."""
    known = np.isfinite(before) & np.isfinite(after)
    old, new = (np.abs(np.log(values[known] / mine.value[known])).mean() for values in (before, after))
    return bool(new < old * (1 - LEAST_GAIN))
