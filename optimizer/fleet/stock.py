"""Stock: the offers of a snapshot as arrays, so that a filter is a mask and not a walk over objects."""

from collections.abc import Callable, Container
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from optimizer.fleet.hardware import Hardware
from optimizer.performance.tables import Bools, Floats, Ints
from pricing.offers import Offer, Snapshot

FIELDS = ("term", "tier", "provider", "region", "continent", "gpu_id", "intra_link_id")
SNAPSHOTS_KEPT = 4


@dataclass(frozen=True, slots=True)
class Stock:
    """The offers in their order; `machine[o]` indexes `machines`, `rank[o]` sorts them by price, GPUs and id.

    `day` is the ordinal of the day on which a price was seen. `names[field]` has its distinct values and, for every
    offer, which one it has.
    """

    offers: tuple[Offer, ...]
    machines: tuple[Hardware, ...]
    machine: Ints
    usd_per_hour: Floats
    gpus: Ints
    day: Ints
    rank: Ints
    names: dict[str, tuple[tuple[str | None, ...], Ints]]

    def where(self, field: str, holds: Callable[[str | None], bool]) -> Bools:
        """Return the offers whose value of a field passes; it is asked once for each distinct value."""
        values, code = self.names[field]
        return np.array([holds(value) for value in values], dtype=bool)[code]

    def among(self, field: str, wanted: Container[str | None]) -> Bools:
        """Return the offers with one of these values."""
        return self.where(field, lambda value: value in wanted)

    def first_of_each(self, positions: Ints, kind: Ints) -> Ints:
        """Return, of the offers at `positions`, the cheapest of each kind, cheapest first; `kind[i]` is that of i."""
        order = np.argsort(self.rank[positions])
        _, first = np.unique(kind[order], return_index=True)
        return positions[order[np.sort(first)]]

    def by_price(self, positions: Ints) -> Ints:
        """Return positions sorted by price, then GPUs, then offer id."""
        return positions[np.argsort(self.rank[positions])]


def stock_of(snapshot: Snapshot) -> Stock:
    """Return the stock of a snapshot, built once for each."""
    return _stock(_ByIdentity(snapshot.offers))


class _ByIdentity:
    """Hashes offers by which object they are: hashing thousands of them by value would take longer than the stock."""

    __slots__ = ("offers",)

    def __init__(self, offers: tuple[Offer, ...]) -> None:
        self.offers = offers

    def __hash__(self) -> int:
        return id(self.offers)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and other.offers is self.offers


@lru_cache(maxsize=SNAPSHOTS_KEPT)
def _stock(key: _ByIdentity) -> Stock:
    offers = key.offers
    hardware = [Hardware.of(offer) for offer in offers]
    machines = {machine: number for number, machine in enumerate(dict.fromkeys(hardware))}
    order = sorted(range(len(offers)), key=lambda o: (offers[o].usd_per_hour, offers[o].gpu_count, offers[o].offer_id))
    rank = np.empty(len(offers), dtype=np.int64)
    rank[order] = np.arange(len(offers))
    return Stock(
        offers=offers,
        machines=tuple(machines),
        machine=np.array([machines[machine] for machine in hardware], dtype=np.int64),
        usd_per_hour=np.array([float(offer.usd_per_hour) for offer in offers]),
        gpus=np.array([offer.gpu_count for offer in offers], dtype=np.int64),
        day=np.array([offer.observed_at.toordinal() for offer in offers], dtype=np.int64),
        rank=rank,
        names={field: _coded([getattr(offer, field) for offer in offers]) for field in FIELDS},
    )


def _coded(values: list[str | None]) -> tuple[tuple[str | None, ...], Ints]:
    known = {value: number for number, value in enumerate(dict.fromkeys(values))}
    return tuple(known), np.array([known[value] for value in values], dtype=np.int64)
