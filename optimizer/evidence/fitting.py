"""Fit the coefficients to measurements: robust least squares of logarithms within physical bounds."""

from dataclasses import replace

import numpy as np

from optimizer.evidence.cases import Cases
from optimizer.evidence.form import form
from optimizer.evidence.predicting import predicted
from optimizer.performance.coefficients import Coefficient, Coefficients, collect
from optimizer.performance.rates import scope_rows
from optimizer.performance.tables import Floats

NOISE = {"saturated": 0.1, "tpot": 0.12, "loop": 0.15, "static": 0.25, "ttft": 0.5, "open": 0.5}
"""Spread of the logarithm that is expected of a measurement of each kind; its inverse is the row's weight."""
EXPERTS_NOISE = 0.25
MOST_EVALUATIONS = 40


def kind_of(metric: str, mode: str) -> str:
    """Return the kind of a measurement, a key of NOISE."""
    if metric.startswith("ttft"):
        return "ttft"
    if metric in {"tpot_ms", "itl_ms"}:
        return "tpot"
    return {"closed": "loop"}.get(mode, mode)


def noise(batch: Cases) -> Floats:
    """Return the expected spread of every case."""
    rows = zip(batch.measurements, batch.settings, batch.shapes.expert_params, strict=True)
    return np.array(
        [max(NOISE[kind_of(row.metric, read.mode)], EXPERTS_NOISE if experts else 0.0) for row, read, experts in rows]
    )


def fit(batch: Cases, counts: Floats | float = 1.0) -> Coefficients:
    """Return the coefficients that minimise soft-L1 residuals of ln(predicted / measured) plus the priors' pull.

    Deterministic: starts at the priors. A coefficient whose bounds coincide is a constant; one that acts on no row
    stays at its prior. `counts` is how many rows each row stands for.
    """
    from scipy.optimize import least_squares

    rows = _counted(form(), batch)
    free = [index for index, row in enumerate(rows) if row.low < row.high and row.rows]
    low, high, prior = (np.log([getattr(rows[i], name) for i in free]) for name in ("low", "high", "prior"))
    spread = np.array([rows[i].prior_sd for i in free])
    measured, sigma = np.log(batch.value), noise(batch)

    def coefficients(logs: Floats) -> list[Coefficient]:
        fitted = list(rows)
        for index, value in zip(free, np.exp(logs), strict=True):
            fitted[index] = replace(rows[index], value=float(value))
        return fitted

    def residuals(logs: Floats) -> Floats:
        misses = (np.log(predicted(batch, collect(coefficients(logs)))) - measured) / sigma
        return np.concatenate([np.sqrt(counts) * soften(misses), (logs - prior) / spread])

    found = least_squares(
        residuals,
        np.clip(prior, low + 1e-9, high - 1e-9),
        bounds=(low, high),
        x_scale=spread,
        tr_solver="lsmr",
        ftol=1e-5,
        xtol=1e-6,
        max_nfev=MOST_EVALUATIONS,
    )
    return collect(_within(row) for row in coefficients(np.clip(found.x, low, high)))


def soften(misses: Floats) -> Floats:
    """Return residuals whose squares are the soft-L1 loss, 2 (sqrt(1 + r^2) - 1): outliers count linearly."""
    return np.asarray(np.sign(misses) * np.sqrt(2 * (np.sqrt(1 + misses * misses) - 1)))


def _within(row: Coefficient) -> Coefficient:
    """Return a coefficient whose bounds hold its value to the last digit."""
    return replace(row, low=min(row.low, row.value), high=max(row.high, row.value))


def _counted(rows: tuple[Coefficient, ...], batch: Cases) -> list[Coefficient]:
    """Note on how many measurements each coefficient acts."""
    scopes = scope_rows(batch.shapes, batch.known, batch.year)
    counted = []
    for row in rows:
        count = len(batch)
        if row.scope_kind in scopes:
            names, index = scopes[row.scope_kind]
            count = int((index == names.index(row.scope)).sum()) if row.scope in names else 0
        counted.append(replace(row, rows=count))
    return counted
