"""How the prices stand, and picking some of them."""

from datetime import date

import pytest

from pricing import Snapshot, load_rejections, load_snapshot, prices_status, select_offers
from tests.pricing.quoting import normalized, quote

TODAY = date(2026, 11, 24)


def status(*quotes):
    read = normalized(*quotes)
    return prices_status(Snapshot("id", read.offers, {}), read.rejections, TODAY)


def test_a_provider_has_its_offers_and_the_age_of_the_oldest_and_newest():
    old = quote(observed_at=date(2026, 11, 14), region="us-east-2")
    (aws,) = status(quote(observed_at=date(2026, 11, 20)), old).providers
    assert (aws.offers, aws.newest_age_days, aws.oldest_age_days, aws.tiers) == (2, 4, 10, ("hyperscaler",))


def test_a_provider_with_nothing_left_has_no_age():
    (aws,) = status(quote("0")).providers
    assert (aws.offers, aws.oldest_age_days, dict(aws.rejected)) == (0, None, {"a price of zero or less": 1})


def test_quarantined_prices_are_listed_with_their_reason():
    (row,) = status(quote("999")).quarantined
    assert (row.instance_type, row.reason.value) == ("p5.48xlarge", "outside the plausible price of this GPU")


def test_a_provider_is_counted_once_under_its_id():
    listed = quote("0", provider="massed compute")
    assert [row.provider for row in status(listed).providers] == ["massed-compute"]


def test_the_shipped_snapshot_adds_up():
    shipped = prices_status(load_snapshot(), load_rejections(), TODAY)
    assert sum(row.offers for row in shipped.providers) == shipped.offers == sum(shipped.offers_by_tier.values())
    assert sum(sum(row.rejected.values()) for row in shipped.providers) == sum(shipped.rejected.values())


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"provider": "AWS", "region": "us-east-1", "term": "on_demand", "gpu_ids": ["H100-SXM-80GB"]}, 2),
        ({"tier": "tracker", "provider": "coreweave", "gpu_ids": ["H200-SXM-141GB"]}, 1),
        ({"region": "use1-az6", "gpu_ids": ["A100-SXM-80GB"]}, 1),
        ({"provider": "nobody"}, 0),
    ],
)
def test_offers_are_picked_by_what_users_name_them_by(filters, expected):
    assert len(select_offers(load_snapshot().offers, **filters)) == expected


def test_a_continent_is_a_region():
    europe = select_offers(load_snapshot().offers, region="europe")
    assert {offer.continent for offer in europe} == {"europe"}
