"""The difference of a plan and today's: causes add up to the change, and each is put down to what is not as it was."""

from dataclasses import replace
from decimal import Decimal

import pytest

from optimizer.fleet.difference import Difference, difference
from optimizer.fleet.plan import Plan
from optimizer.fleet.planning import Reading, make_plan
from pricing.offers import Offer, Snapshot
from tests.optimizer.fleet.market import catalog, plan, request, three_clouds


def priced(*offers: Offer) -> Snapshot:
    return Snapshot("todays-snapshot", offers, {})


def today(before: Plan, *offers: Offer) -> Difference:
    prices = priced(*offers)
    return difference(before, make_plan(before.request, prices, catalog(), Reading("", "")), prices, catalog())


def scaled(factor: str) -> list[Offer]:
    return [replace(one, usd_per_hour=one.usd_per_hour * Decimal(factor)) for one in three_clouds()]


def test_the_same_prices_change_nothing() -> None:
    found = today(plan(request()), *three_clouds())
    assert (0.0, (), (), ()) == (found.change_usd_per_hour, found.causes, found.prices, found.fleet)


def test_dearer_prices_are_the_cause_of_a_dearer_plan() -> None:
    before = plan(request())
    found = today(before, *scaled("1.5"))
    assert found.change_usd_per_hour == pytest.approx(0.5 * (before.cost_usd_per_hour or 0.0))
    assert ["prices"] == [cause.cause for cause in found.causes]
    assert found.prices


def test_causes_add_up_when_another_offer_became_cheaper() -> None:
    before = plan(request())
    rented = {line.instance_type for line in before.lines}
    offers = [
        one if one.instance_type in rented or one.gpu_count == 1 else replace(one, usd_per_hour=Decimal("0.50"))
        for one in three_clouds()
    ]
    found = today(before, *offers)
    assert found.change_usd_per_hour is not None
    assert found.change_usd_per_hour < 0
    assert sum(cause.usd_per_hour for cause in found.causes) == pytest.approx(found.change_usd_per_hour)
    assert found.fleet


def test_an_offer_that_is_gone_is_named() -> None:
    before = plan(request())
    rented = {line.instance_type for line in before.lines}
    found = today(before, *(one for one in three_clouds() if one.instance_type not in rented))
    assert ["offers gone"] == [cause.cause for cause in found.causes]
    assert all(change.now_usd_per_hour is None for change in found.prices)


@pytest.mark.parametrize("fact", ["catalog", "calibration"])
def test_with_the_same_prices_the_facts_are_the_cause(fact: str) -> None:
    before = plan(request())
    line = before.lines[0]
    fewer = replace(before, lines=(replace(line, count=2 * line.count),), **{f"{fact}_id": "of then"})
    found = difference(fewer, before, Snapshot(before.snapshot.id, three_clouds(), {}), catalog())
    assert [fact] == [cause.cause for cause in found.causes]


def test_a_plan_that_fitted_nowhere_has_no_change_in_cost() -> None:
    before = plan(request(limits={"max_usd_per_hour": 0.01}))
    found = today(before, *three_clouds())
    assert found.change_usd_per_hour is None
    assert found.causes == ()
