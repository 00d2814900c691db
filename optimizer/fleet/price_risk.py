"""Price risk: the plan at prices as they are listed, the plan at what they are likely to have become, and the regret.

Both are solved. The first is the cheapest if every price still holds; the second if every price is at the upper end of
its likely range. What the first costs more at those prices is what one may regret; what the second costs more at listed
prices is what being safe costs. Each price of the first may rise alone, all others as listed, up to where another fleet
is as cheap: between two fleets the cost is linear in a price, so the point is found by solving at where they meet.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from catalog import Catalog
from optimizer.fleet.candidates import find_candidates
from optimizer.fleet.choosing import choose
from optimizer.fleet.eligible import check_prices
from optimizer.fleet.lines import brief_lines
from optimizer.fleet.names import check_names
from optimizer.fleet.plan import AlternativeLine
from optimizer.fleet.running import Running
from optimizer.request import PlanRequest
from pricing.offers import Offer, Snapshot

MOST_MEETINGS = 12
FAR = Decimal(1000)
CENT = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class RiskyPlan:
    """A fleet, and what it costs at listed prices and at the upper end of their likely ranges."""

    usd_per_hour_listed: float
    usd_per_hour_at_risk: float
    proved_optimal: bool
    lines: tuple[AlternativeLine, ...]


@dataclass(frozen=True, slots=True)
class Rise:
    """How far the price of one offer may rise alone before another fleet is as cheap; None: as far as one likes."""

    offer_id: str
    usd_per_hour: float
    up_to_usd_per_hour: float | None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The two plans, and how far each price of the first may rise. A plan is None where nothing fits."""

    listed: RiskyPlan | None
    robust: RiskyPlan | None
    rises: tuple[Rise, ...]
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class _Cheapest:
    """A solved fleet; `proved` cheapest."""

    parts: tuple[Running, ...]
    lines: tuple[AlternativeLine, ...]
    proved: bool

    @property
    def counts(self) -> Counter[str]:
        """Return the instances of each offer."""
        counts: Counter[str] = Counter()
        for part in self.parts:
            counts[part.offer.offer_id] += part.instances
        return counts

    def cost(self, prices: Mapping[str, Decimal]) -> Decimal:
        """Return what the fleet costs at prices by offer id."""
        return sum((prices[offer_id] * count for offer_id, count in self.counts.items()), Decimal(0))


def plans_at_risk(
    request: PlanRequest, snapshot: Snapshot, catalog: Catalog, factors: Mapping[str, Decimal], seconds: float
) -> Chosen:
    """Return both plans; `factors` are those of the upper ends by offer id. Raises GpumixError.

    A budget holds for each plan at the prices that it is planned with.
    """
    check_names(request, snapshot, catalog)
    at_risk = _repriced(snapshot, factors)
    prices, risky = ({offer.offer_id: offer.usd_per_hour for offer in one.offers} for one in (snapshot, at_risk))
    listed, robust = (_cheapest(request, one, catalog, seconds) for one in (snapshot, at_risk))
    used = {offer_id for plan in (listed, robust) if plan is not None for offer_id in plan.counts}
    return Chosen(
        listed=None if listed is None else _shown(listed, prices, risky),
        robust=None if robust is None else _shown(robust, prices, risky),
        rises=() if listed is None or not listed.proved else _rises(request, snapshot, catalog, listed, seconds),
        offers=tuple(offer for offer in snapshot.offers if offer.offer_id in used),
    )


def _shown(plan: _Cheapest, prices: Mapping[str, Decimal], risky: Mapping[str, Decimal]) -> RiskyPlan:
    """Return a plan as it is told: at listed prices, whatever it was planned with."""
    return RiskyPlan(
        usd_per_hour_listed=float(plan.cost(prices)),
        usd_per_hour_at_risk=float(plan.cost(risky).quantize(CENT)),
        proved_optimal=plan.proved,
        lines=tuple(
            replace(line, usd_per_hour=float(prices[part.offer.offer_id]))
            for line, part in zip(plan.lines, plan.parts, strict=True)
        ),
    )


def _repriced(snapshot: Snapshot, factors: Mapping[str, Decimal]) -> Snapshot:
    offers = tuple(
        replace(offer, usd_per_hour=offer.usd_per_hour * factors[offer.offer_id])
        if offer.offer_id in factors
        else offer
        for offer in snapshot.offers
    )
    return replace(snapshot, offers=offers)


def _cheapest(request: PlanRequest, snapshot: Snapshot, catalog: Catalog, seconds: float) -> _Cheapest | None:
    candidates = find_candidates(request, snapshot, catalog)
    check_prices(candidates.eligible, snapshot)
    chosen = choose(candidates, seconds=seconds, break_ties=True)
    if not chosen.parts:
        return None
    return _Cheapest(chosen.parts, brief_lines(candidates, chosen.parts), chosen.fleet.outcome == "optimal")


def _rises(
    request: PlanRequest, snapshot: Snapshot, catalog: Catalog, plan: _Cheapest, seconds: float
) -> tuple[Rise, ...]:
    """Return how far each price of a plan may rise. The budget does not hold: the question is what is cheaper."""
    limits = request.limits.model_copy(update={"max_usd_per_hour": None})
    unlimited = request.model_copy(update={"limits": limits})
    listed = {offer.offer_id: offer.usd_per_hour for offer in snapshot.offers}
    found = []
    for offer_id, count in plan.counts.items():
        price = listed[offer_id]
        factor = FAR
        for _ in range(MOST_MEETINGS):
            risen = _repriced(snapshot, {offer_id: factor})
            other = _cheapest(unlimited, risen, catalog, seconds)
            at = {**listed, offer_id: price * factor}
            if other is None or plan.cost(at) <= other.cost(at) + CENT:
                break
            # they meet where price (factor - 1) (count - fewer) makes up for what the other costs more as listed
            more = other.cost(listed) - plan.cost(listed)
            factor = 1 + more / (price * (count - other.counts[offer_id]))
        found.append(Rise(offer_id, float(price), None if factor == FAR else float((price * factor).quantize(CENT))))
    return tuple(found)
