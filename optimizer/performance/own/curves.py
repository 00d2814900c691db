"""Own runs as curves: on one replica with one size of request, what was measured against what the model says there.

A curve holds one knot for each load, (ln modelled, ln measured), both rising. It is a map of the model's figures to
real ones that never turns their order around, so the model's largest load within a target stays the largest.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from catalog import Catalog, Model, OwnRun
from optimizer.performance.coefficients import calibration_id
from optimizer.performance.layouts import Layouts
from optimizer.performance.own.kernel import LOAD_REACH, METRICS, Places, places, places_of
from optimizer.performance.service import Load, at_rate, load, saturated
from optimizer.performance.tables import Floats, tables

MOST_OFF = {"tpot": math.log(4), "ttft": math.log(20), "throughput": math.log(4)}
"""A run with a figure further from the model than this was of another setting than the one stated; it has no say."""
SAME_LOAD = 1e-6
Knots = tuple[Floats, Floats]


@dataclass(frozen=True, slots=True)
class Curve:
    """`modelled` and `measured` are logarithms, rising; `alone` is ln of the modelled figure of a single stream."""

    modelled: Floats
    measured: Floats
    alone: float
    reach: float

    def shift(self, modelled: Floats) -> Floats:
        """Return ln(measured / modelled): linear between knots, fading beyond the first and the last."""
        gap = self.measured - self.modelled
        beyond = np.maximum(self.modelled[0] - modelled, 0) + np.maximum(modelled - self.modelled[-1], 0)
        return np.asarray(np.interp(modelled, self.modelled, gap) * np.exp(-beyond / self.reach))

    def distance(self, modelled: Floats) -> Floats:
        """Return how far the nearest knot is."""
        after = np.clip(np.searchsorted(self.modelled, modelled), 1, max(len(self.modelled) - 1, 1))
        left, right = self.modelled[after - 1], self.modelled[np.minimum(after, len(self.modelled) - 1)]
        return np.asarray(np.minimum(np.abs(modelled - left), np.abs(modelled - right)))


@dataclass(frozen=True, slots=True)
class CurveSet:
    """The curves of one metric, and where each stands; `runs` is how many runs are behind each."""

    curves: tuple[Curve, ...]
    at: Places
    runs: tuple[int, ...]


def curve_sets(catalog: Catalog, model: Model) -> dict[str, CurveSet]:
    """Return the curves of own runs of models of the same shape, by metric; empty without any."""
    return _curve_sets(Known(catalog, model))


@lru_cache(maxsize=4)
def _run_errors(key: "Known") -> tuple[float | None, ...]:
    catalog = key.catalog
    errors: list[float | None] = [None] * len(catalog.own.runs)
    for name, rows in _rows_by_model(catalog.own.runs).items():
        found = _Compared.of(catalog, name, [catalog.own.runs[row] for row in rows])
        gaps = np.stack([found.modelled[metric] - found.measured[metric] for metric in METRICS])
        for place, row in enumerate(rows):
            known = gaps[np.isfinite(gaps[:, place]), place]
            errors[row] = float(np.median(np.abs(np.expm1(known)))) if known.size else None
    return tuple(errors)


def run_errors(catalog: Catalog) -> tuple[float | None, ...]:
    """Return how far the model alone is from each own run: the median over its figures of |modelled / measured - 1|.

    None for a run that has no say.
    """
    return _run_errors(Known(catalog))


def _rows_by_model(runs: Sequence[OwnRun]) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = defaultdict(list)
    for row, run in enumerate(runs):
        rows[run.model].append(row)
    return rows


class Known:
    """A catalog with its own runs, and a model where it matters, told apart by their ids: a key of caches."""

    __slots__ = ("catalog", "ids", "model")

    def __init__(self, catalog: Catalog, model: Model | None = None) -> None:
        self.catalog, self.model = catalog, model
        self.ids = (catalog.catalog_id, calibration_id(catalog), None if model is None else shape_of(model))

    def __hash__(self) -> int:
        return hash(self.ids)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Known) and other.ids == self.ids


def shape_of(model: Model) -> tuple[int, ...]:
    """Return what makes two models the same to a GPU."""
    experts = (model.experts, model.experts_per_token)
    return (model.layers, model.hidden_size, model.kv_heads, model.intermediate_size, *experts)


@lru_cache(maxsize=8)
def _curve_sets(key: Known) -> dict[str, CurveSet]:
    catalog = key.catalog
    found = [
        _Compared.of(catalog, name, [catalog.own.runs[row] for row in rows])
        for name, rows in _rows_by_model(catalog.own.runs).items()
        if key.model is None or shape_of(catalog.models[name]) == shape_of(key.model)
    ]
    sets = {metric: _joined(metric, found) for metric in METRICS}
    return {metric: curves for metric, curves in sets.items() if curves.curves}


@dataclass(frozen=True, slots=True)
class _Compared:
    """Runs of one model: ln(modelled), ln(measured) of each metric (nan: not measured), ln of a single stream's."""

    at: Places
    modelled: dict[str, Floats]
    measured: dict[str, Floats]
    alone: dict[str, Floats]

    @classmethod
    def of(cls, catalog: Catalog, model: str, runs: Sequence[OwnRun]) -> "_Compared":
        """Ask the model about every run."""
        layouts = _layouts(catalog, model, runs)
        inputs, outputs = (np.array([getattr(run, name) for run in runs]) for name in ("input_tokens", "output_tokens"))
        said = _said(layouts, inputs, outputs, runs)
        single = _figures(load(layouts, inputs, outputs, 1.0))
        modelled = {metric: np.log(values) for metric, values in said.items()}
        alone = {metric: np.log(values) for metric, values in single.items()}
        measured = _believed(modelled, _measured(said, outputs, runs))
        return cls(places(layouts, inputs, outputs), modelled, measured, alone)


def _layouts(catalog: Catalog, model: str, runs: Sequence[OwnRun]) -> Layouts:
    known = tables(catalog)
    columns = {
        "gpu": [known.gpu_ids.index(run.gpu) for run in runs],
        "quantization": [known.quantization_ids.index(run.quantization) for run in runs],
        "engine": [known.engine_ids.index(run.engine) for run in runs],
        "link": [known.link_ids.index(run.link) if run.link else -1 for run in runs],
        "inter_link": [known.link_ids.index("ib-400") if run.nodes > 1 else -1 for run in runs],
        "kv_bits": [run.kv_bits for run in runs],
        "tp": [run.tp for run in runs],
        "pp": [run.pp for run in runs],
        "nodes": [run.nodes for run in runs],
        "gpus_per_node": [max(1, run.tp * run.pp // run.nodes) for run in runs],
    }
    return Layouts(
        catalog, catalog.models[model], **{name: np.array(values, np.int64) for name, values in columns.items()}
    )


def _figures(done: Load) -> dict[str, Floats]:
    return {"tpot": done.tpot_s, "ttft": done.ttft_s, "throughput": done.output_tok_per_s}


def _said(layouts: Layouts, inputs: Floats, outputs: Floats, runs: Sequence[OwnRun]) -> dict[str, Floats]:
    """Return what the model says of every run under its own load; nan where it says nothing finite."""
    said = {metric: np.full(len(runs), np.nan) for metric in METRICS}

    def put(rows: list[int], done: Load) -> None:
        for metric, values in _figures(done).items():
            said[metric][rows] = np.where(np.isfinite(values) & (values > 0), values, np.nan)

    closed = [index for index, run in enumerate(runs) if run.concurrency is not None]
    timed = [index for index, run in enumerate(runs) if run.request_rate_per_s is not None]
    endless = [index for index in range(len(runs)) if index not in {*closed, *timed}]
    if closed:
        streams = np.array([runs[index].concurrency for index in closed], dtype=float)
        put(closed, load(layouts.take(np.array(closed)), inputs[closed], outputs[closed], streams))
    if timed:
        rates = np.array([runs[index].request_rate_per_s for index in timed], dtype=float)
        put(timed, at_rate(layouts.take(np.array(timed)), inputs[timed], outputs[timed], rates))
    if endless:
        put(endless, saturated(layouts.take(np.array(endless)), inputs[endless], outputs[endless]))
    return said


def _measured(said: dict[str, Floats], outputs: Floats, runs: Sequence[OwnRun]) -> dict[str, Floats]:
    """Return ln of what was measured; of speed and throughput, one says the other where only one was.

    Under a rate, the throughput is the rate, and says nothing of the replica.
    """
    tpot, ttft, throughput = (
        np.array([np.nan if getattr(run, name) is None else getattr(run, name) for run in runs], dtype=float)
        for name in ("tpot_s", "ttft_s", "output_tok_per_s")
    )
    paced = np.array([run.request_rate_per_s is not None for run in runs])
    throughput = np.where(paced, np.nan, throughput)
    first = np.where(np.isnan(ttft), said["ttft"], ttft)
    slower = (first + outputs * tpot) / (said["ttft"] + outputs * said["tpot"])
    implied_throughput = np.where(paced, np.nan, said["throughput"] / slower)
    implied_tpot = said["tpot"] * said["throughput"] / throughput
    return {
        "tpot": np.log(np.where(np.isnan(tpot), implied_tpot, tpot)),
        "ttft": np.log(ttft),
        "throughput": np.log(np.where(np.isnan(throughput), implied_throughput, throughput)),
    }


def _believed(modelled: dict[str, Floats], measured: dict[str, Floats]) -> dict[str, Floats]:
    """Return what was measured, nan in every run that has a figure too far from the model."""
    far = [np.abs(measured[metric] - modelled[metric]) > most for metric, most in MOST_OFF.items()]
    return {metric: np.where(np.any(far, axis=0), np.nan, values) for metric, values in measured.items()}


def _joined(metric: str, parts: Iterable[_Compared]) -> CurveSet:
    """Return the curves of a metric over the runs of all models: one for each place."""
    groups: dict[tuple[float, ...], list[tuple[_Compared, int]]] = defaultdict(list)
    for part in parts:
        for index in np.flatnonzero(np.isfinite(part.measured[metric] - part.modelled[metric])):
            groups[part.at.row(int(index))].append((part, int(index)))
    curves = [_curve(metric, members) for members in groups.values()]
    at = places_of(groups)
    return CurveSet(tuple(curves), at, tuple(map(len, groups.values())))


def _curve(metric: str, members: Sequence[tuple[_Compared, int]]) -> Curve:
    modelled, measured = rising(
        np.array([part.modelled[metric][index] for part, index in members]),
        np.array([part.measured[metric][index] for part, index in members]),
    )
    part, index = members[0]
    return Curve(modelled, measured, float(part.alone[metric][index]), LOAD_REACH[metric])


def rising(modelled: Floats, measured: Floats) -> Knots:
    """Return knots in order; runs of one load, and runs whose order contradicts the model's, are averaged.

    Pool adjacent violators: Ayer et al., An Empirical Distribution Function for Sampling, 1955.
    """
    order = np.argsort(modelled, kind="stable")
    loads: list[list[float]] = []  # modelled, measured, runs
    for u, v in zip(modelled[order], measured[order], strict=True):
        if loads and u - loads[-1][0] <= SAME_LOAD:
            mean, count = loads[-1][1:]
            loads[-1][1:] = [(mean * count + v) / (count + 1), count + 1]
        else:
            loads.append([float(u), float(v), 1.0])
    pools: list[tuple[float, float, int]] = []  # measured, runs, loads
    for _, v, runs in loads:
        pools.append((v, runs, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (a, m, i), (b, n, j) = pools[-2:]
            pools[-2:] = [((a * m + b * n) / (m + n), m + n, i + j)]
    flat = [v for v, _, count in pools for _ in range(count)]
    return np.array([load[0] for load in loads]), np.array(flat)
