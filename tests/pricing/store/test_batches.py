"""What a batch does to what is stored."""

import pytest

from pricing.store.batches import Batch, Changes
from pricing.store.errors import OutdatedBatchError
from tests.pricing.store.offering import NOON, batch, offer, prices, quarantined

EAST, WEST = offer(region="us-east-1"), offer(region="us-west-2")


def counts(changes):
    return changes.new, changes.changed, changes.gone


def days(store):
    return {offer.region: (offer.observed_at - NOON.date()).days for offer in store.snapshot().offers}


def test_the_first_batch_is_all_new(store, clock):
    assert store.add_batch(batch(clock(), EAST, WEST)) == Changes(1, 2, 0, 0)


def test_offers_come_back_as_they_were_given(store, clock):
    given = offer(zone="use1-az1", term="spot", note="ä, 'quoted'", vcpus=None, currency="EUR")
    added = batch(clock(), given)
    store.add_batch(added)
    assert store.snapshot().offers == added.offers


def test_an_unchanged_offer_is_neither_new_nor_changed_and_gets_the_new_day(store, clock):
    store.add_batch(batch(clock(), EAST))
    assert counts(store.add_batch(batch(clock.days(1), EAST))) == (0, 0, 0)
    assert days(store) == {"us-east-1": 1}


def test_an_amount_written_in_another_way_is_the_same_price(store, clock):
    store.add_batch(batch(clock(), offer("55.04")))
    assert counts(store.add_batch(batch(clock.days(1), offer("55.0400")))) == (0, 0, 0)


def test_another_price_is_a_change(store, clock):
    store.add_batch(batch(clock(), offer("98.32")))
    assert counts(store.add_batch(batch(clock.days(1), offer("55.04")))) == (0, 1, 0)
    assert prices(store.snapshot()) == {"us-east-1": "55.04"}


def test_other_facts_are_a_change(store, clock):
    store.add_batch(batch(clock(), EAST))
    assert counts(store.add_batch(batch(clock.days(1), offer(note="with a note")))) == (0, 1, 0)


def test_what_a_good_batch_no_longer_has_is_gone(store, clock):
    store.add_batch(batch(clock(), EAST, WEST))
    assert counts(store.add_batch(batch(clock.days(1), EAST))) == (0, 0, 1)
    assert days(store) == {"us-east-1": 1}


def test_what_was_gone_and_comes_back_is_new(store, clock):
    store.add_batch(batch(clock(), EAST, WEST))
    store.add_batch(batch(clock.days(1), EAST))
    assert counts(store.add_batch(batch(clock.days(1), EAST, WEST))) == (1, 0, 0)


def test_what_a_partial_batch_lacks_stays_with_its_old_day(store, clock):
    store.add_batch(batch(clock(), EAST, WEST))
    assert counts(store.add_batch(batch(clock.days(1), EAST, status="partial"))) == (0, 0, 0)
    assert days(store) == {"us-east-1": 1, "us-west-2": 0}


def test_an_offer_seen_again_after_a_partial_batch_is_no_change(store, clock):
    store.add_batch(batch(clock(), EAST, WEST))
    store.add_batch(batch(clock.days(1), EAST, status="partial"))
    assert counts(store.add_batch(batch(clock.days(1), EAST, WEST))) == (0, 0, 0)
    assert days(store) == {"us-east-1": 2, "us-west-2": 2}


def test_a_failed_batch_leaves_everything_with_its_old_day(store, clock):
    store.add_batch(batch(clock(), EAST, WEST))
    store.add_batch(batch(clock.days(1), status="failed", error="timed out"))
    assert days(store) == {"us-east-1": 0, "us-west-2": 0}


def test_a_failed_batch_is_kept_as_a_record_beside_the_last_good_one(store, clock):
    store.add_batch(batch(clock(), EAST))
    store.add_batch(batch(clock.days(1), status="failed", error="timed out"))
    assert [(record.status, record.error) for record in store.batches()] == [("failed", "timed out")]
    assert [(record.status, record.day) for record in store.good_batches()] == [("ok", NOON.date())]


def test_providers_do_not_touch_each_other(store, clock):
    store.add_batch(batch(clock(), EAST))
    store.add_batch(batch(clock(), WEST, provider="gcp"))
    store.add_batch(batch(clock.days(1), EAST))
    assert days(store) == {"us-east-1": 1, "us-west-2": 0}


def test_a_batch_of_some_regions_ends_nothing_elsewhere(store, clock):
    other = offer(region="us-east-1", instance_type="p4d.24xlarge")
    store.add_batch(batch(clock(), EAST, WEST, other))
    changes = store.add_batch(batch(clock.days(1), EAST, regions=frozenset({"us-east-1"})))
    assert counts(changes) == (0, 0, 1)
    assert days(store) == {"us-east-1": 1, "us-west-2": 0}


def test_a_quarantined_price_leaves_the_last_good_one_with_its_old_day(store, clock):
    store.add_batch(batch(clock(), EAST, WEST))
    changes = store.add_batch(batch(clock.days(1), EAST, rejections=(quarantined(WEST),)))
    assert counts(changes) == (0, 0, 0)
    assert days(store) == {"us-east-1": 1, "us-west-2": 0}


def test_a_day_told_by_the_source_is_kept(store, clock):
    read_on = NOON.date().replace(day=1, month=6)
    store.add_batch(batch(clock(), EAST, seen=read_on, feed="skypilot"))
    assert counts(store.add_batch(batch(clock.days(9), EAST, seen=read_on, feed="skypilot"))) == (0, 0, 0)
    assert [row.observed_at for row in store.snapshot().offers] == [read_on]


def test_a_batch_fetched_before_the_stored_one_changes_nothing(store, clock):
    store.add_batch(batch(clock.days(1), EAST))
    late = batch(NOON, offer("1"))
    with pytest.raises(OutdatedBatchError, match="a newer batch of aws"):
        store.add_batch(late)
    assert prices(store.snapshot()) == {"us-east-1": "55.04"}


@pytest.mark.parametrize("offers", [(EAST, EAST), (EAST, offer(provider="gcp"))])
def test_a_batch_with_a_repeated_or_foreign_offer_is_a_mistake(offers):
    with pytest.raises(ValueError, match="a batch of aws"):
        Batch("aws", NOON, offers)


def test_a_batch_needs_a_moment_with_a_zone():
    with pytest.raises(ValueError, match="time zone"):
        Batch("aws", NOON.replace(tzinfo=None), ())


def test_the_last_batch_tells_what_it_left_out(store, clock):
    row = quarantined(WEST)
    store.add_batch(batch(clock(), EAST, rejections=(row,)))
    store.add_batch(batch(clock.days(1), status="failed"))
    assert store.rejections() == (row,)
    assert store.snapshot().rejected == {"outside the plausible price of this GPU": 1}


def test_the_next_batch_tells_anew(store, clock):
    store.add_batch(batch(clock(), EAST, rejections=(quarantined(WEST),)))
    store.add_batch(batch(clock.days(1), EAST))
    assert store.rejections() == ()
