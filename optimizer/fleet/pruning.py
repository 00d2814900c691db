"""Pruning: leave out columns that another one replaces at no higher cost, so that the optimum does not change.

Column j replaces column i on the same machine when m = floor(size_i / size_j) replicas of j serve at least as much of
every size as one of i: they take no more GPUs. An offer replaces another when it costs no more and each column of the
other is replaced by one of its own that takes no larger part of an instance.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.performance.tables import Floats, Ints

ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to run replicas on a machine: `row` in the candidates, its size in GPUs, what a replica serves."""

    row: int
    gpus_per_replica: int
    instances_per_replica: int
    capacity: tuple[float, ...]


def best_layouts(rows: Ints, size: Ints, capacity: Floats, preference: Ints) -> Ints:
    """Return the rows of one machine that no other row of it replaces; of equals, the preferred one.

    `rows` index `size` [n], `capacity` [n, b] and `preference` [n].
    """
    order = rows[np.lexsort((preference[rows], size[rows]))]
    if capacity.shape[1] == 1:
        order = _best_of_each_size(order, size, capacity[:, 0])
    sizes, served = size[order], capacity[order]
    fitting = sizes[:, None] // sizes[None, :]
    replaces = np.ones((len(order), len(order)), dtype=bool)
    for bucket in range(served.shape[1]):
        replaces &= fitting * served[None, :, bucket] >= served[:, None, bucket]
    replaces &= fitting > 0
    mutual = replaces & replaces.T
    earlier = np.arange(len(order))[None, :] < np.arange(len(order))[:, None]
    gone = (replaces & (~mutual | earlier) & ~np.eye(len(order), dtype=bool)).any(axis=1)
    return order[~gone]


def _best_of_each_size(order: Ints, size: Ints, served: Floats) -> Ints:
    """Return, for each size, the first of the rows that serve the most."""
    by_service = order[np.lexsort((np.arange(len(order)), -served[order], size[order]))]
    _, first = np.unique(size[by_service], return_index=True)
    return by_service[first]


def replaced_offers(
    prices: Sequence[float],
    gpus: Sequence[int],
    machine: Sequence[Hashable],
    choices: Mapping[Hashable, Sequence[Choice]],
    group: Sequence[Hashable],
    *,
    several: Sequence[bool] = (),
) -> dict[int, int]:
    """Return {offer: the offer that replaces it}, judged only within a `group` (offers that no limit tells apart).

    Offers are taken in the order given: of two that replace each other, the earlier one stays. Where `several`
    holds, for a whole group, as many instances of the other as the price buys may take the place of one.
    """
    replaced: dict[int, int] = {}
    standing: dict[Hashable, _Rivals] = {}
    first: dict[tuple[Hashable, Hashable], int] = {}
    for offer in sorted(range(len(prices)), key=lambda index: (prices[index], gpus[index], index)):
        alike = (group[offer], machine[offer])
        if alike in first:  # the same machine for no less money
            replaced[offer] = replaced.get(first[alike], first[alike])
            continue
        first[alike] = offer
        mine, count = choices[machine[offer]], gpus[offer]
        rivals = standing.setdefault(group[offer], _Rivals(bool(several) and several[offer]))
        density = _density(mine, count)
        for rival, instances in rivals.at_least(density, prices[offer]):
            if _covers(choices[machine[rival]], instances * gpus[rival], mine, count):
                replaced[offer] = rival
                break
        else:
            rivals.add(offer, density, prices[offer])
    return replaced


class _Rivals:
    """The offers of a group that stand, with the density and the price of each."""

    def __init__(self, several: bool) -> None:
        self._several = several
        self._offers: list[int] = []
        self._densities: list[Floats] = []
        self._prices: list[float] = []
        self._stacked = np.zeros((0, 0))

    def add(self, offer: int, density: Floats, price: float) -> None:
        """Add an offer."""
        self._offers.append(offer)
        self._densities.append(density)
        self._prices.append(price)

    def at_least(self, density: Floats, price: float) -> list[tuple[int, int]]:
        """Return (offer, instances) of those with at least a density of every size for the price, oldest first."""
        if not self._offers:
            return []
        if len(self._stacked) < len(self._offers):
            self._stacked = np.array(self._densities)
        instances = np.ones(len(self._offers))
        if self._several:
            instances = np.floor(price / np.array(self._prices) + ROUNDING)
        dense = (self._stacked * instances[:, None] >= density * (1 - ROUNDING)).all(axis=1)
        return [(self._offers[place], int(instances[place])) for place in np.flatnonzero(dense)]


def _density(choices: Sequence[Choice], gpus: int) -> Floats:
    """Return the most that one instance serves of each size; an offer replaces no other that is denser."""
    served = np.array([it.capacity for it in choices])
    per_instance = gpus / np.array([it.gpus_per_replica for it in choices], dtype=float)
    return np.asarray((served * per_instance[:, None]).max(axis=0))


def _covers(ours: Sequence[Choice], our_gpus: int, theirs: Sequence[Choice], their_gpus: int) -> bool:
    """Return whether each of their choices has one of ours that serves as much in as small a part of an instance."""
    return ours is theirs or all(any(_replaces(mine, our_gpus, it, their_gpus) for mine in ours) for it in theirs)


def _replaces(mine: Choice, my_gpus: int, it: Choice, its_gpus: int) -> bool:
    """Return whether m replicas of mine, in no larger part of an instance, serve as much as one of it."""
    most = (it.gpus_per_replica * my_gpus) // (its_gpus * mine.gpus_per_replica)
    return most > 0 and all(most * served >= wanted for served, wanted in zip(mine.capacity, it.capacity, strict=True))
