"""The correction by own runs: a rising map from the model's figures to real ones, for every layout.

    ln real = u + sum_c w_c shift_c(u + d_c)        u = ln modelled

over the curves c of own runs. The weights are those of simple kriging, w = K^-1 k with the correlations of
`own.kernel`: on a replica and size that was measured, its own curve alone counts; away from all, none does and the
model stands. d_c lines the curves up at a single stream. The share of variance that is explained is k K^-1 k, times
the correlation with the nearest measured load.
"""

from dataclasses import dataclass

import numpy as np

from optimizer.performance.layouts import Layouts
from optimizer.performance.own.curves import Curve, CurveSet, curve_sets
from optimizer.performance.own.kernel import correlation, places
from optimizer.performance.service import load
from optimizer.performance.tables import Floats, Ints

JITTER = 1e-9
LEAST_EXPLAINED = 1e-3
HALVINGS = 48


@dataclass(frozen=True, slots=True)
class Map:
    """The map of one metric for the rows in `rows`; every other row stays as modelled. Arrays are [row, curve]."""

    rows: Ints
    curves: tuple[Curve, ...]
    weights: Floats
    lined_up: Floats
    explained: Floats
    runs: Ints

    def real(self, modelled: Floats) -> Floats:
        """Return the real figures of modelled ones, one a layout."""
        out = np.array(modelled, dtype=float)
        out[self.rows] = np.exp(self._real(_log(out[self.rows])))
        return out

    def modelled(self, real: Floats) -> Floats:
        """Return the largest modelled figures whose real ones do not exceed `real`: the inverse."""
        out = np.array(real, dtype=float)
        wanted = _log(out[self.rows])
        most = max((float(np.abs(curve.measured - curve.modelled).max()) for curve in self.curves), default=0.0)
        low, high = wanted - most - 1e-9, wanted + most + 1e-9
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            within = self._real(middle) <= wanted
            low, high = np.where(within, middle, low), np.where(within, high, middle)
        out[self.rows] = np.exp(low)
        return out

    def trust(self, modelled: Floats) -> Floats:
        """Return the share of the variance of each modelled figure's error that own runs explain, from 0 to 1."""
        out = np.zeros(len(modelled))
        u, near = _log(modelled[self.rows]), np.zeros(len(self.rows))
        total = np.maximum(self.weights.sum(axis=1), 1e-12)
        for index, curve in enumerate(self.curves):
            distance = curve.distance(u + self.lined_up[:, index])
            near += self.weights[:, index] * np.exp(-distance / curve.reach)
        out[self.rows] = self.explained * (near / total) ** 2
        return out

    def _real(self, u: Floats) -> Floats:
        moved = u.copy()
        for index, curve in enumerate(self.curves):
            moved += self.weights[:, index] * curve.shift(u + self.lined_up[:, index])
        return moved


def maps(layouts: Layouts, input_tokens: Floats | float, output_tokens: Floats | float) -> dict[str, Map]:
    """Return the maps of the metrics that own runs say something about; empty without any."""
    if not layouts.catalog.own.runs:
        return {}
    found = {
        metric: _map(metric, curves, layouts, input_tokens, output_tokens)
        for metric, curves in curve_sets(layouts.catalog, layouts.model).items()
    }
    return {metric: one for metric, one in found.items() if one.rows.size}


def _map(
    metric: str, known: CurveSet, layouts: Layouts, input_tokens: Floats | float, output_tokens: Floats | float
) -> Map:
    here = places(layouts, input_tokens, output_tokens)
    rows = np.flatnonzero(np.isin(here.hardware, known.at.hardware))
    alike = correlation(metric, here.take(rows), known.at)
    among = correlation(metric, known.at, known.at) + JITTER * np.eye(len(known.curves))
    weights = np.linalg.solve(among, alike.T).T
    explained = np.clip((weights * alike).sum(axis=1), 0.0, 1.0)
    weights = np.maximum(weights, 0.0)
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1.0)
    kept = explained >= LEAST_EXPLAINED
    rows, alike, weights, explained = rows[kept], alike[kept], weights[kept], explained[kept]
    return Map(
        rows=rows,
        curves=known.curves,
        weights=weights,
        lined_up=np.array([curve.alone for curve in known.curves])[None, :]
        - _alone(metric, layouts, rows, input_tokens, output_tokens)[:, None],
        explained=explained,
        runs=(alike > 0) @ np.array(known.runs, dtype=np.int64),
    )


def _alone(
    metric: str, layouts: Layouts, rows: Ints, input_tokens: Floats | float, output_tokens: Floats | float
) -> Floats:
    """Return ln of what the model says of a single stream on some layouts."""
    if not rows.size:
        return np.zeros(0)
    sizes = [np.broadcast_to(tokens, len(layouts))[rows] for tokens in (input_tokens, output_tokens)]
    done = load(layouts.take(rows), sizes[0], sizes[1], 1.0)
    return _log({"tpot": done.tpot_s, "ttft": done.ttft_s, "throughput": done.output_tok_per_s}[metric])


def _log(values: Floats) -> Floats:
    """Return the logarithm; 0 and infinity stay what they are by becoming infinite."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(values))
