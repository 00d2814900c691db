"""Limits of the fleet on a budget: which hold for every fleet, and whether a decision made without them keeps them.

A decision that keeps them anyway is the cheapest that does: it is the cheapest of all.
"""

from collections.abc import Iterator, Mapping

from catalog import InvalidInputError
from optimizer.fleet.columns import fleet_offer
from optimizer.fleet.quotas import quotas_of
from optimizer.forecast.bill import Tally
from optimizer.forecast.deciding import Decision, alive_instances
from optimizer.request import PlanRequest
from pricing.offers import Offer


def refuse_changes(request: PlanRequest) -> None:
    """Raise InvalidInputError where a budget is asked to change little: months have no running fleet."""
    if request.current or request.limits.max_changes is not None:
        raise InvalidInputError(
            "request.current, request.limits.max_changes: a budget starts from commitments, not from a running fleet",
            "give commitments as existing; gpumix plan changes a running fleet",
        )


def refuse_spot_losses(request: PlanRequest) -> None:
    """Raise InvalidInputError where spot instances are to be lost: a budget takes them to be there in every hour."""
    if request.spot.losses is not None and "spot" in request.allow.terms:
        raise InvalidInputError(
            "request.spot.losses: a budget takes spot instances to be there in every hour",
            "leave spot out of terms, or plan the peak with gpumix plan",
        )


def shapes_fleets(request: PlanRequest) -> bool:
    """Return whether the request has rules that instances alone do not show: losses, replicas, spread."""
    limits = request.limits
    parts = (limits.min_replicas, limits.max_zone_fraction, limits.max_provider_fraction)
    return request.survive_loss != "none" or any(part is not None for part in parts)


def breaks_limits(tally: Tally, decision: Decision) -> bool:
    """Return whether any hour of a decision breaks a limit."""
    offers = {offer.offer_id: offer for offer in tally.market.columns.offers}
    for month in range(len(tally.loads)):
        committed = dict(alive_instances(decision.purchases, month))
        for existing in tally.asked.existing:
            if month < existing.months_left:
                committed[existing.offer] = committed.get(existing.offer, 0) + existing.count
        for rented in decision.rented[month]:
            running = {name: committed.get(name, 0) + rented.get(name, 0) for name in {*committed, *rented}}
            if any(_broken(tally, {offers[name]: count for name, count in running.items()}, month)):
                return True
    return False


def _broken(tally: Tally, running: Mapping[Offer, int], month: int) -> Iterator[bool]:
    """Yield whether the instances of one hour break each limit; commitments count at the dearest they can be."""
    limits, catalog = tally.market.candidates.request.limits, tally.market.candidates.catalog
    if limits.max_instances is not None:
        yield sum(running.values()) > limits.max_instances
    if limits.max_kinds is not None:
        yield sum(number > 0 for number in running.values()) > limits.max_kinds
    if limits.max_usd_per_hour is not None:
        most = max(tally.clock.drift[: month + 1])
        usd = sum(float(offer.usd_per_hour) * number for offer, number in running.items()) * most
        yield bool(tally.asked.existing) or usd > limits.max_usd_per_hour * (1 - 1e-9)
    if limits.max_spot_fraction is not None:
        gpus = sum(offer.gpu_count * number for offer, number in running.items())
        spot = sum(offer.gpu_count * number for offer, number in running.items() if offer.term == "spot")
        yield spot > limits.max_spot_fraction * gpus * (1 + 1e-9)
    offers = tuple(running)
    for quota in quotas_of(limits.quotas, offers, catalog).values():
        yield (
            sum(running[offers[index]] * quota.weight(fleet_offer(offers[index])) for index in quota.offers)
            > quota.most
        )
