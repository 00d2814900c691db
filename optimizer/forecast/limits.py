"""Limits of the fleet on a budget: the program does not hold them, so a budget that breaks one is refused.

A budget that keeps them anyway is the cheapest that does: it is the cheapest of all.
"""

from collections.abc import Iterator, Mapping

from catalog import InvalidInputError
from optimizer.fleet.columns import fleet_offer
from optimizer.fleet.quotas import quotas_of
from optimizer.forecast.bill import Tally
from optimizer.forecast.deciding import Decision, alive_instances
from optimizer.request import PlanRequest
from pricing.offers import Offer


def refuse_losses(request: PlanRequest) -> None:
    """Raise InvalidInputError where a budget is asked to survive losses: it has no spare instances."""
    if request.survive_loss != "none":
        raise InvalidInputError(
            "request.survive_loss: a budget has no spare instances",
            "plan the peak with gpumix plan, and give the spare load as demand",
        )


def refuse_broken_limits(tally: Tally, decision: Decision) -> None:
    """Raise InvalidInputError naming the first limit that the cheapest budget breaks, and when."""
    offers = {offer.offer_id: offer for offer in tally.market.columns.offers}
    for month, load in enumerate(tally.loads):
        committed = dict(alive_instances(decision.purchases, month))
        for existing in tally.asked.existing:
            if month < existing.months_left:
                committed[existing.offer] = committed.get(existing.offer, 0) + existing.count
        for rented in decision.rented[month]:
            running = {name: committed.get(name, 0) + rented.get(name, 0) for name in {*committed, *rented}}
            for broken in _broken(tally, {offers[name]: count for name, count in running.items()}, month):
                raise InvalidInputError(
                    f"request.limits.{broken} in {load.month}, in the cheapest budget",
                    "a budget keeps only limits that do not bind: loosen it, or narrow request.allow",
                )


def _broken(tally: Tally, running: Mapping[Offer, int], month: int) -> Iterator[str]:
    """Yield the limits that the instances of one hour break, in words."""
    limits, catalog = tally.market.candidates.request.limits, tally.market.candidates.catalog
    count = sum(running.values())
    if limits.max_instances is not None and count > limits.max_instances:
        yield f"max_instances: {count} instances run, {limits.max_instances} may,"
    kinds = sum(number > 0 for number in running.values())
    if limits.max_kinds is not None and kinds > limits.max_kinds:
        yield f"max_kinds: {kinds} kinds run, {limits.max_kinds} may,"
    usd = sum(float(offer.usd_per_hour) * number for offer, number in running.items()) * tally.clock.drift[month]
    if limits.max_usd_per_hour is not None and usd > limits.max_usd_per_hour * (1 + 1e-9):
        yield f"max_usd_per_hour: ${usd:.2f}/h at the busiest, ${limits.max_usd_per_hour:g}/h allowed,"
    gpus = sum(offer.gpu_count * number for offer, number in running.items())
    spot = sum(offer.gpu_count * number for offer, number in running.items() if offer.term == "spot")
    if limits.max_spot_fraction is not None and spot > limits.max_spot_fraction * gpus * (1 + 1e-9):
        yield f"max_spot_fraction: {spot} of {gpus} GPUs are spot, {limits.max_spot_fraction:.0%} may be,"
    offers = tuple(running)
    for key, quota in quotas_of(limits.quotas, offers, catalog).items():
        held = sum(running[offers[index]] * quota.weight(fleet_offer(offers[index])) for index in quota.offers)
        if held > quota.most:
            yield f"quotas.{key}: {held:g} {quota.unit} run, {quota.most} may,"
