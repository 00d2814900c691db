"""Fit the coefficients to measurements: robust least squares of logarithms within physical bounds."""

from collections import Counter
from dataclasses import replace

import numpy as np

from optimizer.evidence.cases import Cases, select
from optimizer.evidence.form import form
from optimizer.evidence.predicting import predicted
from optimizer.performance.coefficients import Coefficient, Coefficients, collect
from optimizer.performance.rates import scope_rows
from optimizer.performance.tables import Bools, Floats, Ints

NOISE = {"saturated": 0.1, "tpot": 0.12, "loop": 0.15, "static": 0.25, "ttft": 0.5, "open": 0.5}
"""Spread of the logarithm that is expected of a measurement of each kind; its inverse is the row's weight."""
EXPERTS_NOISE = 0.25
ARRIVALS_NOISE = 0.3
"""Requests that come at random are of many lengths, and a few hundred of them are far from the steady state."""
FULL_SAY = 10
"""Rows of one source that count in full."""
MOST_EVALUATIONS = 40
MARGIN = 1.25
WORST = 3.0
"""Logarithm that no miss exceeds; a rate that cannot be carried has infinite times, and no slope."""
STEP = 1e-6
"""By how much the logarithm of a coefficient is moved to see how the predictions follow."""


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
        [
            max(
                NOISE[kind_of(row.metric, read.mode)],
                EXPERTS_NOISE if experts else 0.0,
                ARRIVALS_NOISE if read.mode == "open" else 0.0,
            )
            for row, read, experts in rows
        ]
    )


def fit(batch: Cases, counts: Floats | float = 1.0, start: Coefficients | None = None) -> Coefficients:
    """Return the coefficients that minimise Cauchy residuals of ln(predicted / measured) plus the priors' pull.

    Deterministic: starts at the priors, or at `start`, which only saves steps. A coefficient whose bounds coincide is
    a constant; one that acts on no row stays at its prior. `counts` is how many rows each row stands for.
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

    weight = np.sqrt(np.broadcast_to(counts, len(batch)).astype(float) * say(batch))
    weight = weight * _steady(batch, collect(rows))
    acts = [_acts_on(rows[index], batch) for index in free]
    parts = [batch if len(index) == len(batch) else select(batch, index) for index in acts]

    def missed(logs: Floats, part: Cases, index: Ints) -> Floats:
        ratios = np.log(predicted(part, collect(coefficients(logs)))) - measured[index]
        return weight[index] * soften(np.clip(ratios, -WORST, WORST) / sigma[index])

    def residuals(logs: Floats) -> Floats:
        return np.concatenate([missed(logs, batch, np.arange(len(batch))), (logs - prior) / spread])

    def jacobian(logs: Floats) -> Floats:
        here = missed(logs, batch, np.arange(len(batch)))
        slopes = np.zeros((len(here) + len(free), len(free)))
        for column, (part, index) in enumerate(zip(parts, acts, strict=True)):
            moved = logs.copy()
            moved[column] += STEP
            slopes[index, column] = (missed(moved, part, index) - here[index]) / STEP
        slopes[len(here) :] = np.diag(1 / spread)
        return slopes

    found = least_squares(
        residuals,
        np.clip(_logs(start, rows, free, prior), low + 1e-9, high - 1e-9),
        jac=jacobian,
        bounds=(low, high),
        x_scale=spread,
        tr_solver="lsmr",
        ftol=1e-5,
        xtol=1e-6,
        max_nfev=MOST_EVALUATIONS,
    )
    return collect(_within(row) for row in coefficients(np.clip(found.x, low, high)))


def _steady(batch: Cases, priors: Coefficients) -> Bools:
    """Return the cases whose load would still be carried if it were MARGIN times as large, at the priors.

    Near what a replica carries its times diverge, and say little about any coefficient.
    """
    return np.isfinite(predicted(replace(batch, request_rate=batch.request_rate * MARGIN), priors))


def _logs(start: Coefficients | None, rows: list[Coefficient], free: list[int], prior: Floats) -> Floats:
    if start is None:
        return prior
    return np.log([start.by_key[rows[index].key].value for index in free])


def say(batch: Cases) -> Floats:
    """Return the weight of every case: the rows of a source repeat its machine's quirks, so n count as sqrt(10 n)."""
    counts = Counter(row.source_id for row in batch.measurements)
    return np.array([min(1.0, (FULL_SAY / counts[row.source_id]) ** 0.5) for row in batch.measurements])


def soften(misses: Floats) -> Floats:
    """Return residuals whose squares are the Cauchy loss, 2 ln(1 + r^2 / 2): a row far off pulls ever less.

    Published figures are wrong in ways that no spread describes (other flags, a busy host), so that the likelihood of
    Student's t with few degrees of freedom fits them better than soft-L1's exponential tail.
    """
    return np.asarray(np.sign(misses) * np.sqrt(2 * np.log1p(misses * misses / 2)))


def _within(row: Coefficient) -> Coefficient:
    """Return a coefficient whose bounds hold its value to the last digit."""
    return replace(row, low=min(row.low, row.value), high=max(row.high, row.value))


def _counted(rows: tuple[Coefficient, ...], batch: Cases) -> list[Coefficient]:
    """Note on how many measurements each coefficient acts."""
    return [replace(row, rows=len(_acts_on(row, batch))) for row in rows]


def _acts_on(row: Coefficient, batch: Cases) -> Ints:
    """Return the cases within the scope of a coefficient."""
    scopes = scope_rows(batch.shapes, batch.known, batch.year)
    if row.scope_kind not in scopes:
        return np.arange(len(batch))
    names, index = scopes[row.scope_kind]
    return np.flatnonzero(index == names.index(row.scope)) if row.scope in names else np.zeros(0, dtype=np.int64)
