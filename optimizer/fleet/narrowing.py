"""Narrowing: leave out the offers that are in no fleet which costs as little as one that is known.

A fleet with n instances of an offer costs at least n times its price, and what is left after the loss of its zone or
provider serves everything by itself and so costs at least what serving everything costs there, `rest[o]`:

    n[o] <= (cost - rest[o]) / usd_per_hour[o]
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from optimizer.fleet.problem import FleetProblem, Quota

TOLERANCE_USD_PER_HOUR = 2e-6


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A problem with some of the offers of a whole one; `offers[o]` and `columns[c]` are their places there."""

    problem: FleetProblem
    offers: tuple[int, ...]
    columns: tuple[int, ...]

    def narrowed(self, most: Sequence[int]) -> "Narrowed":
        """Return a still smaller part of the whole: no fleet has more than `most[o]` instances of offer o of this."""
        part = narrowed(self.problem, most)
        offers, columns = (self.offers[offer] for offer in part.offers), (self.columns[c] for c in part.columns)
        return Narrowed(part.problem, tuple(offers), tuple(columns))


def whole(problem: FleetProblem) -> Narrowed:
    """Return a problem that leaves nothing out."""
    return Narrowed(problem, tuple(range(len(problem.offers))), tuple(range(len(problem.columns))))


def narrowed(problem: FleetProblem, most: Sequence[int]) -> Narrowed:
    """Return the problem in which no fleet has more than `most[o]` instances of offer o; without those of none."""
    offers = tuple(offer for offer, count in enumerate(most) if count > 0)
    place = {offer: number for number, offer in enumerate(offers)}
    columns = tuple(index for index, column in enumerate(problem.columns) if column.offer in place)
    limits = problem.limits
    gone = sum(count for offer, count in limits.current.items() if offer not in place)
    smaller = replace(
        problem,
        offers=tuple(problem.offers[offer] for offer in offers),
        columns=tuple(replace(problem.columns[index], offer=place[problem.columns[index].offer]) for index in columns),
        limits=replace(
            limits,
            current={place[offer]: count for offer, count in limits.current.items() if offer in place},
            released=limits.released + gone,
            quotas={name: _quota(quota, place) for name, quota in limits.quotas.items()},
        ),
        ceilings=tuple(most[offer] for offer in offers),
    )
    return Narrowed(smaller, offers, columns)


def most_within(problem: FleetProblem, cost_usd_per_hour: float, rest: Sequence[float]) -> tuple[int, ...]:
    """Return the most instances of each offer in a fleet that costs no more; `rest[o]` is what it costs without o."""
    allowed = cost_usd_per_hour + TOLERANCE_USD_PER_HOUR
    return tuple(
        _affordable(allowed, beside, offer.usd_per_hour, most)
        for offer, most, beside in zip(problem.offers, problem.most_instances, rest, strict=True)
    )


def _affordable(allowed: float, beside: float, price: float, most: int) -> int:
    """Return how many instances the money buys, of those that are free all there are; none beside what cannot be."""
    if beside > allowed or math.isinf(beside):
        return 0
    return most if price == 0 or math.isinf(allowed) else min(most, math.floor((allowed - beside) / price))


def _quota(quota: Quota, place: dict[int, int]) -> Quota:
    return replace(quota, offers=frozenset(place[offer] for offer in quota.offers if offer in place))
