"""The clock jumps: a refresh of a wrong time is not stored in silence, nor believed for ever, nor called fresh."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from api.answering import check_age
from pricing import load_snapshot
from pricing.errors import PricesStaleError
from pricing.refresh import NOT_STORED
from tests.pricing.quoting import quote
from tests.pricing.refresh.answers import Refreshing, answering

YEARS = 1500


@pytest.fixture
def stored(tmp_path):
    refreshing = Refreshing(tmp_path)
    yield refreshing
    refreshing.store.close()


def test_after_a_clock_that_was_years_ahead_prices_are_refreshed_again(stored):
    stored.clock.days(YEARS)
    stored.refresh(answering(quote("50")))
    stored.clock.days(-YEARS)
    report = stored.report(answering(quote("55")))
    assert ("ok", 1, None) == (report.status, report.changed, report.error)
    assert {"us-east-1": "55"} == stored.prices()
    assert {"us-east-1": 0} == stored.ages()


def test_after_a_small_step_back_what_was_fetched_later_stands_and_that_is_said(stored):
    stored.refresh(answering(quote("50")))
    stored.clock.days(-1.5)
    report = stored.report(answering(quote("55")))
    assert (NOT_STORED, {"us-east-1": "50"}) == (report.error, stored.prices())


def test_batches_stay_in_their_order_whatever_the_clock_says(stored):
    before = stored.clock.now
    snapshots = []
    for days in (0, 2000, -1000, 5):
        stored.clock.now = before + timedelta(days=days)
        stored.refresh(answering(quote(str(50 + days % 7))))
        snapshots.append(stored.store.snapshot().snapshot_id)
    records = [record.stored_at for record in stored.store.batches()]
    assert records == sorted(records)
    assert snapshots[-1] == stored.store.snapshot().snapshot_id


@pytest.mark.parametrize(
    ("today", "said"),
    [
        (date(2026, 10, 20), None),
        (date(2026, 10, 18), None),  # the newest was seen tomorrow, where it is tomorrow already
        (date(2031, 1, 1), "the newest price is"),
        (date(2020, 1, 1), "every price is of a day after 2020-01-01"),
    ],
)
def test_prices_of_a_time_to_come_are_not_fresh(today, said, monkeypatch):
    monkeypatch.setenv("GPUMIX_MAX_PRICE_AGE_DAYS", "30")
    if said is None:
        check_age(load_snapshot(), today)
        return
    with pytest.raises(PricesStaleError, match=said):
        check_age(load_snapshot(), today)


def test_one_price_of_a_time_to_come_makes_the_others_no_fresher(monkeypatch):
    monkeypatch.setenv("GPUMIX_MAX_PRICE_AGE_DAYS", "30")
    shipped = load_snapshot()
    ahead = replace(shipped, offers=(*shipped.offers, replace(shipped.offers[0], observed_at=date(2040, 1, 1))))
    with pytest.raises(PricesStaleError, match="the newest price is"):
        check_age(ahead, date(2031, 1, 1))
