"""Hardware: the distinct machines among the offers, and every way to place a replica on them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from catalog import Catalog, Model
from optimizer.fleet.settings import Setting
from optimizer.performance.layouts import Layouts
from optimizer.performance.tables import Ints, tables
from pricing.offers import Offer

MOST_NODES_PER_REPLICA = 4


@dataclass(frozen=True, slots=True)
class Hardware:
    """A machine as the physics sees it: offers that differ only in price and place share one."""

    gpu_id: str
    gpu_count: int
    intra_link_id: str | None
    inter_link_id: str | None

    @classmethod
    def of(cls, offer: Offer) -> "Hardware":
        """Return the hardware of an offer."""
        return cls(offer.gpu_id, offer.gpu_count, offer.intra_link_id, offer.inter_link_id)


@dataclass(frozen=True, slots=True)
class Placement:
    """The GPUs of one replica: tensor x pipeline parallel inside a node, or over whole nodes joined by a network.

    Machines of different size share a placement that takes only a part of them.
    """

    gpu_id: str
    link_id: str | None
    inter_link_id: str | None
    gpus_per_node: int
    tp: int
    pp: int
    nodes: int


@dataclass(frozen=True)
class Grid:
    """Every placement with every setting, as one table; `placement[i]` is the position of row i's placement.

    `machines` maps each machine to the placements it offers, as positions in `placements`.
    """

    machines: dict[Hardware, tuple[int, ...]]
    placements: tuple[Placement, ...]
    placement: Ints
    layouts: Layouts

    def take(self, rows: Ints) -> "Grid":
        """Return the rows of an index array."""
        return Grid(self.machines, self.placements, self.placement[rows], self.layouts.take(rows))

    @cached_property
    def _ends(self) -> Ints:
        """Where each placement's rows end; they stand together, in the order of `placements`."""
        return np.searchsorted(self.placement, np.arange(len(self.placements) + 1))

    def rows_of(self, machine: Hardware) -> Ints:
        """Return the row indices that a machine offers."""
        return np.concatenate([self.rows_on(number) for number in self.machines[machine]])

    def rows_on(self, placement: int) -> Ints:
        """Return the row indices of a placement."""
        return np.arange(self._ends[placement], self._ends[placement + 1])


def replica_sizes(gpu_count: int) -> tuple[int, ...]:
    """Return the GPUs a replica may take of one instance: powers of two that divide it, and all of it.

    These sizes divide one another in a chain, which makes packing replicas into instances exact (see `pack`).
    """
    sizes = [size for size in (1, 2, 4, 8, 16) if gpu_count % size == 0]
    return tuple(dict.fromkeys([*sizes, gpu_count]))


def placements(machine: Hardware) -> Iterator[Placement]:
    """Yield every placement of a replica on a machine: inside one instance, or whole instances over a network."""
    gpu_id, link = machine.gpu_id, machine.intra_link_id
    for size in replica_sizes(machine.gpu_count):
        for tp in (tp for tp in (1, 2, 4, 8, 16) if size % tp == 0):
            yield Placement(gpu_id, link if size > 1 else None, None, size, tp, size // tp, 1)
    if machine.inter_link_id is not None:
        count = machine.gpu_count
        tp = max(tp for tp in (1, 2, 4, 8) if count % tp == 0)
        for nodes in range(2, MOST_NODES_PER_REPLICA + 1):
            yield Placement(
                gpu_id, link if count > 1 else None, machine.inter_link_id, count, tp, nodes * count // tp, nodes
            )


def lay_out(model: Model, offers: Iterable[Offer], runs: dict[str, tuple[Setting, ...]], catalog: Catalog) -> Grid:
    """Return every placement on the offers' machines with every setting in `runs` of its GPU, possible or not."""
    machines = {
        machine: tuple(dict.fromkeys(placements(machine)))
        for machine in dict.fromkeys(Hardware.of(offer) for offer in offers)
    }
    unique = tuple(dict.fromkeys(placement for found in machines.values() for placement in found))
    position = {placement: number for number, placement in enumerate(unique)}
    places = np.array([_numbers(placement, catalog) for placement in unique], dtype=np.int64).reshape(-1, 7)
    repeats = [len(runs[placement.gpu_id]) for placement in unique]
    number = np.repeat(np.arange(len(unique)), repeats)
    chosen = [
        (setting.quantization, setting.engine, setting.kv_bits)
        for placement in unique
        for setting in runs[placement.gpu_id]
    ]
    setting = np.array(chosen, dtype=np.int64).reshape(-1, 3)
    gpu, link, inter_link, gpus_per_node, tp, pp, nodes = places[number].T
    layouts = Layouts(
        catalog=catalog,
        model=model,
        gpu=gpu,
        quantization=setting[:, 0],
        engine=setting[:, 1],
        link=link,
        inter_link=inter_link,
        kv_bits=setting[:, 2],
        tp=tp,
        pp=pp,
        nodes=nodes,
        gpus_per_node=gpus_per_node,
    )
    located = {machine: tuple(position[placement] for placement in found) for machine, found in machines.items()}
    return Grid(located, unique, number, layouts)


def _numbers(placement: Placement, catalog: Catalog) -> tuple[int, ...]:
    known = tables(catalog)
    links = [
        -1 if link is None else known.link_ids.index(link) for link in (placement.link_id, placement.inter_link_id)
    ]
    gpu = known.gpu_ids.index(placement.gpu_id)
    return (gpu, *links, placement.gpus_per_node, placement.tp, placement.pp, placement.nodes)
