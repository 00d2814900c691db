"""Rules of money: totals re-added in exact decimals, the proof's figures against each other."""

from collections.abc import Iterator
from decimal import Decimal

from catalog import Catalog
from optimizer.fleet.plan import Plan
from pricing.offers import Snapshot

CENT = Decimal("0.000001")
RELATIVE = 1e-6


def money_rules(plan: Plan, snapshot: Snapshot, catalog: Catalog) -> Iterator[str]:
    """Yield what does not add up."""
    hourly = sum((Decimal(str(line.usd_per_hour)) * line.count for line in plan.lines), Decimal(0))
    monthly = hourly * Decimal(str(plan.request.hours_per_month))
    if plan.cost_usd_per_hour is None or abs(Decimal(str(plan.cost_usd_per_hour)) - hourly) > CENT:
        yield f"cost_usd_per_hour is {plan.cost_usd_per_hour}, the lines add up to {hourly}"
    if plan.cost_usd_per_month is None or abs(Decimal(str(plan.cost_usd_per_month)) - monthly) > CENT * 1000:
        yield f"cost_usd_per_month is {plan.cost_usd_per_month}, the lines add up to {monthly}"
    budget = plan.request.limits.max_usd_per_hour
    if budget is not None and hourly > Decimal(str(budget)) + CENT:
        yield f"${hourly}/h is over the budget of ${budget}/h"
    if hourly <= 0:
        yield f"a fleet costs something, this one ${hourly}/h"
        return
    yield from _proof(plan, float(hourly))


def _proof(plan: Plan, hourly: float) -> Iterator[str]:
    proof = plan.certificate
    if proof.bound_usd_per_hour is None or proof.gap_fraction is None:
        yield "the certificate has no bound"
        return
    if proof.bound_usd_per_hour > hourly * (1 + RELATIVE):
        yield f"the bound ${proof.bound_usd_per_hour}/h is above the cost ${hourly}/h"
    gap = (hourly - proof.bound_usd_per_hour) / hourly
    if abs(gap - proof.gap_fraction) > RELATIVE:
        yield f"gap_fraction is {proof.gap_fraction}, cost and bound give {gap}"
    if proof.proved_optimal != (plan.status == "optimal"):
        yield f"the status is {plan.status}, proved_optimal is {proof.proved_optimal}"
    if proof.proved_optimal and proof.gap_fraction > RELATIVE:
        yield f"called optimal with a gap of {proof.gap_fraction}"
