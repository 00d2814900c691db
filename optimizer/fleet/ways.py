"""Ways: how each machine holds replicas, as arrays: so many of a placement on one instance, or one over several."""

from dataclasses import dataclass

import numpy as np

from optimizer.fleet.hardware import Grid, Hardware
from optimizer.fleet.stock import Stock
from optimizer.performance.tables import Bools, Ints


@dataclass(frozen=True, slots=True)
class Ways:
    """One row per machine and placement on it, machine by machine.

    `machine` indexes the stock's machines, `placement` the grid's; `replicas` of it fill `instances` of the machine.
    """

    machines: int
    placements: int
    machine: Ints
    placement: Ints
    replicas: Ints
    instances: Ints

    def reached(self, machines: Ints) -> Bools:
        """Return which placements stand on any of the machines."""
        there = np.zeros(self.machines, dtype=bool)
        there[machines] = True
        found = np.zeros(self.placements, dtype=bool)
        found[self.placement[there[self.machine]]] = True
        return found


def ways_of(stock: Stock, grid: Grid) -> Ways:
    """Return the ways of the stock's machines to hold the placements of a grid that was laid out on them."""
    number = {machine: position for position, machine in enumerate(stock.machines)}
    rows = np.array(
        [
            (number[machine], place, *_filled(machine, grid, place))
            for machine, places in grid.machines.items()
            for place in places
        ],
        dtype=np.int64,
    ).reshape(-1, 4)
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    return Ways(len(stock.machines), len(grid.placements), *rows.T.copy())


def _filled(machine: Hardware, grid: Grid, place: int) -> tuple[int, int]:
    """Return (replicas, instances): as many as fill one instance, or one that spans several."""
    placement = grid.placements[place]
    if placement.nodes > 1:
        return 1, placement.nodes
    return machine.gpu_count // (placement.tp * placement.pp), 1
