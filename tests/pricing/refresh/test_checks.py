"""An answer held against the one before: what is not believed at once."""

from dataclasses import replace
from datetime import date

import pytest

from pricing.checks import check_answer
from pricing.providers import ItemProblem
from pricing.rejections import Reason
from tests.pricing.quoting import quote
from tests.pricing.refresh.answers import answering
from tests.pricing.store.offering import offer, quarantined

REGIONS = ("us-east-1", "us-east-2", "us-west-2", "eu-north-1")
EVERYWHERE = tuple(quote(region=region) for region in REGIONS)
HERE = offer("50", observed_at=date(2026, 11, 1))


@pytest.mark.parametrize(
    ("term", "before", "now", "believed"),
    [
        ("on_demand", "98.32", "55.04", True),
        ("on_demand", "30", "90", True),
        ("on_demand", "30", "90.01", False),
        ("on_demand", "90.01", "30", False),
        ("reserved_1y", "60", "10", False),
        ("spot", "10.24", "55.04", True),
        ("spot", "80", "9.99", False),
    ],
)
def test_a_price_may_move_by_a_factor_of_its_term(term, before, now, believed):
    checked = check_answer([offer(now, term=term)], (), [offer(before, term=term)])
    assert believed == bool(checked.offers)
    assert believed != bool(checked.quarantined)


def test_a_price_that_jumped_is_quarantined_with_both_figures():
    (row,) = check_answer([offer("500")], (), [HERE]).quarantined
    assert (row.reason, row.detail) == (Reason.JUMP, "500 USD per hour after 50 on 2026-11-01")


def test_a_price_of_long_ago_is_no_measure():
    old = replace(HERE, observed_at=date(2026, 7, 1))
    assert check_answer([offer("500")], (), [old]).quarantined == ()


def test_a_first_answer_is_believed():
    assert check_answer([HERE], (), ()).doubts == ()


def test_less_than_half_of_the_offers_is_a_doubt():
    before = [offer(instance_type=f"type{number}") for number in range(4)]
    assert check_answer(before[:2], (), before).doubts == ()
    assert check_answer(before[:1], (), before).doubts == ("1 offers after 4",)


def test_a_region_that_says_nothing_is_a_doubt():
    before = [offer(region=region) for region in REGIONS]
    assert check_answer(before[1:], (), before).doubts == ("nothing from us-east-1",)


def test_a_region_whose_prices_were_rejected_did_say_something():
    before = [offer(region=region) for region in REGIONS]
    assert check_answer(before[1:], [quarantined(before[0])], before).doubts == ()


def test_hosts_of_a_marketplace_come_and_go():
    before = [offer(region=region, tier="marketplace") for region in REGIONS]
    assert check_answer(before[1:], (), before).doubts == ()


def test_many_missing_regions_are_counted():
    before = [offer(region=f"r{number}") for number in range(9)]
    assert check_answer(before[:1], (), before).doubts[1] == "nothing from r1, r2, r3, r4, r5 and 3 more"


def test_a_doubtful_answer_is_stored_in_part_and_ends_nothing(stored):
    stored.refresh(answering(*EVERYWHERE))
    report = stored.report(answering(EVERYWHERE[0]))
    assert (report.status, report.offers, report.gone) == ("partial", 1, 0)
    assert report.error == "1 offers after 4; nothing from eu-north-1, us-east-2, us-west-2"
    assert stored.ages() == {"us-east-1": 0, "us-east-2": 1, "us-west-2": 1, "eu-north-1": 1}


def test_it_stays_doubtful_until_somebody_accepts_it(stored):
    stored.refresh(answering(*EVERYWHERE))
    stored.refresh(answering(EVERYWHERE[0]))
    assert stored.report(answering(EVERYWHERE[0])).status == "partial"
    assert stored.report(answering(EVERYWHERE[0]), accept=True).gone == 3
    assert stored.prices() == {"us-east-1": "55.04"}


def test_a_price_that_jumped_leaves_the_old_one_until_somebody_accepts_it(stored):
    stored.refresh(answering(*EVERYWHERE))
    jumped = answering(quote("10"), *EVERYWHERE[1:])
    report = stored.report(jumped)
    assert [(row.region, row.usd_per_hour, row.reason) for row in report.quarantined] == [
        ("us-east-1", 10.0, "price jumped since it was last seen")
    ]
    assert (report.status, stored.prices()["us-east-1"], stored.ages()["us-east-1"]) == ("ok", "55.04", 1)
    assert stored.report(jumped, accept=True).changed == 1
    assert stored.prices()["us-east-1"] == "10"


def test_an_implausible_price_leaves_the_old_one_even_where_it_is_accepted(stored):
    stored.refresh(answering(*EVERYWHERE))
    report = stored.report(answering(quote("0.08"), *EVERYWHERE[1:]), accept=True)
    assert [row.reason for row in report.quarantined] == ["outside the plausible price of this GPU"]
    assert stored.prices()["us-east-1"] == "55.04"


def test_a_half_answer_that_also_lost_offers_says_both(stored):
    stored.refresh(answering(*EVERYWHERE))
    half = answering(EVERYWHERE[0], partial=True, problems=(ItemProblem("page 2", "cut short"),))
    assert (
        stored.report(half).error
        == "1 offers after 4; nothing from eu-north-1, us-east-2, us-west-2; page 2: cut short"
    )
