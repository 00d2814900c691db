"""The verifier of a budget: demand, capacity and money again, in Decimal, sharing no code with the program."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction

from catalog import Catalog
from optimizer.demand import Demand, demand_of
from optimizer.forecast.budget import Budget, BudgetMonth, BudgetOffer
from optimizer.forecast.checking_fleets import broken_in_hours
from optimizer.performance.layouts import Layouts
from optimizer.performance.own.corrected import max_rate, max_users
from pricing.offers import Snapshot

MONTHS = {"reserved_1y": 12, "reserved_3y": 36, "capacity_block": 1}
CENT = Decimal("0.01")
TOLERANCE = 1e-6


def broken_budget_rules(budget: Budget, snapshot: Snapshot, catalog: Catalog) -> tuple[str, ...]:
    """Return every rule that a budget breaks, in words; none for a sound one."""
    if budget.snapshot.id != snapshot.snapshot_id:
        return (f"the budget was made on snapshot {budget.snapshot.id}, these are prices of {snapshot.snapshot_id}",)
    if budget.status == "infeasible":
        return ("an infeasible budget has months",) if budget.months else ()
    listed = {offer.offer_id: offer for offer in snapshot.offers}
    prices = {name: offer.usd_per_hour for name, offer in listed.items()}
    request = budget.request.plan_request(max(month.demand_peak for month in budget.months))
    rules = (
        _hours(budget),
        _commitments(budget),
        _service(budget, catalog),
        broken_in_hours(budget, request, listed, catalog),
        _money(budget, prices),
        _totals(budget),
    )
    return tuple(broken for rule in rules for broken in rule)


def _hours(budget: Budget) -> Iterator[str]:
    """Hold each month's hours and demand against the request, hour by hour of a week."""
    asked = budget.request.demand
    for number, month in enumerate(budget.months):
        hours = math.fsum(plan.hours for plan in month.hours)
        if abs(hours - budget.hours_per_month) > TOLERANCE * hours:
            yield f"{month.month} has {hours} hours, not {budget.hours_per_month}"
        if any(plan.amount < plan.demand * (1 - TOLERANCE) for plan in month.hours):
            yield f"{month.month} serves less than was asked"
        if asked.base is None:
            continue
        level = asked.base * (1 + asked.monthly_growth) ** number
        wanted: Counter[float] = Counter()
        for day in asked.weekly or (1.0,) * 7:
            for hour in asked.diurnal or (1.0,) * 24:
                wanted[level * day * hour] += 1
        for amount in wanted:
            above = sum(count for other, count in wanted.items() if other >= amount)
            shown = math.fsum(plan.hours for plan in month.hours if plan.amount >= amount * (1 - TOLERANCE))
            if shown < above / 168 * budget.hours_per_month * (1 - TOLERANCE):
                yield f"{month.month}: only {shown:.1f} hours serve {amount:g}"


def _commitments(budget: Budget) -> Iterator[str]:
    """Commitments run in exactly the months of their term."""
    names = [month.month for month in budget.months]
    for number, month in enumerate(budget.months):
        alive: Counter[str] = Counter()
        for existing in budget.request.existing:
            if number < existing.months_left:
                alive[existing.offer] += existing.count
        for purchase in budget.purchases:
            if purchase.term not in MONTHS or purchase.term not in budget.request.terms:
                yield f"{purchase.offer} is bought on a term that is not allowed"
            elif names.index(purchase.month) <= number < names.index(purchase.month) + MONTHS[purchase.term]:
                alive[purchase.offer] += purchase.count
        if dict(alive) != dict(month.committed):
            yield f"{month.month} runs the commitments {dict(month.committed)}, alive are {dict(alive)}"


def _service(budget: Budget, catalog: Catalog) -> Iterator[str]:
    """Recompute by the physics what each offer serves, and hold every hour class against it."""
    offers: dict[str, list[BudgetOffer]] = {}
    request = budget.request.plan_request(max(month.demand_peak for month in budget.months))
    demand = demand_of(request, catalog.model(budget.model))
    load = float(getattr(request.workload, budget.unit))
    for offer in budget.offers:
        served = _capacity(offer, budget.model, demand, catalog) * load * offer.replicas
        if abs(served - offer.capacity) > 1e-3 * offer.capacity:
            yield f"{offer.offer} serves {served:g}, not {offer.capacity:g}"
        offers.setdefault(offer.offer, []).append(offer)
    for month in budget.months:
        for plan in month.hours:
            running = Counter(month.committed)
            running.update(plan.rented)
            missing = [name for name in running if name not in offers]
            if missing:
                yield f"{month.month} runs {missing[0]}, which is in no offer"
            elif budget.form == "staircase" and _served(offers, running) < plan.amount * (1 - TOLERANCE):
                yield f"{month.month} serves {_served(offers, running):g} of {plan.amount:g}"


def _served(offers: Mapping[str, list[BudgetOffer]], running: Mapping[str, int]) -> float:
    return math.fsum(
        max((count // offer.instances * offer.capacity for offer in offers[name]), default=0.0)
        for name, count in running.items()
    )


def _capacity(offer: BudgetOffer, model: str, demand: Demand, catalog: Catalog) -> float:
    """Return the part of the whole peak that one replica serves, its mix of sizes kept."""
    layouts = Layouts.one(
        catalog,
        model=model,
        gpu=offer.gpu,
        quantization=offer.quantization,
        engine=offer.engine,
        kv_dtype=offer.kv_dtype if offer.kv_dtype != "auto" else "bf16",
        link=offer.link,
        inter_link=offer.inter_node_link,
        tp=offer.tensor_parallel,
        pp=offer.pipeline_parallel,
        nodes=offer.instances,
    )
    busy = 0.0
    cached = demand.prefix_cache_hit_fraction
    for size in demand.sizes:
        sizes, targets = (size.input_tokens, size.output_tokens), (demand.tpot_s, demand.ttft_s)
        if demand.unit == "users":
            served = float(max_users(layouts, *sizes, *targets, prefix_cache_hit_fraction=cached)[0])
        else:
            served = float(max_rate(layouts, *sizes, *targets, percentile=demand.percentile)[0])
        if served <= 0:
            return 0.0
        busy += size.amount / served
    return 1 / busy


def _money(budget: Budget, prices: Mapping[str, Decimal]) -> Iterator[str]:
    """Add every month again from prices and counts."""
    growth = 1 + budget.request.price_change_per_year
    hours = Decimal(str(budget.hours_per_month))
    for number, month in enumerate(budget.months):
        drift = Decimal(str(growth ** (number / 12)))
        rent = {"on_demand": Decimal(0), "spot": Decimal(0)}
        for plan in month.hours:
            for name, count in plan.rented.items():
                rent[name.rsplit("/", 1)[1]] += prices[name] * count * Decimal(str(plan.hours)) * drift
        held = Decimal(0)
        for existing in budget.request.existing:
            if number < existing.months_left:
                rate = existing.usd_per_hour if existing.usd_per_hour is not None else prices[existing.offer]
                held += Decimal(str(rate)) * existing.count * hours
        bought, paid = _bought(budget, prices, number)
        yield from _month_money(month, rent, held + bought, held + paid)


def _bought(budget: Budget, prices: Mapping[str, Decimal], number: int) -> tuple[Decimal, Decimal]:
    """Return what the purchases that are alive in a month cost, amortised and in cash."""
    names = [month.month for month in budget.months]
    amortised, cash = Decimal(0), Decimal(0)
    for purchase in budget.purchases:
        bought, months = names.index(purchase.month), MONTHS[purchase.term]
        if not bought <= number < bought + months:
            continue
        drift = Decimal(str((1 + budget.request.price_change_per_year) ** (bought / 12)))
        monthly = prices[purchase.offer] * drift * purchase.count * Decimal(str(budget.hours_per_month))
        upfront = Decimal(str(budget.request.upfront(purchase.term)))
        amortised += monthly
        cash += monthly * (1 - upfront) + (monthly * upfront * months if bought == number else 0)
    return amortised, cash


def _month_money(month: BudgetMonth, rent: Mapping[str, Decimal], held: Decimal, cash: Decimal) -> Iterator[str]:
    both = rent["on_demand"] + rent["spot"]
    for name, value in (
        ("usd_on_demand", rent["on_demand"]),
        ("usd_spot", rent["spot"]),
        ("usd_committed", held),
        ("usd_total_amortised", both + held),
        ("usd_cash", both + cash),
    ):
        shown = Decimal(str(getattr(month, name)))
        if abs(shown - value) > CENT + abs(value) * Decimal("1e-9"):
            yield f"{month.month}: {name} is {shown}, prices and counts give {value}"


def _totals(budget: Budget) -> Iterator[str]:
    """Hold totals and the proof against the months."""
    total, proof = budget.total, budget.certificate
    if total is None or proof is None:
        yield "there is no total or no certificate"
        return
    for name, field in (("usd_amortised", "usd_total_amortised"), ("usd_cash", "usd_cash")):
        added = sum((Decimal(str(getattr(month, field))) for month in budget.months), Decimal(0))
        if abs(added - Decimal(str(getattr(total, name)))) > CENT:
            yield f"total.{name} is {getattr(total, name)}, the months add up to {added}"
    if proof.bound_usd > proof.cost_usd * (1 + TOLERANCE):
        yield f"the bound ${proof.bound_usd} is above the cost ${proof.cost_usd}"
    if proof.proved_optimal and proof.gap_fraction > TOLERANCE:
        yield f"called optimal with a gap of {proof.gap_fraction}"
    owed = Fraction(str(total.usd_after_horizon))
    ours = sum((Fraction(str(purchase.usd_after_horizon)) for purchase in budget.purchases), Fraction(0))
    if abs(owed - ours) > Fraction(1, 100):
        yield f"total.usd_after_horizon is {float(owed)}, the purchases owe {float(ours)}"
