"""What a finished sweep says at a glance, read from its file a few columns at a time."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pyarrow.parquet as pq

from api.sweeps.points import Value

MOST_GROUPS = 12


@dataclass(frozen=True, slots=True)
class Group:
    """The points of one value of a column: how many, how many of them have a plan, what these cost in USD per hour."""

    value: Value
    points: int
    plans: int
    least: float | None
    middle: float | None
    most: float | None


@dataclass(frozen=True, slots=True)
class SweepSummary:
    """How many points ended in which status, and costs along each varied column with few enough values."""

    output: str
    points: int
    solved: int
    found_before: int
    seconds: float
    statuses: dict[str, int]
    errors: dict[str, int]
    columns: dict[str, tuple[Group, ...]]


def summarize(output: Path, columns: Sequence[str], *, solved: int, seconds: float) -> SweepSummary:
    """Return the summary of a sweep's file; `solved` and `seconds` are those of the run that ended it."""
    rows = pq.read_table(output, columns=["status", "error"])
    statuses: list[str] = rows["status"].to_pylist()
    grouped = groups_along(output, columns)
    return SweepSummary(
        output=str(output),
        points=len(statuses),
        solved=solved,
        found_before=len(statuses) - solved,
        seconds=seconds,
        statuses=_counts(statuses),
        errors=_counts(error for error in rows["error"].to_pylist() if error is not None),
        columns={name: groups for name, groups in grouped.items() if len(groups) <= MOST_GROUPS},
    )


def groups_along(output: Path, columns: Sequence[str]) -> dict[str, tuple[Group, ...]]:
    """Return the costs along each varied column, and along the days, where there is more than one value."""
    costs: list[float | None] = pq.read_table(output, columns=["cost_usd_per_hour"])["cost_usd_per_hour"].to_pylist()
    grouped: dict[str, tuple[Group, ...]] = {}
    for column in (*columns, "as_of"):
        values: list[Value] = pq.read_table(output, columns=[column])[column].to_pylist()
        different = list(dict.fromkeys(values))
        if len(different) > 1:
            grouped[column] = _groups(different, values, costs)
    return grouped


def gpus_chosen(output: Path) -> dict[str, int]:
    """Return how many plans spend most on each GPU, most frequent first."""
    gpus: list[str | None] = pq.read_table(output, columns=["gpu"])["gpu"].to_pylist()
    return _counts(gpu for gpu in gpus if gpu is not None)


def _counts(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(names).most_common())


def _groups(different: list[Value], values: list[Value], costs: list[float | None]) -> tuple[Group, ...]:
    found: dict[Value, list[float]] = {value: [] for value in different}
    points = dict.fromkeys(different, 0)
    for value, cost in zip(values, costs, strict=True):
        points[value] += 1
        if cost is not None:
            found[value].append(cost)
    return tuple(_group(value, points[value], found[value]) for value in different)


def _group(value: Value, points: int, costs: list[float]) -> Group:
    if not costs:
        return Group(value, points, 0, None, None, None)
    return Group(value, points, len(costs), min(costs), median(costs), max(costs))
