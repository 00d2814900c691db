"""Stale prices: how old each used one is, what such prices did since, and the plan that is safe against it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache

from api.answering import Answerer
from optimizer.fleet.price_risk import Chosen, RiskyPlan, plans_at_risk
from optimizer.request import PlanRequest
from pricing.drift import Drift, PriceDrift
from pricing.offers import Offer

QUANTILE = 0.9
DIGITS = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class PriceAge:
    """A price that one of the plans rents at, its age, and what real prices did in that time.

    It is likely between `likely_low_usd_per_hour` and `likely_high_usd_per_hour`, each missed by 1 - quantile, read
    from the `changes` of `series` in `basis`. `at_risk_usd_per_hour` is planned with: never less than listed.
    `may_rise_to_usd_per_hour`: alone, before another fleet than that at listed prices is as cheap; None without end, or
    where only the robust plan rents it.
    """

    provider: str
    region: str
    zone: str | None
    instance_type: str
    term: str
    usd_per_hour: float
    observed_at: str
    age_days: int
    likely_low_usd_per_hour: float
    likely_high_usd_per_hour: float
    at_risk_usd_per_hour: float
    basis: str
    series: int
    changes: int
    may_rise_to_usd_per_hour: float | None


@dataclass(frozen=True, slots=True)
class Robust:
    """The plan at listed prices and the plan at prices at risk; equal where `same_fleet`.

    `regret_usd_per_hour` is what the listed plan costs more than the robust one once prices are at risk;
    `premium_usd_per_hour` what the robust one costs more while they are as listed. None where a plan is missing.
    """

    request: PlanRequest
    today: str
    quantile: float
    snapshot_id: str
    listed: RiskyPlan | None
    robust: RiskyPlan | None
    same_fleet: bool
    regret_usd_per_hour: float | None
    premium_usd_per_hour: float | None
    prices: tuple[PriceAge, ...]


def answer_robust(
    answerer: Answerer, request: PlanRequest, drift: PriceDrift, *, quantile: float = QUANTILE, seconds: float = 60
) -> Robust:
    """Return the plans of a request with and without regard to the age of prices. Raises GpumixError."""
    asked = answerer.resolve(request)
    today = asked.as_of or datetime.now(UTC).date()
    moved = {offer.offer_id: _drift(drift, offer, today, quantile) for offer in answerer.snapshot.offers}
    factors = {name: Decimal(str(round(one.high, 6))) for name, one in moved.items() if one.high > 1}
    chosen = plans_at_risk(asked, answerer.snapshot, answerer.catalog, factors, seconds)
    listed, robust = chosen.listed, chosen.robust
    both = listed is not None and robust is not None
    return Robust(
        request=asked,
        today=today.isoformat(),
        quantile=quantile,
        snapshot_id=answerer.snapshot.snapshot_id,
        listed=listed,
        robust=robust,
        same_fleet=listed is not None and robust is not None and listed.lines == robust.lines,
        regret_usd_per_hour=_less(listed, robust, "usd_per_hour_at_risk") if both else None,
        premium_usd_per_hour=_less(robust, listed, "usd_per_hour_listed") if both else None,
        prices=tuple(_age(offer, moved[offer.offer_id], today, factors, chosen) for offer in chosen.offers),
    )


def drift_of(answerer: Answerer) -> PriceDrift:
    """Return what the shipped and stored prices did over time; read once for a snapshot. Raises StoreError."""
    snapshot = answerer.snapshot
    return _drift_with(snapshot.snapshot_id, frozenset((offer.provider, offer.tier) for offer in snapshot.offers))


@lru_cache(maxsize=1)
def _drift_with(snapshot_id: str, tiers: frozenset[tuple[str, str]]) -> PriceDrift:
    from pricing.history import price_history
    from pricing.spans import HistoryFilter

    return PriceDrift(price_history(HistoryFilter()), dict(sorted(tiers)))


def _less(dearer: RiskyPlan | None, cheaper: RiskyPlan | None, at: str) -> float:
    return round(float(getattr(dearer, at)) - float(getattr(cheaper, at)), 6)


def _drift(drift: PriceDrift, offer: Offer, today: date, quantile: float) -> Drift:
    return drift.range(offer.provider, offer.tier, offer.term, _days(offer, today), quantile)


def _days(offer: Offer, today: date) -> int:
    return max(0, (today - offer.observed_at).days)


def _age(offer: Offer, moved: Drift, today: date, factors: dict[str, Decimal], chosen: Chosen) -> PriceAge:
    usd, factor = float(offer.usd_per_hour), factors.get(offer.offer_id, Decimal(1))
    rises = {rise.offer_id: rise.up_to_usd_per_hour for rise in chosen.rises}
    return PriceAge(
        provider=offer.provider,
        region=offer.region,
        zone=offer.zone,
        instance_type=offer.instance_type,
        term=offer.term,
        usd_per_hour=usd,
        observed_at=offer.observed_at.isoformat(),
        age_days=_days(offer, today),
        likely_low_usd_per_hour=round(usd * moved.low, 6),
        likely_high_usd_per_hour=round(usd * moved.high, 6),
        at_risk_usd_per_hour=float((offer.usd_per_hour * factor).quantize(DIGITS)),
        basis=moved.scope,
        series=moved.series,
        changes=moved.changes,
        may_rise_to_usd_per_hour=rises.get(offer.offer_id),
    )
