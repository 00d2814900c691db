"""Covering: the cheapest fleet for one size of request when no limit couples offers, exact and without a solver.

Then all that counts of an offer is what its instances serve together, and the program is a covering knapsack:

    minimise   sum_i usd_per_hour[i] n[i]
    subject to sum_i capacity[i] n[i] >= demand,  n[i] whole

An item i is one instance filled with its best layout, or the instances that one replica spans: replica sizes divide the
instance, so the layout of most capacity per GPU fills it best. It is solved by branch and bound on capacity per dollar;
`None` says that the search was given up, and the solver has to do it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.fleet.candidates import Candidates
from optimizer.fleet.choices import Choices
from optimizer.fleet.pruning import ROUNDING
from optimizer.performance.tables import Floats, Ints

MOST_NODES = 20_000
SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Item:
    """What is rented at once: `instances` of the offer at `position` in the snapshot, which serve `capacity`.

    They are full of replicas on `placement`.
    """

    position: int
    placement: int
    instances: int
    usd_per_hour: float
    capacity: float


@dataclass(frozen=True, slots=True)
class Cover:
    """How many of which items cover the demand at the least cost; no items where none can."""

    counts: tuple[tuple[Item, int], ...]

    @property
    def cost_usd_per_hour(self) -> float:
        """Return the price of it all, infinite where there is nothing."""
        return sum(item.usd_per_hour * count for item, count in self.counts) if self.counts else float("inf")


def cheapest_cover(candidates: Candidates, offers: Ints, choices: Choices) -> Cover | None:
    """Return the cheapest cover of a single size of request by the choices on `offers`; None: ask the solver."""
    return covered(items_of(candidates, offers, choices), candidates.demand.amounts[0])


def items_of(candidates: Candidates, offers: Ints, choices: Choices) -> list[Item]:
    """Return the items worth having."""
    stock, ways = candidates.ground.stock, candidates.ground.ways
    cheapest = stock.first_of_each(offers, stock.machine[offers])
    offer = np.full(len(stock.machines), -1, dtype=np.int64)
    offer[stock.machine[cheapest]] = cheapest
    served = choices.most[ways.placement] * ways.replicas
    able = np.flatnonzero((served > 0) & (offer[ways.machine] >= 0))
    position, instances = offer[ways.machine[able]], ways.instances[able]
    capacity = np.minimum(served[able], candidates.demand.amounts[0])
    price = stock.usd_per_hour[position] * instances
    return [
        Item(int(position[i]), int(ways.placement[able[i]]), int(instances[i]), float(price[i]), float(capacity[i]))
        for i in _unbeaten(price, capacity, stock.rank[position])
    ]


def covered(items: Sequence[Item], demand: float) -> Cover | None:
    """Return the cheapest cover of a demand, None where the search has to be given up."""
    ordered = sorted(items, key=lambda item: (item.usd_per_hour / item.capacity, -item.capacity))
    search = _Search([(item.usd_per_hour, item.capacity) for item in ordered], demand)
    if not search.run():
        return None
    return Cover(tuple((ordered[place], count) for place, count in enumerate(search.best) if count))


class _Search:
    """Depth first, most of the best capacity per dollar first; `ratios[i]` bounds what is left from item i on."""

    def __init__(self, items: list[tuple[float, float]], demand: float) -> None:
        self.items, self.demand = items, demand
        self.best: list[int] = []
        self.least = float("inf")
        self.nodes = 0

    def run(self) -> bool:
        """Return whether the search came to its end."""
        return not self.items or self._from(0, self.demand, 0.0, [])

    def _from(self, place: int, left: float, cost: float, counts: list[int]) -> bool:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            return False
        price, capacity = self.items[place]
        last = place + 1 == len(self.items)
        count = _times(left, capacity)
        while count >= 0:
            rest, paid = left - count * capacity, cost + count * price
            if rest <= SAME * self.demand:
                if paid < self.least * (1 - SAME):
                    self.least, self.best = paid, [*counts, count]
            elif last:
                return True
            else:
                next_price, next_capacity = self.items[place + 1]
                if paid + rest * next_price / next_capacity >= self.least * (1 - SAME):
                    return True  # fewer of this item leave more to items that are no better
                if not self._from(place + 1, rest, paid, [*counts, count]):
                    return False
            count -= 1
        return True


def _times(left: float, capacity: float) -> int:
    """Return how many of a capacity it takes for what is left."""
    return math.ceil(left / capacity * (1 - SAME))


def _unbeaten(price: Floats, capacity: Floats, rank: Ints) -> list[int]:
    """Return the items of which no other serves as much for the money, as many of it as that buys, cheapest first."""
    order = np.lexsort((rank, -capacity, price))
    before = np.maximum.accumulate(np.concatenate([[0.0], capacity[order][:-1]])) if order.size else order
    kept: list[int] = []
    for i in order[capacity[order] > before].tolist():
        if all(math.floor(price[i] / price[j] + ROUNDING) * capacity[j] < capacity[i] for j in kept):
            kept.append(i)
    return kept
