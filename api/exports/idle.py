"""How many hours of each commitment are used: hour class by hour class, those held longest first."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from optimizer.forecast import Budget
from optimizer.forecast.budget import BudgetMonth, BudgetOffer, HourPlan


@dataclass(frozen=True, slots=True)
class Held:
    """A commitment that is alive in a month: `count` instances of an offer at $/h each.

    `usd_per_month` is what is billed for it in the month, beside what was paid up front.
    """

    commitment_id: str
    offer: str
    count: int
    usd_per_hour: float
    usd_per_month: float


def held_in(budget: Budget, number: int) -> list[Held]:
    """Return the commitments of a month: those that were there before, then those bought, by month."""
    usd = {offer.offer: offer.usd_per_hour for offer in budget.offers}
    found = []
    for place, existing in enumerate(budget.request.existing):
        if number < existing.months_left:
            price = existing.usd_per_hour or usd[existing.offer]
            billed = price * existing.count * budget.hours_per_month
            found.append(Held(f"{existing.offer}@held-{place}", existing.offer, existing.count, price, billed))
    names = [month.month for month in budget.months]
    for bought in budget.purchases:
        begun = names.index(bought.month)
        if begun <= number < begun + bought.term_months:
            name = f"{bought.offer}@{bought.month}"
            found.append(Held(name, bought.offer, bought.count, bought.usd_per_hour, bought.usd_per_month))
    return found


def used_hours(budget: Budget, number: int) -> dict[str, float]:
    """Return the instance hours of each commitment that serve in a month, by its id."""
    month, held = budget.months[number], held_in(budget, number)
    used = dict.fromkeys((one.commitment_id for one in held), 0.0)
    for plan in month.hours:
        for name, count in _used(budget, month, plan, held).items():
            used[name] += count * plan.hours
    return used


def _used(budget: Budget, month: BudgetMonth, plan: HourPlan, held: list[Held]) -> dict[str, int]:
    """Return how many instances of each commitment serve in an hour of a class."""
    if budget.form == "fleets":
        return _hosting(budget, plan, held)
    best: dict[str, BudgetOffer] = {}
    for offer in budget.offers:
        if offer.offer not in best or _each(offer) > _each(best[offer.offer]):
            best[offer.offer] = offer
    left, used = plan.amount, {}
    for one in held:
        serving = best.get(one.offer)
        if serving is None or serving.capacity <= 0 or left <= 1e-9 * (1 + plan.amount):
            used[one.commitment_id] = 0
            continue
        groups = min(one.count // serving.instances, math.ceil(left / serving.capacity - 1e-9))
        used[one.commitment_id] = groups * serving.instances
        left -= groups * serving.capacity
    return used


def _hosting(budget: Budget, plan: HourPlan, held: list[Held]) -> dict[str, int]:
    """Return how many instances of each commitment have replicas on them, spare ones too."""
    layouts: Mapping[str, BudgetOffer] = {offer.layout: offer for offer in budget.offers}
    there: dict[str, float] = {}
    for name, count in plan.replicas.items():
        offer = layouts[name]
        there[offer.offer] = there.get(offer.offer, 0.0) + count * offer.instances / offer.replicas
    used = {}
    for one in held:
        needed = math.ceil(there.get(one.offer, 0.0) - 1e-9)
        used[one.commitment_id] = min(one.count, needed)
        there[one.offer] = there.get(one.offer, 0.0) - used[one.commitment_id]
    return used


def _each(offer: BudgetOffer) -> float:
    return offer.capacity / offer.instances
