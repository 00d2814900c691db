"""What a moment knew: always the same rows and the same id."""

import hashlib
from datetime import date, timedelta

from pricing.files import write_offers
from pricing.store.price_store import PriceStore
from tests.pricing.store.offering import NOON, baseline, batch, offer, prices

EAST, WEST = offer(region="us-east-1"), offer(region="us-west-2")
CHEAP, DEAR = offer("20"), offer("60")
SHIPPED = baseline(offer("98.32", observed_at=date(2025, 1, 1)), offer("40", region="us-west-2"))


def test_an_empty_store_is_its_baseline(open_store):
    snapshot = open_store(SHIPPED).snapshot()
    assert (snapshot.snapshot_id, snapshot.offers) == (SHIPPED.snapshot_id, SHIPPED.offers)


def test_the_id_is_the_hash_of_the_exported_rows(store, clock):
    store.add_batch(batch(clock(), EAST, WEST))
    snapshot = store.snapshot()
    assert snapshot.snapshot_id == hashlib.sha256(write_offers(snapshot.offers).encode()).hexdigest()[:16]


def test_the_past_does_not_change(store, clock):
    moments, seen = [], []
    for price in ("98.32", "55.04", "60"):
        store.add_batch(batch(clock.days(1), offer(price)))
        moments.append(clock())
        seen.append(store.snapshot())
    assert [store.snapshot(moment) for moment in moments] == seen
    assert len({snapshot.snapshot_id for snapshot in seen}) == 3


def test_a_day_seen_again_is_another_snapshot(store, clock):
    store.add_batch(batch(clock(), EAST))
    first = store.snapshot().snapshot_id
    store.add_batch(batch(clock.days(1), EAST))
    assert store.snapshot().snapshot_id != first


def test_rows_seen_on_the_same_day_are_the_same_snapshot(store, clock):
    store.add_batch(batch(clock(), EAST))
    first = store.snapshot().snapshot_id
    store.add_batch(batch(clock.days(0.1), EAST))
    assert store.snapshot().snapshot_id == first


def test_before_the_first_batch_there_is_only_what_was_shipped_by_then(open_store, clock):
    store = open_store(SHIPPED)
    store.add_batch(batch(clock(), EAST))
    assert prices(store.snapshot(NOON - timedelta(days=9))) == {"us-east-1": "98.32"}


def test_a_clock_that_goes_back_does_not_reorder_batches(store, clock):
    store.add_batch(batch(clock(), offer("1"), provider="aws"))
    clock.days(-5)
    store.add_batch(batch(clock(), offer("2"), provider="gcp"))
    first, second = store.batches()
    assert second.stored_at == first.stored_at + timedelta(microseconds=1)


def test_a_provider_with_a_complete_batch_loses_its_shipped_rows_and_the_others_keep_theirs(open_store, clock):
    other = offer("1", provider="gcp", region="us-central1")
    store = open_store(baseline(*SHIPPED.offers, other))
    store.add_batch(batch(clock(), EAST))
    assert prices(store.snapshot()) == {"us-east-1": "55.04", "us-central1": "1"}


def test_a_partial_first_batch_stands_beside_shipped_rows(open_store, clock):
    store = open_store(SHIPPED)
    store.add_batch(batch(clock(), EAST, status="partial"))
    assert prices(store.snapshot()) == {"us-east-1": "55.04", "us-west-2": "40"}


def test_a_failed_first_batch_leaves_the_shipped_snapshot_under_its_own_rows(open_store, clock):
    store = open_store(SHIPPED)
    store.add_batch(batch(clock(), status="failed"))
    assert store.snapshot().offers == SHIPPED.offers


def test_the_users_contract_beats_every_list_price(open_store, clock):
    store = open_store(SHIPPED)
    store.add_batch(batch(clock(), DEAR, feed="contract"))
    store.add_batch(batch(clock.days(1), CHEAP))
    assert prices(store.snapshot()) == {"us-east-1": "60"}


def test_an_import_that_is_newer_than_the_shipped_row_beats_it(open_store, clock):
    store = open_store(SHIPPED)
    store.add_batch(batch(clock(), CHEAP, feed="skypilot", seen=date(2026, 1, 1)))
    assert prices(store.snapshot()) == {"us-east-1": "20", "us-west-2": "40"}


def test_an_import_that_is_older_than_the_shipped_row_does_not(open_store, clock):
    store = open_store(SHIPPED)
    store.add_batch(batch(clock(), CHEAP, feed="skypilot", seen=date(2024, 1, 1)))
    assert prices(store.snapshot()) == {"us-east-1": "98.32", "us-west-2": "40"}


def test_an_import_gives_way_to_a_complete_live_batch(store, clock):
    store.add_batch(batch(clock(), CHEAP, WEST, feed="skypilot"))
    store.add_batch(batch(clock(), DEAR))
    assert prices(store.snapshot()) == {"us-east-1": "60"}


def test_the_id_is_known_again_after_an_upgrade_brought_other_shipped_rows(open_store, clock):
    open_store(SHIPPED).add_batch(batch(clock(), EAST, provider="gcp"))
    upgraded = open_store(baseline(WEST)).snapshot()
    assert upgraded.snapshot_id == hashlib.sha256(write_offers(upgraded.offers).encode()).hexdigest()[:16]


def test_another_program_sees_the_same(url, store, clock):
    store.add_batch(batch(clock(), EAST, WEST))
    other = PriceStore.open(url, baseline(), clock)
    assert other.snapshot() == store.snapshot()
    other.close()


def test_a_snapshot_is_found_by_its_id_whatever_was_stored_since(store, clock):
    for price in ("98.32", "55.04", "60"):
        store.add_batch(batch(clock.days(1), offer(price)))
        if price == "55.04":
            second = store.snapshot()
    assert second == store.snapshot_named(second.snapshot_id)


def test_an_id_that_no_batch_led_to_has_no_snapshot(store, clock):
    store.add_batch(batch(clock(), EAST))
    assert store.snapshot_named("0123456789abcdef") is None
