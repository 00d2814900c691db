"""The evidence behind predictions, summed up: one row per source, hardware, format and layout."""

import csv
import io
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np

from catalog import Catalog, Model
from optimizer.performance.layouts import Layouts
from optimizer.performance.own.curves import Known, run_errors
from optimizer.performance.shapes import SEQUENTIAL_ENGINES
from optimizer.performance.tables import Ints, tables

KINDS = ("measured", "interpolated", "calibrated", "extrapolated")
COLUMNS = [
    "source_id",
    "source_date",
    "engine",
    "gpu",
    "quantization",
    "model",
    "tp",
    "pp",
    "shortest_tokens",
    "longest_tokens",
    "load",
    "rows",
    "median_error_fraction",
]


@dataclass(frozen=True, slots=True)
class Support:
    """`rows` measurements of one source on one layout; `median_error_fraction` with that source left out of the fit."""

    source_id: str
    source_date: str
    engine: str
    gpu: str
    quantization: str
    model: str
    tp: int
    pp: int
    shortest_tokens: int
    longest_tokens: int
    load: str
    rows: int
    median_error_fraction: float


@lru_cache(maxsize=1)
def shipped_support() -> tuple[Support, ...]:
    """Return the evidence that ships with the calibration."""
    return read_support((files("catalog") / "data" / "calibration_evidence.csv").read_text("utf-8"))


def support_of(catalog: Catalog) -> tuple[Support, ...]:
    """Return the evidence that holds with a catalog: the shipped rows, and the user's own runs summed up likewise."""
    return _with_own(Known(catalog)) if catalog.own.runs else shipped_support()


@lru_cache(maxsize=4)
def _with_own(known: Known) -> tuple[Support, ...]:
    return (*shipped_support(), *_own_support(known.catalog))


def _own_support(catalog: Catalog) -> tuple[Support, ...]:
    errors = run_errors(catalog)
    groups: dict[tuple[str, str, str, str, str, str, int, int, str], list[int]] = defaultdict(list)
    for index, (run, error) in enumerate(zip(catalog.own.runs, errors, strict=True)):
        if error is None:
            continue
        layout = (run.engine, run.gpu, run.quantization, run.model, run.tp, run.pp)
        groups[run.source_id, run.source_date, *layout, run.mode].append(index)
    tokens = [run.input_tokens + run.output_tokens for run in catalog.own.runs]
    return tuple(
        Support(
            *key[:8],
            shortest_tokens=int(min(tokens[row] for row in rows)),
            longest_tokens=int(max(tokens[row] for row in rows)),
            load=key[8],
            rows=len(rows),
            median_error_fraction=float(np.median([errors[row] or 0.0 for row in rows])),
        )
        for key, rows in sorted(groups.items())
    )


def read_support(text: str) -> tuple[Support, ...]:
    """Return the rows of an evidence file."""
    return tuple(
        Support(
            source_id=cells["source_id"],
            source_date=cells["source_date"],
            engine=cells["engine"],
            gpu=cells["gpu"],
            quantization=cells["quantization"],
            model=cells["model"],
            tp=int(cells["tp"]),
            pp=int(cells["pp"]),
            shortest_tokens=int(cells["shortest_tokens"]),
            longest_tokens=int(cells["longest_tokens"]),
            load=cells["load"],
            rows=int(cells["rows"]),
            median_error_fraction=float(cells["median_error_fraction"]),
        )
        for cells in csv.DictReader(io.StringIO(text))
    )


def write_support(rows: tuple[Support, ...]) -> str:
    """Return the CSV text of evidence rows; the inverse of `read_support`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([f"{cell:.4f}" if isinstance(cell := getattr(row, name), float) else cell for name in COLUMNS])
    return out.getvalue()


def evidence_kinds(layouts: Layouts, support: tuple[Support, ...] | None = None) -> Ints:
    """Return how well each layout is covered, as an index into KINDS.

    measured: this engine, GPU, format, model and parallelism were; interpolated: this engine, GPU and format were,
    with another model or parallelism; calibrated: the engine on this architecture and the format on this engine
    were; extrapolated: anything else, and a group that spans nodes, a row split, a mixture of experts on an engine
    where none was measured.
    """
    rows = support_of(layouts.catalog) if support is None else support
    known, engine = tables(layouts.catalog), layouts.engine
    listed = _listed(_ByIdentity(rows, layouts.catalog))
    relatives = _family(layouts)
    family = np.array([model in relatives for model in listed.models], dtype=bool)[listed.model]
    here = _keys(engine, layouts.gpu, layouts.quantization, layouts.tp, layouts.pp)
    seen = np.isin(here, listed.keys[family])
    same = np.isin(_keys(engine, layouts.gpu, layouts.quantization), listed.hardware_keys)
    near = np.isin(_keys(engine, known.architecture[layouts.gpu]), listed.architecture_keys)
    near &= np.isin(_keys(engine, layouts.quantization), listed.format_keys)
    spans_nodes = layouts.nodes > 1
    splits_rows = np.array([name in SEQUENTIAL_ENGINES for name in known.engine_ids])[engine] & (layouts.tp > 1)
    unlike = spans_nodes | splits_rows
    if layouts.model.dense_or_moe == "moe":
        unlike |= ~np.isin(engine, listed.engine[listed.experts])
    cases = [seen & ~spans_nodes, unlike, same, near]
    return np.select(cases, [0, 3, 1, 2], 3).astype(np.int64)


class _Listed:
    """Evidence rows as keys, so that layouts are looked up among them all at once."""

    def __init__(self, rows: tuple[Support, ...], catalog: Catalog) -> None:
        known = tables(catalog)
        gpu = np.array([known.gpu_ids.index(row.gpu) for row in rows], dtype=np.int64)
        quantization = np.array([known.quantization_ids.index(row.quantization) for row in rows], dtype=np.int64)
        tp, pp = (np.array([getattr(row, name) for row in rows], dtype=np.int64) for name in ("tp", "pp"))
        self.engine = np.array([known.engine_ids.index(row.engine) for row in rows], dtype=np.int64)
        self.experts = np.array([catalog.models[row.model].dense_or_moe == "moe" for row in rows], dtype=bool)
        self.models = tuple(dict.fromkeys(row.model for row in rows))
        self.model = np.array([self.models.index(row.model) for row in rows], dtype=np.int64)
        self.keys = _keys(self.engine, gpu, quantization, tp, pp)
        self.hardware_keys = _keys(self.engine, gpu, quantization)
        self.architecture_keys = _keys(self.engine, known.architecture[gpu])
        self.format_keys = _keys(self.engine, quantization)


class _ByIdentity:
    """Hashes evidence by which object it is, and the catalog by its id."""

    __slots__ = ("catalog", "rows")

    def __init__(self, rows: tuple[Support, ...], catalog: Catalog) -> None:
        self.rows, self.catalog = rows, catalog

    def __hash__(self) -> int:
        return hash((id(self.rows), self.catalog.catalog_id))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _ByIdentity)
            and other.rows is self.rows
            and other.catalog.catalog_id == self.catalog.catalog_id
        )


@lru_cache(maxsize=4)
def _listed(key: _ByIdentity) -> _Listed:
    return _Listed(key.rows, key.catalog)


def _keys(*columns: Ints) -> Ints:
    """Return one number for each row of several small whole numbers."""
    key = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        key = key * 4096 + column
    return key


def nearest(layouts: Layouts, k: int = 3, support: tuple[Support, ...] | None = None) -> list[tuple[Support, ...]]:
    """Return, for each layout, the k evidence rows that are most like it."""
    rows = support_of(layouts.catalog) if support is None else support
    known, catalog = tables(layouts.catalog), layouts.catalog
    out = []
    for index in range(len(layouts)):
        names = (
            known.engine_ids[layouts.engine[index]],
            known.gpu_ids[layouts.gpu[index]],
            known.quantization_ids[layouts.quantization[index]],
        )
        scored = sorted(
            rows,
            key=lambda row: (_distance(catalog, layouts, index, names, row), row.source_id, row.gpu, row.tp, row.load),
        )
        out.append(tuple(scored[:k]))
    return out


def _family(layouts: Layouts) -> set[str]:
    """Return the models of the same shape."""
    return {name for name, model in layouts.catalog.models.items() if _shape(model) == _shape(layouts.model)}


def _shape(model: Model) -> tuple[int, ...]:
    return model.layers, model.hidden_size, model.kv_heads, model.intermediate_size


def _distance(catalog: Catalog, layouts: Layouts, index: int, names: tuple[str, str, str], row: Support) -> float:
    """How unlike a layout is to an evidence row: engine and GPU count most, then format, size and parallelism."""
    engine, gpu, quantization = names
    mine, theirs = catalog.gpus[gpu], catalog.gpus.get(row.gpu)
    model = catalog.models.get(row.model)
    apart = 0.0 if engine == row.engine else 2.0
    if gpu != row.gpu:
        apart += 1.0 if theirs and theirs.architecture == mine.architecture else 4.0
    ours, others = catalog.quantizations[quantization], catalog.quantizations.get(row.quantization)
    if quantization != row.quantization:
        apart += 0.6 if others and others.family == ours.family else 1.5
    if model:
        apart += 0.7 * abs(float(np.log(model.params_total / layouts.model.params_total)))
    apart += 0.3 * abs(float(np.log2(row.tp / layouts.tp[index]))) + 0.3 * abs(
        float(np.log2(row.pp / layouts.pp[index]))
    )
    return apart
