"""The history of an offer: when it had which price."""

from datetime import date, timedelta

import pytest

from pricing.history import price_history
from pricing.spans import HistoryFilter
from tests.pricing.store.offering import NOON, batch, offer

EVERY = HistoryFilter(provider="aws")


def spans(store, wanted=EVERY):
    """Return (price, days from the first batch to its first and last sighting) of each span."""
    found = store.history(wanted)
    day = NOON.date()
    return [(str(span.usd_per_hour), (span.first_seen - day).days, (span.last_seen - day).days) for span in found]


def test_an_unchanged_price_is_one_span_to_its_last_sighting(store, clock):
    for _ in range(3):
        store.add_batch(batch(clock(), offer("98.32")))
        clock.days(1)
    assert spans(store) == [("98.32", 0, 2)]


def test_a_change_opens_a_new_span(store, clock):
    for price in ("98.32", "98.32", "55.04"):
        store.add_batch(batch(clock(), offer(price)))
        clock.days(1)
    assert spans(store) == [("98.32", 0, 1), ("55.04", 2, 2)]


def test_an_offer_that_is_gone_was_last_seen_before(store, clock):
    store.add_batch(batch(clock(), offer(), offer(region="us-west-2")))
    store.add_batch(batch(clock.days(1), offer(region="us-west-2")))
    assert spans(store, HistoryFilter(region="us-east-1")) == [("55.04", 0, 0)]


def test_a_failed_batch_saw_nothing(store, clock):
    store.add_batch(batch(clock(), offer()))
    store.add_batch(batch(clock.days(1), status="failed"))
    assert spans(store) == [("55.04", 0, 0)]


def test_a_partial_batch_without_it_did_not_see_it_and_the_next_one_did(store, clock):
    store.add_batch(batch(clock(), offer(), offer(region="us-west-2")))
    store.add_batch(batch(clock.days(1), offer(region="us-west-2"), status="partial"))
    assert spans(store, HistoryFilter(region="us-east-1")) == [("55.04", 0, 0)]
    store.add_batch(batch(clock.days(1), offer(), offer(region="us-west-2")))
    assert spans(store, HistoryFilter(region="us-east-1")) == [("55.04", 0, 2)]


def test_other_facts_at_the_same_price_are_the_same_span(store, clock):
    store.add_batch(batch(clock(), offer()))
    store.add_batch(batch(clock.days(1), offer(note="new words")))
    assert spans(store) == [("55.04", 0, 1)]


@pytest.mark.parametrize(
    ("wanted", "regions"),
    [
        (HistoryFilter(provider="AWS"), ["us-east-1", "us-west-2"]),
        (HistoryFilter(region="US-WEST-2"), ["us-west-2"]),
        (HistoryFilter(region="usw2-az1"), ["us-west-2"]),
        (HistoryFilter(term="spot"), ["us-west-2"]),
        (HistoryFilter(instance_type="p5.48xlarge"), ["us-east-1", "us-west-2"]),
        (HistoryFilter(gpu_ids=frozenset({"H100-SXM-80GB"})), ["us-east-1", "us-west-2"]),
        (HistoryFilter(gpu_ids=frozenset({"H200-SXM-141GB"})), []),
        (HistoryFilter(provider="gcp"), []),
    ],
)
def test_offers_are_found_by_what_users_name_them_by(store, clock, wanted, regions):
    store.add_batch(batch(clock(), offer(), offer("20", region="us-west-2", zone="usw2-az1", term="spot")))
    assert [span.region for span in store.history(wanted)] == regions


def test_a_feed_of_its_own_is_a_series_of_its_own(store, clock):
    store.add_batch(batch(clock(), offer()))
    store.add_batch(batch(clock(), offer("30"), feed="contract"))
    assert {span.series: str(span.usd_per_hour) for span in store.history(EVERY)} == {"": "55.04", "contract": "30"}


def test_stored_prices_go_on_where_the_shipped_history_ends(url, store, clock):
    store.add_batch(batch(clock(), offer("55.04", note="live")))
    store.add_batch(batch(clock.days(1), offer("50")))
    wanted = HistoryFilter("aws", "us-east-1", "p5.48xlarge", term="on_demand")
    assert [(str(span.usd_per_hour), span.first_seen, span.last_seen) for span in price_history(wanted, url)] == [
        ("98.32", date(2023, 7, 31), date(2025, 6, 4)),
        ("55.04", date(2025, 6, 5), NOON.date()),
        ("50", NOON.date() + timedelta(days=1), NOON.date() + timedelta(days=1)),
    ]
