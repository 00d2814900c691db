"""The bill: months, purchases and totals of a decision, in Decimal from integer counts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from optimizer.forecast.budget import BudgetMonth, HourPlan, Purchase, Total
from optimizer.forecast.deciding import Decision, alive_instances, existing_rate
from optimizer.forecast.history import Outlook
from optimizer.forecast.load import MonthLoad
from optimizer.forecast.market import Market
from optimizer.forecast.money import Clock
from optimizer.forecast.request import TERM_MONTHS, BudgetRequest

Usd = Decimal
ZERO = Decimal(0)
Running = Sequence[Sequence[Mapping[str, int]]]
"""Replicas by layout, [month][hour class]."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What a budget is billed with: prices by offer id, the clock, and the outlook of a history."""

    asked: BudgetRequest
    market: Market
    loads: tuple[MonthLoad, ...]
    clock: Clock
    outlook: Outlook | None = None

    def price(self, offer_id: str, month: int) -> Usd:
        """Return $/h of one instance of an offer bought or rented in a month."""
        for offer in self.market.columns.offers:
            if offer.offer_id == offer_id:
                return offer.usd_per_hour * _exact(self.clock.drift[month])
        raise KeyError(offer_id)


def billed_months(
    tally: Tally, decision: Decision, on_demand: Sequence[float] | None, running: Running = ()
) -> tuple[BudgetMonth, ...]:
    """Return the months of a decision, without percentiles; `on_demand` is what each costs on demand alone."""
    return tuple(
        _month(
            tally, decision, month, None if on_demand is None else on_demand[month], running[month] if running else ()
        )
        for month in range(len(tally.loads))
    )


def billed_purchases(tally: Tally, decision: Decision) -> tuple[Purchase, ...]:
    """Return the purchases of a decision, by month."""
    bought = sorted(decision.purchases.items(), key=lambda item: (item[0][1], item[0][0]))
    return tuple(_purchase(tally, offer_id, month, count) for (offer_id, month), count in bought)


def total_of(months: Sequence[BudgetMonth], purchases: Sequence[Purchase], discounted_usd: float) -> Total:
    """Return the totals of billed months, without percentiles."""
    amortised = _sum(month.usd_total_amortised for month in months)
    each = [month.usd_all_on_demand for month in months]
    on_demand = None if any(usd is None for usd in each) else _sum(usd or 0.0 for usd in each)
    return Total(
        usd_amortised=float(amortised),
        usd_cash=float(_sum(month.usd_cash for month in months)),
        usd_after_horizon=float(_sum(purchase.usd_after_horizon for purchase in purchases)),
        discounted_usd=discounted_usd,
        p10=None,
        p50=None,
        p90=None,
        all_on_demand=None if on_demand is None else float(on_demand),
        saving_fraction=None if not on_demand else float(round(1 - amortised / on_demand, 9)) + 0.0,
    )


def _month(
    tally: Tally, decision: Decision, month: int, on_demand: float | None, running: Sequence[Mapping[str, int]]
) -> BudgetMonth:
    load = tally.loads[month]
    usd = {"on_demand": ZERO, "spot": ZERO}
    mean: dict[str, float] = defaultdict(float)
    plans = []
    for number, (hours, rented) in enumerate(zip(load.classes, decision.rented[month], strict=True)):
        plans.append(HourPlan(hours.demand, hours.amount, hours.hours, rented, running[number] if running else {}))
        for offer_id, count in rented.items():
            usd[offer_id.rsplit("/", 1)[1]] += tally.price(offer_id, month) * count * _exact(hours.hours)
            mean[offer_id] += count * hours.hours / tally.clock.hours_per_month
    committed, cash = _committed(tally, decision, month)
    held = dict(alive_instances(decision.purchases, month))
    for existing in tally.asked.existing:
        if month < existing.months_left:
            held[existing.offer] = held.get(existing.offer, 0) + existing.count
    for offer_id, count in held.items():
        mean[offer_id] += count
    return BudgetMonth(
        month=load.month,
        demand=load.level,
        demand_mean=load.mean,
        demand_peak=load.peak,
        demand_p10=None,
        demand_p90=None,
        instances={name: round(count, 9) for name, count in sorted(mean.items())},
        committed=dict(sorted(held.items())),
        hours=tuple(plans),
        usd_on_demand=float(usd["on_demand"]),
        usd_committed=float(committed),
        usd_spot=float(usd["spot"]),
        usd_total_amortised=float(usd["on_demand"] + usd["spot"] + committed),
        usd_cash=float(usd["on_demand"] + usd["spot"] + cash),
        usd_all_on_demand=on_demand,
        usd_per_million_output_tokens=None,
        p10=None,
        p50=None,
        p90=None,
    )


def _committed(tally: Tally, decision: Decision, month: int) -> tuple[Usd, Usd]:
    """Return what the commitments of a month cost amortised, and in cash."""
    hours = _exact(tally.clock.hours_per_month)
    amortised, cash = ZERO, ZERO
    for (offer_id, bought), count in decision.purchases.items():
        term = offer_id.rsplit("/", 1)[1]
        if not bought <= month < bought + TERM_MONTHS[term]:
            continue
        monthly = tally.price(offer_id, bought) * count * hours
        upfront = _exact(tally.asked.upfront(term))
        amortised += monthly
        cash += monthly * (1 - upfront)
        if bought == month:
            cash += monthly * TERM_MONTHS[term] * upfront
    for number, existing in enumerate(tally.asked.existing):
        if month < existing.months_left:
            usd = _exact(existing_rate(tally.asked, tally.market, number)) * existing.count * hours
            amortised, cash = amortised + usd, cash + usd
    return amortised, cash


def _purchase(tally: Tally, offer_id: str, month: int, count: int) -> Purchase:
    term = offer_id.rsplit("/", 1)[1]
    months = TERM_MONTHS[term]
    price = tally.price(offer_id, month)
    monthly = price * count * _exact(tally.clock.hours_per_month)
    upfront = _exact(tally.asked.upfront(term))
    after = max(0, month + months - tally.clock.months)
    return Purchase(
        month=tally.loads[month].month,
        offer=offer_id,
        count=count,
        term=term,
        term_months=months,
        usd_per_hour=float(price),
        upfront_usd=float(monthly * months * upfront),
        usd_per_month=float(monthly * (1 - upfront)),
        usd_after_horizon=float(monthly * after),
    )


def _exact(value: float) -> Decimal:
    """Return a float as the decimal it prints as."""
    return Decimal(str(value))


def _sum(amounts: Iterable[float]) -> Decimal:
    return sum((_exact(amount) for amount in amounts), ZERO)
