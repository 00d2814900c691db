"""A bound for budgets that survive the loss of a zone or a provider.

What is left of such a budget when one of its groups g (zones, providers) is lost still serves every hour, so it costs
no less than C[g], the cheapest budget on the offers of all other groups. Over any groups G,

    sum_{g in G} (usd - usd of g) >= sum_{g in G} C[g]

The left side is at most |G| usd, and (K - 1) usd where G are all K groups; so usd is at least the largest C[g], and at
least sum_g C[g] / (K - 1). For two providers this is what a budget on each of them costs, both together.
"""

import math
from collections.abc import Callable

from optimizer.fleet.problem import FleetOffer
from optimizer.forecast.bill import Tally
from optimizer.forecast.covering import cheapest_covers
from optimizer.forecast.hours import Ground
from optimizer.forecast.market import Rental
from optimizer.forecast.refining import cheapest_purchases
from optimizer.forecast.request import FLEXIBLE_TERMS
from optimizer.forecast.staircase import staircase

MOST_GROUPS = 8
"""Groups whose loss is looked at, those with the cheapest offers: of the others, C is the budget that loses nothing."""


def losing_usd(tally: Tally, ground: Ground, peak: float, free_usd: float, left: Callable[[], float]) -> float:
    """Return the bound, in discounted dollars; `free_usd` bounds the budget that need survive nothing.

    Budgets that hold commitments already are not looked at: their cost is nobody's choice.
    """
    groups = _cheapest_first(ground)
    if tally.asked.existing or len(groups) < 2:
        return free_usd
    known = [
        max(free_usd, _without(tally, ground, group, peak, left())) for group in groups[:MOST_GROUPS] if left() > 0
    ]
    total = math.fsum(known) + free_usd * (len(groups) - len(known))
    return max(free_usd, *known, total / (len(groups) - 1))


def group_of(ground: Ground, offer: FleetOffer) -> str:
    """Return the zone or the provider of an offer, whichever is to be lost."""
    return offer.zone if ground.problem.survive_loss == "zone" else offer.provider


def _cheapest_first(ground: Ground) -> list[str]:
    """Return every group that has a layout which serves anything, in the order of its cheapest capacity."""
    usd: dict[str, float] = {}
    for number, column in enumerate(ground.problem.columns):
        offer, rental = ground.problem.offers[column.offer], ground.rental(number)
        if ground.market_offers[column.offer].offer_id in ground.allowed:
            group = group_of(ground, offer)
            usd[group] = min(usd.get(group, math.inf), rental.usd_per_hour / rental.capacity)
    return sorted(usd, key=lambda group: (usd[group], group))


def _without(tally: Tally, ground: Ground, group: str, peak: float, seconds: float) -> float:
    """Return a bound of the budget on all offers but those of a group; nothing where it proves nothing in time."""
    places = {
        offer.offer_id: group_of(ground, one)
        for offer, one in zip(ground.market_offers, ground.problem.offers, strict=True)
    }

    def others(rentals: tuple[Rental, ...]) -> list[Rental]:
        return [rental for rental in rentals if places[rental.offer.offer_id] != group]

    asked = tally.asked
    hourly = [term for term in asked.allowed_terms if term in FLEXIBLE_TERMS]
    covers = cheapest_covers(others(tally.market.rentals(hourly)), peak)
    committed = others(tally.market.rentals(asked.purchase_terms))
    form = staircase(asked, tally.loads, covers, committed, [0.0] * len(tally.loads), tally.clock)
    found = cheapest_purchases(form.problem, seconds=seconds)
    return found.bound_usd if math.isfinite(found.bound_usd) else -math.inf
