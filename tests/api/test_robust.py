"""Plans against old prices: regret, premium, and how far each price may rise, held against solving by hand."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from api.answering import Answerer
from api.robust import Robust, answer_robust
from optimizer.fleet.plan import AlternativeLine
from optimizer.fleet.price_risk import plans_at_risk
from pricing.drift import ENOUGH_SERIES, PriceDrift
from pricing.offers import Offer
from pricing.spans import PriceSpan
from tests.optimizer.fleet.market import TWO_SIZES, catalog, cost, offer, request, snapshot

OLD, NEW = date(2026, 3, 4), date(2026, 8, 31)
TODAY = date(2026, 9, 1)


def risen(provider: str, factor: float) -> list[PriceSpan]:
    """Return a history in which every price of a provider rose by a factor within half a year."""
    spans = []
    for number in range(ENOUGH_SERIES):
        for usd, day in ((1.0, date(2025, 1, 1)), (factor, date(2025, 1, 1) + timedelta(days=180))):
            key = (provider, f"r{number:02}", None, "x", "on_demand", "", None, None)
            spans.append(PriceSpan(*key, Decimal(str(usd)), day, day, "a test"))
    return spans


def market(stale: str = "10.00", fresh: str = "12.00") -> tuple[Offer, ...]:
    """Return an old cheap offer of one cloud and a new, dearer one of the same machine of another."""
    return (
        offer(stale, provider="gcp", observed_at=OLD),
        offer(fresh, provider="aws", observed_at=NEW),
    )


def answered(*offers: Offer, factor: float = 1.5, quantile: float = 0.9) -> Robust:
    drift = PriceDrift([*risen("gcp", factor), *risen("aws", factor)], {})
    asked = request(as_of=TODAY.isoformat())
    return answer_robust(Answerer(catalog(), snapshot(*offers)), asked, drift, quantile=quantile)


def test_an_old_price_that_likely_rose_is_left_for_a_new_one() -> None:
    found = answered(*market())
    assert found.listed is not None
    assert found.robust is not None
    assert ["gcp"] == [line.provider for line in found.listed.lines]
    assert ["aws"] == [line.provider for line in found.robust.lines]
    assert not found.same_fleet
    assert (10.0, 12.0) == (found.listed.usd_per_hour_listed, found.robust.usd_per_hour_listed)
    assert found.premium_usd_per_hour == pytest.approx(2.0)
    assert found.listed.usd_per_hour_at_risk == pytest.approx(10 * 1.5 ** (181 / 180) ** 0.5, rel=1e-4)
    at_risk = found.listed.usd_per_hour_at_risk - found.robust.usd_per_hour_at_risk
    assert found.regret_usd_per_hour == pytest.approx(at_risk)
    assert at_risk > 0


def test_prices_that_stand_leave_the_plan_as_it_is() -> None:
    found = answered(*market(), factor=1.0)
    assert (True, 0.0, 0.0) == (found.same_fleet, found.regret_usd_per_hour, found.premium_usd_per_hour)


def test_a_price_is_never_planned_below_its_listing() -> None:
    found = answered(*market(), factor=0.5)
    assert [price.usd_per_hour for price in found.prices] == [price.at_risk_usd_per_hour for price in found.prices]
    assert all(price.likely_high_usd_per_hour < price.usd_per_hour for price in found.prices)


def test_each_used_price_says_its_age_and_its_basis() -> None:
    ages = {price.provider: (price.age_days, price.basis) for price in answered(*market()).prices}
    assert {"gcp": (181, "provider gcp on_demand"), "aws": (1, "provider aws on_demand")} == ages


def test_nothing_fits_has_no_regret() -> None:
    found = answered(offer("10", "L4-24GB", 1))
    assert (None, None, ()) == (found.listed, found.regret_usd_per_hour, found.prices)


def offer_id(line: AlternativeLine) -> str:
    return f"{line.provider}/{line.region}/-/{line.instance_type}/{line.term}"


MIXES = {
    "one kind": (request(), market()),
    "part of a mix": (
        request({**TWO_SIZES, "request_rate_per_s": 12}),
        (
            offer("14.50", "A100-SXM-80GB", provider="gcp"),
            offer("5.98", gpus=2, provider="lambda"),
            offer("2.10", "A100-SXM-80GB", 1, provider="runpod"),
            offer("40.00"),
        ),
    ),
}


@pytest.mark.parametrize("name", MIXES)
def test_up_to_its_rise_a_plan_stays_the_cheapest_and_no_further(name: str) -> None:
    asked, offers = MIXES[name]
    found = plans_at_risk(asked, snapshot(*offers), catalog(), {}, 60)
    assert found.listed is not None
    assert found.rises
    for rise in found.rises:
        assert rise.up_to_usd_per_hour is not None
        rented = (line for line in found.listed.lines if rise.offer_id == offer_id(line))
        count = sum(line.count for line in rented)
        for step, holds in ((-0.01, True), (0.01, False)):
            price = Decimal(str(rise.up_to_usd_per_hour)) + Decimal(str(step))
            moved = [replace(one, usd_per_hour=price) if one.offer_id == rise.offer_id else one for one in offers]
            mine = found.listed.usd_per_hour_listed + count * (float(price) - rise.usd_per_hour)
            assert holds == (mine <= cost(asked, moved) + 1e-6)


def test_without_another_fleet_a_price_may_rise_without_end() -> None:
    found = plans_at_risk(request(), snapshot(offer("10")), catalog(), {}, 60)
    assert [None] == [rise.up_to_usd_per_hour for rise in found.rises]
