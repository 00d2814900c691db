"""Rows: settled points in the columns of measurement files, with where they come from."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import datetime

from api.measuring.points import Point
from api.measuring.settling import Settled
from optimizer.evidence.measurements import HEADER

COLUMNS = [*HEADER, "requests", "imported_at", "file_name", "file_sha256"]
Row = Mapping[str, str]


def rows_of(
    points: Iterable[tuple[Point, Settled]], file_name: str, digest: str, imported_at: datetime
) -> tuple[Row, ...]:
    """Return one row a metric; rows of one point share their `experiment_id`."""
    provenance = {
        "source_id": f"mine-{digest[:12]}",
        "imported_at": imported_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "file_name": file_name,
        "file_sha256": digest,
    }
    return tuple(
        {**_cells(point, settled), **provenance, "experiment_id": f"{digest[:12]}-{number}", "metric": metric,
         "value": _number(value)}
        for number, (point, settled) in enumerate(points, start=1)
        for metric, value in point.metrics
    )  # fmt: skip


def to_csv(rows: Iterable[Row], header: bool = True) -> str:
    """Return rows as CSV text."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _cells(point: Point, settled: Settled) -> dict[str, str]:
    """Return the cells that all metrics of a point share."""
    notes = (point.tool, point.where, point.notes, *(f"assumed {text}" for text in point.assumed))
    return {
        "source_date": point.day,
        "engine": settled.engine,
        "engine_version": settled.engine_version,
        "model": settled.model,
        "weight_quant": settled.quantization,
        "kv_quant": settled.kv_dtype,
        "gpu": settled.gpu,
        "interconnect": settled.link,
        "num_gpus": str(settled.gpus),
        "num_nodes": str(settled.nodes),
        "tp": str(settled.tp),
        "pp": str(settled.pp),
        "input_tokens": _number(point.input_tokens),
        "output_tokens": _number(point.output_tokens),
        "concurrency_or_batch": _number(point.concurrency),
        "request_rate": _number(point.request_rate),
        "offline_or_online": "online" if point.online else "offline",
        "requests": _number(point.requests),
        "notes": " ".join("; ".join(filter(None, notes)).split()),
    }


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.10g}"
