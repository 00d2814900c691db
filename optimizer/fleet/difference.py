"""Difference: a saved plan against the same request today, and what the change in cost comes from.

The old fleet is priced at today's prices: that part of the change is prices, exactly. What is left is that another
fleet is cheaper now, or that the old one no longer does it; it comes from whatever else is not the same as then.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from catalog import Catalog
from optimizer.fleet.plan import Line, Plan
from optimizer.verifying.service import service_rules
from pricing.offers import Offer, Snapshot

Cause = Literal["prices", "offers gone", "catalog", "calibration", "prices and facts together"]
CENT = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Version:
    """What a plan was made from, and what it costs."""

    plan_id: str
    cost_usd_per_hour: float | None
    snapshot_id: str
    newest_observed_at: str
    catalog_id: str
    calibration_id: str


@dataclass(frozen=True, slots=True)
class CostCause:
    """A part of the change in cost, and why it is put down to this cause."""

    cause: Cause
    usd_per_hour: float
    because: str


@dataclass(frozen=True, slots=True)
class PriceChange:
    """The price of an offer of the old fleet, then and now; None where it is no longer offered."""

    provider: str
    region: str
    instance_type: str
    term: str
    count: int
    before_usd_per_hour: float
    now_usd_per_hour: float | None


@dataclass(frozen=True, slots=True)
class FleetChange:
    """An instance type of which the new fleet has more or fewer."""

    provider: str
    region: str
    instance_type: str
    term: str
    before: int
    now: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A plan then and now. `causes` add up to the change; there are none where either plan has no cost."""

    before: Version
    now: Version
    change_usd_per_hour: float | None
    causes: tuple[CostCause, ...]
    prices: tuple[PriceChange, ...]
    fleet: tuple[FleetChange, ...]
    plan: Plan


def difference(before: Plan, now: Plan, snapshot: Snapshot, catalog: Catalog) -> Difference:
    """Return what changed between a plan and the plan `now` of the same request, made with `snapshot` and `catalog`."""
    prices = tuple(_prices(before, snapshot))
    known = before.cost_usd_per_hour is not None and now.cost_usd_per_hour is not None
    return Difference(
        before=_version(before),
        now=_version(now),
        change_usd_per_hour=float(_money(now) - _money(before)) if known else None,
        causes=tuple(_causes(before, now, prices, snapshot, catalog)) if known else (),
        prices=tuple(change for change in prices if change.before_usd_per_hour != change.now_usd_per_hour),
        fleet=tuple(_fleet(before, now)),
        plan=now,
    )


def _version(plan: Plan) -> Version:
    return Version(
        plan_id=plan.plan_id,
        cost_usd_per_hour=plan.cost_usd_per_hour,
        snapshot_id=plan.snapshot.id,
        newest_observed_at=plan.snapshot.newest_observed_at,
        catalog_id=plan.catalog_id,
        calibration_id=plan.calibration_id,
    )


def _causes(
    before: Plan, now: Plan, prices: tuple[PriceChange, ...], snapshot: Snapshot, catalog: Catalog
) -> Iterator[CostCause]:
    """Yield the price changes of the old fleet, then what made another fleet the cheapest."""
    change = _money(now) - _money(before)
    gone = [price for price in prices if price.now_usd_per_hour is None]
    repriced = sum(
        (Decimal(str(price.now_usd_per_hour)) - Decimal(str(price.before_usd_per_hour))) * price.count
        for price in prices
        if price.now_usd_per_hour is not None
    )
    repriced = Decimal(repriced)
    if repriced:
        yield CostCause("prices", float(repriced), "the same fleet at today's prices")
    rest = change - repriced
    if abs(rest) <= CENT:
        return
    if gone:
        names = ", ".join(dict.fromkeys(price.instance_type for price in gone))
        yield CostCause("offers gone", float(rest), f"no longer offered: {names}")
        return
    yield CostCause(_rest_cause(before, now), float(rest), _because(before, rest, snapshot, catalog))


def _rest_cause(before: Plan, now: Plan) -> Cause:
    """Return the one thing that is not as it was, or all of them together."""
    facts: list[Cause] = []
    if before.catalog_id != now.catalog_id:
        facts.append("catalog")
    if before.calibration_id != now.calibration_id:
        facts.append("calibration")
    if before.snapshot.id != now.snapshot.id:
        facts.append("prices")
    return facts[0] if len(facts) == 1 else "prices and facts together"


def _because(before: Plan, rest: Decimal, snapshot: Snapshot, catalog: Catalog) -> str:
    """Say whether the old fleet would still do it."""
    unfit = next(iter(service_rules(before, snapshot, catalog)), None)
    if unfit is not None and rest > 0:
        return f"the fleet of then is no longer enough: {unfit}"
    return "another fleet is cheaper now" if rest < 0 else "the fleet of then is no longer allowed or no longer enough"


def _prices(before: Plan, snapshot: Snapshot) -> Iterator[PriceChange]:
    """Yield the price of each line's offer then and now."""
    offers = {_key(offer): offer for offer in snapshot.offers}
    for line in before.lines:
        found: Offer | None = offers.get((line.provider, line.region, line.zone, line.instance_type, line.term))
        yield PriceChange(
            provider=line.provider,
            region=line.region,
            instance_type=line.instance_type,
            term=line.term,
            count=line.count,
            before_usd_per_hour=line.usd_per_hour,
            now_usd_per_hour=None if found is None else float(found.usd_per_hour),
        )


def _fleet(before: Plan, now: Plan) -> Iterator[FleetChange]:
    """Yield the kinds of instance whose count changed, those that go first."""
    then, today = _counts(before.lines), _counts(now.lines)
    for key in sorted({*then, *today}, key=lambda key: (today[key] - then[key], key)):
        if then[key] != today[key]:
            yield FleetChange(*key, before=then[key], now=today[key])


def _counts(lines: tuple[Line, ...]) -> Counter[tuple[str, str, str, str]]:
    counts: Counter[tuple[str, str, str, str]] = Counter()
    for line in lines:
        counts[line.provider, line.region, line.instance_type, line.term] += line.count
    return counts


def _key(offer: Offer) -> tuple[str, str, str | None, str, str]:
    return offer.provider, offer.region, offer.zone, offer.instance_type, offer.term


def _money(plan: Plan) -> Decimal:
    return sum((Decimal(str(line.usd_per_hour)) * line.count for line in plan.lines), Decimal(0))
