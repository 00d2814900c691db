"""Published measurements as rows: one metric a row, exactly as the file spells it."""

import csv
import io
import math
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files

from catalog import InvalidDataError
from optimizer.evidence.aliases import Default, complete, shipped_defaults

METRICS = (
    "output_tok_s_total",
    "output_tok_s_per_user",
    "total_tok_s",
    "tok_s_per_gpu",
    "requests_s",
    "ttft_ms_mean",
    "ttft_ms_p50",
    "ttft_ms_p99",
    "tpot_ms",
    "itl_ms",
)
HEADER = [
    "experiment_id",
    "source_id",
    "source_date",
    "engine",
    "engine_version",
    "model",
    "params_b",
    "weight_quant",
    "kv_quant",
    "activation_quant",
    "gpu",
    "gpu_mem_gb",
    "interconnect",
    "num_gpus",
    "num_nodes",
    "tp",
    "pp",
    "input_tokens",
    "output_tokens",
    "concurrency_or_batch",
    "request_rate",
    "metric",
    "value",
    "offline_or_online",
    "notes",
]
REQUIRED = ("engine", "model", "gpu", "num_gpus", "metric", "value")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One metric of one run. Blank text and None mean that the source does not say.

    `row` is the 0-based data row of its file. `concurrency` is None where it is not a number; `excluded` says why
    the row is kept but not used, `not_fitted` why it is predicted but no coefficient follows it.
    """

    row: int
    experiment_id: str
    source_id: str
    source_date: str
    engine: str
    engine_version: str
    model: str
    weight_quant: str
    kv_quant: str
    gpu: str
    gpu_memory_gb: float | None
    interconnect: str
    gpus: int
    nodes: int
    tp: int | None
    pp: int | None
    input_tokens: float | None
    output_tokens: float | None
    concurrency: float | None
    request_rate: float | None
    requests: float | None
    most_sequences: float | None
    metric: str
    value: float
    online: bool
    notes: str
    excluded: str
    not_fitted: str
    assumed: str


@lru_cache(maxsize=1)
def shipped_measurements() -> tuple[Measurement, ...]:
    """Return the measurements that ship with the catalog, the excluded ones included."""
    return read_measurements((files("catalog") / "data" / "measurements.csv").read_text("utf-8"))


@lru_cache(maxsize=1)
def first_sources() -> frozenset[str]:
    """Return the sources that the model was formed on; the later ones were predicted before any was fitted."""
    text = (files("catalog") / "data" / "measurement_sources.csv").read_text("utf-8")
    return frozenset(row["source_id"] for row in csv.DictReader(io.StringIO(text)) if row["part"] == "first")


def read_measurements(
    text: str, defaults: tuple[Default, ...] | None = None, strict: bool = False
) -> tuple[Measurement, ...]:
    """Return every row of a measurement file.

    A row with a bad cell is kept with the reason in `excluded`; when `strict`, InvalidDataError names all of them.
    A file without a required column is no measurement file: InvalidDataError.
    """
    defaults = shipped_defaults() if defaults is None else defaults
    reader = csv.DictReader(io.StringIO(text))
    missing = [name for name in REQUIRED if name not in (reader.fieldnames or ())]
    if missing:
        raise InvalidDataError([("measurements", 1, name, "column is missing") for name in missing])
    rows: list[Measurement] = []
    problems: list[tuple[str, int, str, str]] = []
    for index, cells in enumerate(reader):
        stripped = {name: (cell or "").strip() for name, cell in cells.items() if name}
        filled, assumed = complete(stripped, defaults)
        try:
            rows.append(_measurement(index, filled, assumed))
        except ValueError as error:
            problems.append(("measurements", reader.line_num, "row", str(error)))
            rows.append(_unreadable(index, filled, str(error)))
    if problems and strict:
        raise InvalidDataError(problems)
    return tuple(rows)


def _unreadable(row: int, cells: dict[str, str], reason: str) -> Measurement:
    """Return a row of which only the names could be read; its value is not a number."""
    names = ("experiment_id", "source_id", "source_date", "engine", "model", "gpu", "metric")
    kept = {name: cells.get(name, "") for name in names}
    harmless = {"num_gpus": "1", "metric": METRICS[0], "value": "1", "excluded_because": reason}
    return replace(_measurement(row, {**kept, **harmless}, ""), metric=kept["metric"], value=math.nan)


def _measurement(row: int, cells: dict[str, str], assumed: str) -> Measurement:
    if cells["metric"] not in METRICS:
        raise ValueError(f"unknown metric {cells['metric']!r}; known: {', '.join(METRICS)}")
    value = float(cells["value"])
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"value {cells['value']!r} is not a positive number")
    tp, pp = _count(cells.get("tp", ""), "tp"), _count(cells.get("pp", ""), "pp")
    return Measurement(
        row=row,
        experiment_id=cells.get("experiment_id", ""),
        source_id=cells.get("source_id", ""),
        source_date=cells.get("source_date", ""),
        engine=cells["engine"],
        engine_version=cells.get("engine_version", ""),
        model=cells["model"],
        weight_quant=cells.get("weight_quant", ""),
        kv_quant=cells.get("kv_quant", ""),
        gpu=cells["gpu"],
        gpu_memory_gb=_number(cells.get("gpu_mem_gb", "")),
        interconnect=cells.get("interconnect", ""),
        gpus=_count(cells["num_gpus"], "num_gpus") or (tp or 1) * (pp or 1),
        nodes=_count(cells.get("num_nodes", ""), "num_nodes") or 1,
        tp=tp,
        pp=pp,
        input_tokens=_number(cells.get("input_tokens", "")),
        output_tokens=_number(cells.get("output_tokens", "")),
        concurrency=_number(cells.get("concurrency_or_batch", "")),
        request_rate=_number(cells.get("request_rate", "")),
        requests=_number(cells.get("requests", "")),
        most_sequences=_number(cells.get("max_sequences", "")),
        metric=cells["metric"],
        value=value,
        online=_online(cells.get("offline_or_online", ""), cells["metric"]),
        notes=cells.get("notes", ""),
        excluded=cells.get("excluded_because", ""),
        not_fitted=cells.get("not_fitted_because", ""),
        assumed=assumed,
    )


def _online(text: str, metric: str) -> bool:
    """Whether a server was measured; where the file does not say, latencies are taken to be a server's."""
    return text.lower() == "online" or (not text and metric.startswith(("ttft", "tpot", "itl")))


def _number(text: str) -> float | None:
    """Return a finite number, or None for a blank or a remark such as `max batch 4096`. Negative is a ValueError."""
    try:
        number = float(text)
    except ValueError:
        return None
    if number < 0:
        raise ValueError(f"{text!r} is negative")
    return number if math.isfinite(number) else None


def _count(text: str, name: str) -> int | None:
    number = float(text) if text else None
    if number is None:
        return None
    if number != int(number) or not 1 <= number <= 4096:
        raise ValueError(f"{name} {text!r} is not a count from 1 to 4096")
    return int(number)
