"""Choices: the layouts worth a column on each machine, found when they are first asked for."""

from functools import cached_property

import numpy as np

from optimizer.fleet.ground import Ground
from optimizer.fleet.hardware import Grid
from optimizer.fleet.pruning import Choice, best_layouts
from optimizer.performance.tables import Bools, Floats, Ints


class Choices:
    """The best layouts among some rows of a grid, machine by machine; a machine is its number in the stock."""

    def __init__(self, ground: Ground, grid: Grid, useful: Floats, preference: Ints, rows: Bools) -> None:
        self._ground, self._grid = ground, grid
        self._useful, self._preference = useful, preference
        self._rows = rows & useful.any(axis=1)
        self._found: dict[int, tuple[Choice, ...]] = {}
        self._on: dict[int, list[int]] = {}

    def of(self, machine: int) -> tuple[Choice, ...]:
        """Return the choices of a machine, none where nothing on it serves anything."""
        found = self._found.get(machine)
        if found is None:
            found = self._found[machine] = tuple(map(self._choice, self._best(machine)))
        return found

    @cached_property
    def most(self) -> Floats:
        """Return the most of the only size that one replica on each placement serves, 0 where nothing does."""
        most = np.zeros(len(self._grid.placements))
        np.maximum.at(most, self._grid.placement, np.where(self._rows, self._useful[:, 0], 0.0))
        return most

    def on(self, placement: int) -> Choice:
        """Return the choice on a placement that serves the most of the only size, of equals the preferred one."""
        rows = self._grid.rows_on(placement)
        rows = rows[self._rows[rows]]
        best = rows[np.lexsort((self._preference[rows], -self._useful[rows, 0]))[0]]
        return self._choice(int(best))

    def _best(self, machine: int) -> list[int]:
        hardware = self._ground.stock.machines[machine]
        if hardware not in self._grid.machines:
            return []
        best = [row for place in self._grid.machines[hardware] for row in self._best_on(place)]
        return best_layouts(np.array(best), self._sizes, self._useful, self._preference).tolist() if best else []

    def _best_on(self, place: int) -> list[int]:
        """Return the rows of a placement that no other row of it replaces; many machines share a placement."""
        found = self._on.get(place)
        if found is None:
            if self._useful.shape[1] > 1:
                rows = self._grid.rows_on(place)
                rows = rows[self._rows[rows]]
                best = best_layouts(rows, self._sizes, self._useful, self._preference) if rows.size else rows
            else:
                best = self._first[place : place + 1]
            found = self._on[place] = [row for row in best.tolist() if row >= 0]
        return found

    def _choice(self, row: int) -> Choice:
        return Choice(row, int(self._sizes[row]), int(self._grid.layouts.nodes[row]), tuple(self._useful[row].tolist()))

    @cached_property
    def _sizes(self) -> Ints:
        return self._grid.layouts.gpus

    @cached_property
    def _first(self) -> Ints:
        """Return, per placement, the row that serves most of the only size, of equals the preferred; -1 for none."""
        rows = np.flatnonzero(self._rows)
        order = rows[np.lexsort((self._preference[rows], -self._useful[rows, 0], self._grid.placement[rows]))]
        first = np.full(len(self._grid.placements), -1, dtype=np.int64)
        places, start = np.unique(self._grid.placement[order], return_index=True)
        first[places] = order[start]
        return first
