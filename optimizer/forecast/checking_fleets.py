"""The verifier of the hours of a budget under limits: replicas fit and serve after any loss, and no limit is broken."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from catalog import Catalog
from optimizer.fleet.quotas import quotas_of
from optimizer.forecast.budget import Budget, BudgetOffer, HourPlan
from optimizer.request import PlanRequest
from pricing.offers import Offer

TOLERANCE = 1e-6
Offers = Mapping[str, BudgetOffer]


def broken_in_hours(
    budget: Budget, request: PlanRequest, listed: Mapping[str, Offer], catalog: Catalog
) -> Iterator[str]:
    """Yield every rule on fleets that an hour breaks; `listed` are the offers of today."""
    prices = {name: offer.usd_per_hour for name, offer in listed.items()}
    layouts = {offer.layout: offer for offer in budget.offers}
    offers = {offer.offer: offer for offer in budget.offers}
    for number, month in enumerate(budget.months):
        spent = _committed_usd_per_hour(budget, prices, number)
        drift = (1 + budget.request.price_change_per_year) ** (number / 12)
        for plan in month.hours:
            running = Counter(month.committed)
            running.update(plan.rented)
            rented = sum(float(prices[name]) * count for name, count in plan.rented.items()) * drift
            broken = [*_instances(request, running, spent + rented), *_parts(request, offers, running)]
            broken += _quotas(request, listed, running, catalog)
            if budget.form == "fleets":
                broken += _replicas(request, layouts, running, plan)
            yield from (f"{month.month}, {plan.amount:g} to serve: {words}" for words in broken)


def _committed_usd_per_hour(budget: Budget, prices: Mapping[str, Decimal], number: int) -> float:
    """Return what the commitments of a month cost in an hour, amortised."""
    usd = 0.0
    for held in budget.request.existing:
        if number < held.months_left:
            usd += held.count * (held.usd_per_hour or float(prices[held.offer]))
    names = [month.month for month in budget.months]
    for bought in budget.purchases:
        begun = names.index(bought.month)
        if begun <= number < begun + bought.term_months:
            usd += bought.count * bought.usd_per_hour
    return usd


def _instances(request: PlanRequest, running: Mapping[str, int], usd: float) -> Iterator[str]:
    limits = request.limits
    if limits.max_instances is not None and sum(running.values()) > limits.max_instances:
        yield f"{sum(running.values())} instances run, {limits.max_instances} may"
    kinds = sum(count > 0 for count in running.values())
    if limits.max_kinds is not None and kinds > limits.max_kinds:
        yield f"{kinds} kinds run, {limits.max_kinds} may"
    if limits.max_usd_per_hour is not None and usd > limits.max_usd_per_hour * (1 + TOLERANCE):
        yield f"${usd:.2f}/h are spent, ${limits.max_usd_per_hour:g}/h may be"


def _quotas(
    request: PlanRequest, listed: Mapping[str, Offer], running: Mapping[str, int], catalog: Catalog
) -> Iterator[str]:
    """Yield the quotas that are exceeded: of instances, GPUs or vCPUs, by what the key speaks of."""
    offers = tuple(listed[name] for name in running)
    for key, quota in quotas_of(request.limits.quotas, offers, catalog).items():
        held = sum(running[offers[index].offer_id] * _takes(offers[index], quota.unit) for index in quota.offers)
        if held > quota.most:
            yield f"the quota {key} of {quota.most} is exceeded: {held:g} {quota.unit} run"


def _takes(offer: Offer, unit: str) -> float:
    """Return what one instance takes of a quota; of vCPUs that nobody tells, more than there are."""
    if unit == "vcpus":
        return offer.vcpus or math.inf
    return offer.gpu_count if unit == "gpus" else 1


def _parts(request: PlanRequest, offers: Offers, running: Mapping[str, int]) -> Iterator[str]:
    """Yield the limits on parts of the whole, in GPUs."""
    limits = request.limits
    gpus = {name: offers[name].gpus_per_instance * count for name, count in running.items()}
    whole = sum(gpus.values()) * (1 + TOLERANCE)
    for name, most, domain in (
        ("spot", limits.max_spot_fraction, lambda offer: offer.term if offer.term == "spot" else None),
        ("zone", limits.max_zone_fraction, _zone),
        ("provider", limits.max_provider_fraction, lambda offer: offer.provider),
    ):
        shares: dict[str | None, int] = defaultdict(int)
        for each, count in gpus.items():
            shares[domain(offers[each])] += count
        shares.pop(None, None)
        if most is not None and any(count > most * whole for count in shares.values()):
            yield f"more than {most:.0%} of the GPUs are of one {name}"


def _replicas(request: PlanRequest, layouts: Offers, running: Mapping[str, int], plan: HourPlan) -> Iterator[str]:
    """Yield what replicas break: the GPUs they stand on, the amount, a loss, and how many there must be."""
    unknown = [name for name in plan.replicas if name not in layouts]
    if unknown:
        yield f"{unknown[0]} is no layout of an offer"
        return
    used: dict[str, int] = defaultdict(int)
    for name, count in plan.replicas.items():
        used[layouts[name].offer] += count * _gpus(layouts[name])
    for offer, gpus in used.items():
        there = running.get(offer, 0) * next(one.gpus_per_instance for one in layouts.values() if one.offer == offer)
        if gpus > there:
            yield f"replicas of {offer} need {gpus} GPUs, there are {there}"
    whole = {name: count * _each(layouts[name]) for name, count in plan.replicas.items()}
    left = math.fsum(whole.values()) - max(_losses(request, layouts, plan.replicas, whole), default=0.0)
    if left < plan.amount * (1 - TOLERANCE):
        yield f"serves {left:g} after the loss of one {request.survive_loss}"
    fewest = request.limits.min_replicas
    if fewest is not None and plan.amount > 0 and sum(plan.replicas.values()) < fewest:
        yield f"{sum(plan.replicas.values())} replicas run, at least {fewest} must"


def _losses(
    request: PlanRequest, layouts: Offers, replicas: Mapping[str, int], whole: Mapping[str, float]
) -> Iterable[float]:
    """Return what each loss takes; an instance may hold as many replicas of each layout as fit on it."""
    lost: dict[str, float] = defaultdict(float)
    for name, served in whole.items():
        layout = layouts[name]
        each = _each(layout)
        match request.survive_loss:
            case "none":
                pass
            case "replica":
                lost[name] = each
            case "instance":
                fits = max(1, layout.gpus_per_instance // _gpus(layout))
                lost[layout.offer] += each * min(replicas[name], fits)
            case "zone":
                lost[_zone(layout)] += served
            case "provider":
                lost[layout.provider] += served
    return lost.values()


def _each(layout: BudgetOffer) -> float:
    return layout.capacity / layout.replicas


def _gpus(layout: BudgetOffer) -> int:
    return int(layout.layout.rpartition("#")[2])


def _zone(offer: BudgetOffer) -> str:
    return f"{offer.provider}/{offer.region}/{offer.zone or '-'}"
