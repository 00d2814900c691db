"""Narrowing: leave out the offers that are in no fleet which costs as little as one that is known.

A fleet with n instances of an offer costs at least n times its price, and what is left after the loss of its zone or
provider serves everything by itself and so costs at least what serving everything costs there, `rest[o]`:

    n[o] <= (cost - rest[o]) / usd_per_hour[o]
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from optimizer.fleet.problem import FleetLimits, FleetProblem, Quota

TOLERANCE_USD_PER_HOUR = 2e-6


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A problem with some of the offers of a whole one; `offers[o]` and `columns[c]` are their places there."""

    problem: FleetProblem
    offers: tuple[int, ...]
    columns: tuple[int, ...]


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
        max(0, min(most, math.floor((allowed - beside) / offer.usd_per_hour))) if offer.usd_per_hour > 0 else most
        for offer, most, beside in zip(problem.offers, problem.most_instances, rest, strict=True)
    )


def places_of(problem: FleetProblem) -> list[str]:
    """Return what is lost with each offer where a zone or a provider is; its own id for anything less."""
    match problem.survive_loss:
        case "zone":
            return [offer.zone for offer in problem.offers]
        case "provider":
            return [offer.provider for offer in problem.offers]
        case _:
            return [offer.offer_id for offer in problem.offers]


def carefree(problem: FleetProblem) -> FleetProblem:
    """Return the problem of serving everything, with no limit and nothing to survive: what is left must solve it."""
    return replace(problem, limits=FleetLimits(), survive_loss="none", loss_weights=())


def _quota(quota: Quota, place: dict[int, int]) -> Quota:
    return replace(quota, offers=frozenset(place[offer] for offer in quota.offers if offer in place))
