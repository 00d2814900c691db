"""Measurements as arrays, ready to be predicted in one go."""

from collections import defaultdict
from dataclasses import dataclass, fields, replace

import numpy as np

from catalog import Catalog
from optimizer.evidence.aliases import Spellings
from optimizer.evidence.measurements import METRICS, Measurement
from optimizer.evidence.settings import Setting, UnreadableError, setting
from optimizer.performance.layouts import INDEX_COLUMNS, Layouts
from optimizer.performance.possibility import impossible, reason
from optimizer.performance.replicas import kv_tokens
from optimizer.performance.shapes import Shapes, join_shapes, no_shapes, shapes
from optimizer.performance.tables import Bools, Floats, Ints, Tables, tables

MODES = ("closed", "static", "saturated", "open")


@dataclass(frozen=True, slots=True)
class Cases:
    """Predictable measurements, one row each; `skipped` maps the row of every other one to its reason."""

    measurements: tuple[Measurement, ...]
    settings: tuple[Setting, ...]
    skipped: dict[int, str]
    known: Tables
    shapes: Shapes
    kv_tokens: Floats
    year: Floats
    input_tokens: Floats
    output_tokens: Floats
    concurrency: Floats
    request_rate: Floats
    replicas: Floats
    requests: Floats
    most_sequences: Floats
    mode: Ints
    metric: Ints
    value: Floats

    def __len__(self) -> int:
        return len(self.settings)


def cases(rows: tuple[Measurement, ...], catalog: Catalog, spellings: Spellings) -> Cases:
    """Read measurements; a row that cannot be predicted is in `skipped` with its reason."""
    skipped: dict[int, str] = {}
    by_model: dict[str, list[tuple[Measurement, Setting]]] = defaultdict(list)
    for row in rows:
        try:
            read = setting(row, catalog, spellings)
        except UnreadableError as error:
            skipped[row.row] = str(error)
            continue
        by_model[read.model].append((row, read))
    kept: list[tuple[Measurement, Setting]] = []
    parts: list[tuple[Shapes, Floats]] = []
    for model, pairs in by_model.items():
        layouts = layouts_of([read for _, read in pairs], catalog, model)
        shape = shapes(layouts)
        room = kv_tokens(layouts, shape)
        keep = np.ones(len(pairs), dtype=bool)
        codes = impossible(layouts)
        for index, (row, read) in enumerate(pairs):
            why = reason(int(codes[index])) or _unfit(read, float(room[index]))
            if why:
                skipped[row.row], keep[index] = why, False
        kept += [pair for pair, wanted in zip(pairs, keep, strict=True) if wanted]
        parts.append((shape.take(keep), room[keep]))
    return _collect(kept, parts, skipped, tables(catalog))


def select(batch: Cases, rows: Bools | Ints) -> Cases:
    """Return the cases of a mask or an index array."""
    index = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
    arrays = [field.name for field in fields(batch) if isinstance(getattr(batch, field.name), np.ndarray)]
    return replace(
        batch,
        measurements=tuple(batch.measurements[i] for i in index),
        settings=tuple(batch.settings[i] for i in index),
        shapes=batch.shapes.take(index),
        **{name: getattr(batch, name)[index] for name in arrays},
    )


def layouts_of(settings: list[Setting], catalog: Catalog, model: str) -> Layouts:
    """Return the layouts of settings that share a model."""
    known = tables(catalog)
    links = {name: index for index, name in enumerate(known.link_ids)}
    columns = {
        "gpu": [known.gpu_ids.index(item.gpu) for item in settings],
        "quantization": [known.quantization_ids.index(item.quantization) for item in settings],
        "engine": [known.engine_ids.index(item.engine) for item in settings],
        "link": [links.get(item.link, -1) for item in settings],
        "inter_link": [links.get(item.inter_link, -1) for item in settings],
        "kv_bits": [item.kv_bits for item in settings],
        "tp": [item.tp for item in settings],
        "pp": [item.pp for item in settings],
        "nodes": [item.nodes for item in settings],
        "gpus_per_node": [max(1, item.tp * item.pp // item.nodes) for item in settings],
    }
    return Layouts(
        catalog, catalog.model(model), **{name: np.array(columns[name], dtype=np.int64) for name in INDEX_COLUMNS}
    )


def _unfit(read: Setting, room: float) -> str:
    """Say why a setting cannot run: one sequence must fit in the KV cache."""
    needed = read.input_tokens + max(read.output_tokens, 1)
    return "" if room >= needed else f"does not fit: KV room for {room:.0f} tokens, a sequence has {needed:.0f}"


def _collect(
    kept: list[tuple[Measurement, Setting]], parts: list[tuple[Shapes, Floats]], skipped: dict[int, str], known: Tables
) -> Cases:
    order = np.argsort(np.array([row.row for row, _ in kept], dtype=np.int64), kind="stable")
    rows = [kept[index] for index in order]

    def column(name: str) -> Floats:
        return np.array([getattr(read, name) for _, read in rows], dtype=float)

    return Cases(
        measurements=tuple(row for row, _ in rows),
        settings=tuple(read for _, read in rows),
        skipped=skipped,
        known=known,
        shapes=join_shapes([shape for shape, _ in parts]).take(order) if rows else no_shapes(),
        kv_tokens=np.concatenate([room for _, room in parts])[order] if rows else np.zeros(0),
        year=column("year"),
        input_tokens=column("input_tokens"),
        output_tokens=column("output_tokens"),
        concurrency=column("concurrency"),
        request_rate=column("request_rate"),
        replicas=column("replicas"),
        requests=column("requests"),
        most_sequences=column("most_sequences"),
        metric=np.array([METRICS.index(row.metric) for row, _ in rows], dtype=np.int64),
        mode=np.array([MODES.index(read.mode) for _, read in rows]),
        value=np.array([row.value for row, _ in rows]),
    )
