"""Outcomes: what is known of a point once it is solved, as a line of a journal and as a row of a table."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from api.sweeps.points import Sweep


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A point and its plan: its cost, and its costliest line (`instances` of it, `replicas` on them).

    `status` is that of a plan, or `error` with the reason in `error`. `lines` counts the kinds of instance.
    """

    point: int
    status: str
    plan_id: str | None = None
    cost_usd_per_hour: float | None = None
    lines: int | None = None
    provider: str | None = None
    region: str | None = None
    instance_type: str | None = None
    term: str | None = None
    gpu: str | None = None
    gpus_per_instance: int | None = None
    count: int | None = None
    quantization: str | None = None
    engine: str | None = None
    tensor_parallel: int | None = None
    pipeline_parallel: int | None = None
    replicas: int | None = None
    tok_per_s_per_user: float | None = None
    output_tok_per_s: float | None = None
    error: str | None = None


# Listed by hand, so that a change of Outcome cannot change a published file unseen.
_COLUMNS: tuple[tuple[str, pa.DataType], ...] = (
    ("status", pa.string()),
    ("plan_id", pa.string()),
    ("cost_usd_per_hour", pa.float64()),
    ("lines", pa.int64()),
    ("provider", pa.string()),
    ("region", pa.string()),
    ("instance_type", pa.string()),
    ("term", pa.string()),
    ("gpu", pa.string()),
    ("gpus_per_instance", pa.int64()),
    ("count", pa.int64()),
    ("quantization", pa.string()),
    ("engine", pa.string()),
    ("tensor_parallel", pa.int64()),
    ("pipeline_parallel", pa.int64()),
    ("replicas", pa.int64()),
    ("tok_per_s_per_user", pa.float64()),
    ("output_tok_per_s", pa.float64()),
    ("error", pa.string()),
)
_NAMES = ("point", *(name for name, _ in _COLUMNS))


def to_line(outcome: Outcome) -> str:
    """Return an outcome as one line; numbers come back exactly."""
    return json.dumps([getattr(outcome, name) for name in _NAMES], separators=(",", ":")) + "\n"


def from_line(line: str) -> Outcome:
    """Return the outcome of a line. Raises ValueError on a line that was cut off."""
    values = json.loads(line)
    if not line.endswith("\n") or not isinstance(values, list) or len(values) != len(_NAMES):
        raise ValueError(line)
    return Outcome(**dict(zip(_NAMES, values, strict=True)))


def schema_of(sweep: Sweep) -> pa.Schema:
    """Return the columns: the point, what was varied, the day of the prices, the outcome."""
    varied = [
        (column, _type([step.shown[place] for step in axis.steps]))
        for axis in sweep.axes
        for place, column in enumerate(axis.columns)
    ]
    return pa.schema([("point", pa.int64()), *varied, ("as_of", pa.date32()), *_COLUMNS])


def table_of(sweep: Sweep, outcomes: Iterable[Outcome]) -> pa.Table:
    """Return outcomes as rows, in the order of their points."""
    rows = sorted(outcomes, key=lambda outcome: outcome.point)
    schema = schema_of(sweep)
    varied = list(zip(*(sweep.shown(row.point) for row in rows), strict=True)) or [()] * len(sweep.columns)
    columns: dict[str, Any] = {
        name: [
            str(cell) if pa.types.is_string(schema.field(name).type) and cell is not None else cell for cell in cells
        ]
        for name, cells in zip(sweep.columns, varied, strict=True)
    }
    columns["as_of"] = [sweep.day(row.point) for row in rows]
    columns |= {name: [getattr(row, name) for row in rows] for name in _NAMES}
    return pa.table([columns[name] for name in schema.names], schema=schema)


def _type(values: list[Any]) -> pa.DataType:
    """Return the type that holds every value of a column exactly; text where they are of several kinds."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pa.bool_()
    if kinds == {int}:
        return pa.int64()
    return pa.float64() if kinds and kinds <= {int, float} else pa.string()
