"""A contract rate holds from its first day to its last, whenever the prices are read."""

from datetime import date, timedelta

import pytest

from pricing.store.merging import EMPTY
from pricing.store.price_store import PriceStore
from tests.pricing.store.offering import NOON, baseline, batch, offer, prices

TODAY = NOON.date()
LIST = offer("55.04")
RATE = offer("41.50", valid_from=TODAY - timedelta(days=2), valid_until=TODAY + timedelta(days=3))


def in_days(days):
    """Return the price that is known in so many days, as the same database tells it then."""
    return lambda store: prices(store.snapshot(NOON + timedelta(days=days, hours=1)))


@pytest.fixture
def contracted(store, clock):
    store.add_batch(batch(clock(), LIST))
    store.add_batch(batch(clock(), RATE, feed="contract"))
    return store


def test_the_days_of_a_rate_come_back_as_they_were_given(contracted):
    (found,) = contracted.snapshot().offers
    assert (found.valid_from, found.valid_until) == (RATE.valid_from, RATE.valid_until)


@pytest.mark.parametrize(("days", "price"), [(0, "41.5"), (3, "41.5"), (4, "55.04"), (400, "55.04")])
def test_a_rate_beats_the_list_price_until_its_last_day_and_not_after(contracted, days, price):
    assert in_days(days)(contracted) == {"us-east-1": price}


def test_a_rate_ends_without_anything_being_stored(contracted, clock):
    clock.days(4)
    assert prices(contracted.snapshot()) == {"us-east-1": "55.04"}


def test_a_rate_that_begins_later_holds_from_its_first_day(store, clock):
    later = offer("41.50", valid_from=TODAY + timedelta(days=10))
    store.add_batch(batch(clock(), LIST))
    store.add_batch(batch(clock(), later, feed="contract"))
    assert [in_days(days)(store)["us-east-1"] for days in (0, 9, 10)] == ["55.04", "55.04", "41.5"]


def test_where_a_rate_ends_a_shipped_price_comes_back(open_store, clock):
    store = open_store(baseline(offer("98.32", observed_at=date(2025, 1, 1))))
    store.add_batch(batch(clock(), RATE, feed="contract"))
    assert [in_days(days)(store)["us-east-1"] for days in (0, 4)] == ["41.5", "98.32"]


def test_days_with_other_prices_have_other_ids_and_the_same_day_the_same(contracted):
    before, after = (contracted.snapshot(NOON + timedelta(days=days)).snapshot_id for days in (3, 4))
    assert (before == after, contracted.snapshot(NOON + timedelta(days=3)).snapshot_id) == (False, before)


def test_a_rate_that_ended_is_told_among_what_is_left_out(contracted, clock):
    clock.days(4)
    (row,) = contracted.rejections()
    assert (row.reason.value, row.detail) == ("outside the days it is valid on", f"valid until {RATE.valid_until}")
    assert contracted.snapshot().rejected == {"outside the days it is valid on": 1}


def test_a_database_of_the_first_version_is_brought_up_to_date_with_its_prices(url, clock):
    store = PriceStore.open(url, EMPTY, clock)
    store.add_batch(batch(clock(), LIST))
    with store._engine.begin() as connection:
        for change in (
            "ALTER TABLE prices DROP COLUMN valid_from",
            "ALTER TABLE prices DROP COLUMN valid_until",
            "DROP TABLE documents",
            "DROP TABLE quotas",
            "DELETE FROM schema_versions WHERE version > 1",
        ):
            connection.exec_driver_sql(change)
    store.close()
    upgraded = PriceStore.open(url, EMPTY, clock)
    upgraded.add_batch(batch(clock(), RATE, feed="contract"))
    assert prices(upgraded.snapshot()) == {"us-east-1": "41.5"}
    assert in_days(4)(upgraded) == {"us-east-1": "55.04"}
    upgraded.close()
