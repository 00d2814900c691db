"""Points: every combination of what a sweep varies, each with a number, made when it is needed."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from api.sweeps.fields import changed

Value = str | int | float | bool | None
"""A cell of the Parquet file; lists and mappings are shown as their JSON."""


@dataclass(frozen=True, slots=True)
class Step:
    """One value of an axis: the fields it sets, and how its columns show it."""

    changes: Mapping[str, Any]
    shown: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Axis:
    """What is varied together: one field of a grid, the rows of a table, named scenarios."""

    columns: tuple[str, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Sweep:
    """A request and what is varied in it, on the prices of one or more days (None: those that hold now).

    Points are numbered with the day slowest and the last axis fastest, so that neighbours share most of their work.
    """

    request: Mapping[str, Any]
    axes: tuple[Axis, ...]
    days: tuple[date | None, ...]

    def __len__(self) -> int:
        return len(self.days) * math.prod(len(axis.steps) for axis in self.axes)

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the names of the columns that show what was varied."""
        return tuple(column for axis in self.axes for column in axis.columns)

    @cached_property
    def sweep_id(self) -> str:
        """Return the hash of everything a user wrote; two files that mean the same sweep may differ in layout only."""
        axes = [[axis.columns, [step.changes for step in axis.steps]] for axis in self.axes]
        text = json.dumps([self.request, axes, [str(day) for day in self.days]], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def day(self, point: int) -> date | None:
        """Return the day whose prices a point is planned on."""
        return self.days[point // (len(self) // len(self.days))]

    def document(self, point: int) -> dict[str, Any]:
        """Return the PlanRequest document of a point."""
        changes: dict[str, Any] = {}
        for step in self._steps(point):
            changes |= step.changes
        day = self.day(point)
        return changed(self.request, changes if day is None else {**changes, "as_of": day.isoformat()})

    def shown(self, point: int) -> tuple[Value, ...]:
        """Return the cells of a point's columns."""
        return tuple(value for step in self._steps(point) for value in step.shown)

    def _steps(self, point: int) -> list[Step]:
        steps: list[Step] = []
        for axis in reversed(self.axes):
            point, place = divmod(point, len(axis.steps))
            steps.append(axis.steps[place])
        return steps[::-1]


def cell(value: Any) -> Value:
    """Return how a value is shown in a column."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return json.dumps(value, sort_keys=True, default=str)
