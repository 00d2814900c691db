"""The quotas of the user's accounts, as a moment knew them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pricing.offers import AccountQuota
from tests.pricing.store.offering import NOON, batch, offer

LIST = offer()
P = AccountQuota("aws", "us-east-1", "P", "on_demand", 192, "Running On-Demand P instances", NOON.date())
P_WEST = replace(P, region="us-west-2", vcpus=0)
RAISED = replace(P, vcpus=384)


@pytest.fixture
def tell(store, clock):
    """Store a batch with quotas, a day later each time, and return what the store then tells by region."""

    def told(*quotas, **changes):
        store.add_batch(batch(clock.days(1), LIST, quotas=quotas, **changes))
        return {quota.region: quota.vcpus for quota in store.snapshot().quotas}

    return told


def test_a_store_without_an_account_knows_no_quotas(tell):
    assert tell() == {}


def test_quotas_come_back_with_the_day_they_were_told(tell, store):
    tell(P)
    assert store.snapshot().quotas == (replace(P, observed_at=NOON.date() + timedelta(days=1)),)


def test_a_quota_told_again_is_as_old_as_the_last_time(tell, store):
    tell(P)
    tell(P)
    assert [quota.observed_at for quota in store.snapshot().quotas] == [NOON.date() + timedelta(days=2)]


def test_a_quota_that_was_raised_is_the_new_one(tell):
    assert (tell(P), tell(RAISED)) == ({"us-east-1": 192}, {"us-east-1": 384})


def test_a_quota_that_a_region_no_longer_tells_is_gone(tell):
    spot = replace(P, market="spot", vcpus=96)
    assert (tell(P, spot), tell(spot)) == ({"us-east-1": 96}, {"us-east-1": 96})
    assert tell(P) == {"us-east-1": 192}


def test_a_region_that_tells_none_keeps_its_own_with_their_old_day(tell, store):
    tell(P, P_WEST)
    assert tell(P) == {"us-east-1": 192, "us-west-2": 0}
    assert [(quota.observed_at - NOON.date()).days for quota in store.snapshot().quotas] == [2, 1]


def test_a_failed_answer_changes_no_quota(tell, store, clock):
    tell(P)
    store.add_batch(batch(clock.days(1), status="failed"))
    assert [quota.vcpus for quota in store.snapshot().quotas] == [192]


def test_the_past_keeps_its_quotas(tell, store, clock):
    tell(P)
    before = clock()
    tell(RAISED)
    assert [quota.vcpus for quota in store.snapshot(before).quotas] == [192]
    assert [quota.observed_at for quota in store.snapshot(before).quotas] == [before.date()]


def test_a_preview_stores_no_quota(store, clock):
    store.preview(batch(clock(), LIST, quotas=(P,)))
    assert store.snapshot().quotas == ()


def test_quotas_are_no_part_of_the_id_of_prices(tell, store):
    tell(P)
    first = store.snapshot().snapshot_id
    store.add_batch(batch(NOON + timedelta(days=1, hours=1), LIST, quotas=(RAISED,)))
    assert store.snapshot().snapshot_id == first
