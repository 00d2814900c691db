"""Covers: for any amount of demand, the cheapest rentals by the hour that serve it, as a staircase.

A cover is a multiset of rentals. Taken in order of price, a cover is worth keeping when it serves more than every
cheaper one; each kept cover is a kept one and one rental more, so growing only those finds them all (the unbounded
covering knapsack, exact for real capacities).
"""

import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.forecast.market import Rental
from optimizer.performance.tables import Floats, Ints

SLACK = 1e-9
MOST_COVERS = 20_000


@dataclass(frozen=True)
class Covers:
    """The staircase: step i serves up to `capacity[i]` for `usd_per_hour[i]`; step 0 is nothing for nothing.

    Step i is step `before[i]` and one of `rentals[last[i]]` more. `spot_usd_per_hour[i]` is the part of its price that
    is spot.
    """

    rentals: tuple[Rental, ...]
    capacity: Floats
    usd_per_hour: Floats
    spot_usd_per_hour: Floats
    before: Ints
    last: Ints

    @property
    def can_serve(self) -> bool:
        """Return whether anything at all can be rented by the hour."""
        return len(self.capacity) > 1

    def steps(self, need: Floats) -> Ints:
        """Return the step of each need within the staircase."""
        return np.minimum(np.searchsorted(self.capacity, need - SLACK * (1 + need)), len(self.capacity) - 1)

    def cost(self, need: Floats) -> Floats:
        """Return $/h of each need; beyond the top, the whole staircase is taken as often as it fits."""
        if not self.can_serve:
            return np.where(need > SLACK, np.inf, 0.0)
        top = self.capacity[-1]
        times = np.where(need > top * (1 + SLACK), np.ceil(need / top) - 1, 0.0)
        return np.asarray(times * self.usd_per_hour[-1] + self.usd_per_hour[self.steps(need - times * top)])

    def cost_beside(self, wanted: Floats, relied: Floats) -> Floats:
        """Return $/h of what commitments that serve `relied` leave of the amounts."""
        return self.cost(np.maximum(wanted - relied, 0.0))

    @property
    def spare(self) -> float:
        """Return what commitments must serve beyond the amount, at the most, to leave nothing to rent."""
        return 0.0

    def fleet(self, need: float) -> Counter[int]:
        """Return how many of each rental the step of one need has. The need is within the staircase."""
        counts: Counter[int] = Counter()
        step = int(self.steps(np.array([need]))[0])
        while step > 0:
            counts[int(self.last[step])] += 1
            step = int(self.before[step])
        return counts


def cheapest_covers(rentals: Sequence[Rental], most: float) -> Covers:
    """Return the staircase up to `most`; rentals are taken in their order among equals."""
    usable = tuple(rental for rental in rentals if rental.capacity > 0)
    kept: list[tuple[float, float, int, int]] = [(0.0, 0.0, 0, -1)]  # price, capacity, before, last
    ahead: list[tuple[float, float, int, int]] = []
    best = 0.0

    def grow(step: int, price: float, served: float) -> None:
        for number, rental in enumerate(usable):
            reached = min(served + rental.capacity, most)
            if reached > best * (1 + SLACK):
                heapq.heappush(ahead, (round(price + rental.usd_per_hour, 9), -reached, step, number))

    grow(0, 0.0, 0.0)
    while ahead and best < most * (1 - SLACK) and len(kept) < MOST_COVERS:
        price, negative, before, last = heapq.heappop(ahead)
        if -negative <= best * (1 + SLACK):
            continue
        best = -negative
        kept.append((price, best, before, last))
        grow(len(kept) - 1, price, best)
    return _covers(usable, kept)


def _covers(usable: tuple[Rental, ...], kept: list[tuple[float, float, int, int]]) -> Covers:
    spot = [0.0]
    for _, _, before, last in kept[1:]:
        rental = usable[last]
        spot.append(spot[before] + (rental.usd_per_hour if rental.offer.term == "spot" else 0.0))
    price, served, before_steps, last_rentals = zip(*kept, strict=True)
    return Covers(
        usable,
        np.array(served),
        np.array(price),
        np.array(spot),
        np.array(before_steps, dtype=np.int64),
        np.array(last_rentals, dtype=np.int64),
    )
