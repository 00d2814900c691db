"""Measurement files in gpumix's own columns (docs/measurements.md), one metric a row."""

import csv
import io

from api.measuring.points import Point, Stated, refuse
from catalog import InvalidDataError
from optimizer.evidence.measurements import Measurement, read_measurements

TOOL = "measurement file"


def is_measurement_file(text: str) -> bool:
    """Return whether a text is a CSV with the columns that every measurement needs."""
    header = next(csv.reader(io.StringIO(text)), [])
    return {"metric", "value"} <= set(header)


def read_measurement_file(text: str) -> tuple[Point, ...]:
    """Return the point of each row. Raises InvalidInputError naming every bad row."""
    try:
        rows = read_measurements(text, defaults=(), strict=True)
    except InvalidDataError as error:
        raise refuse("the file", error.message, "see docs/measurements.md for the columns") from error
    if not rows:
        raise refuse("the file", "it holds no row")
    return tuple(map(_point, rows))


def _point(row: Measurement) -> Point:
    return Point(
        tool=TOOL,
        where=f"row {row.row}",
        day=row.source_date,
        stated=Stated(
            model=row.model or None, gpu=row.gpu or None, gpus=row.gpus, nodes=row.nodes, tp=row.tp, pp=row.pp,
            quantization=row.weight_quant or None, kv_dtype=row.kv_quant or None, engine=row.engine or None,
            engine_version=row.engine_version or None, link=row.interconnect or None,
        ),
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        concurrency=row.concurrency,
        request_rate=row.request_rate,
        requests=row.requests,
        online=row.online,
        metrics=((row.metric, row.value),),
        notes="; ".join(filter(None, (row.source_id, row.experiment_id, row.notes))),
    )  # fmt: skip
