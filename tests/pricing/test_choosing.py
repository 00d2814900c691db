"""Several listings at once: which one stands, and why the others do not."""

from datetime import date
from decimal import Decimal

import pytest

from tests.pricing.quoting import TRACKER_SOURCE, VAST_SOURCE, labelled, normalized, only_offer, only_reason, quote

RANGE = {"observed_at": date(2025, 11, 18), "observed_until": date(2026, 5, 18)}


def outcome(*quotes):
    """Return ({price: term of each offer}, [reasons])."""
    read = normalized(*quotes)
    return [str(offer.usd_per_hour) for offer in read.offers], [row.reason.value for row in read.rejections]


def test_the_newest_listing_of_a_key_stands():
    old, new = quote("36", observed_at=date(2026, 8, 1)), quote("28", observed_at=date(2026, 8, 28))
    assert outcome(old, new) == (["28"], ["superseded by a newer listing"])


def test_a_known_day_inside_a_range_beats_the_range():
    known = quote("55", observed_at=date(2026, 1, 1))
    assert outcome(known, quote("40", **RANGE))[0] == ["55"]


def test_a_known_day_before_a_range_loses_to_it():
    known = quote("55", observed_at=date(2025, 6, 1))
    assert outcome(known, quote("40", **RANGE))[0] == ["40"]


def test_the_provider_itself_beats_a_newer_tracker():
    tracker = quote("40", source=TRACKER_SOURCE, observed_at=date(2026, 10, 1))
    assert outcome(quote("55"), tracker) == (["55"], ["superseded by the provider's own listing"])


def test_of_two_listings_of_one_day_the_cheaper_stands():
    assert outcome(quote("56"), quote("55", origin="listings.csv:3")) == (
        ["55"],
        ["a dearer listing of the same shape and day"],
    )


def test_a_listing_that_stands_twice_is_counted_as_repeated():
    assert outcome(quote(), quote(origin="listings.csv:3"))[1] == ["repeats another listing"]


def test_terms_and_regions_do_not_supersede_each_other():
    spot = quote("20", term="spot")
    assert len(normalized(quote(), spot, quote(region="us-east-2")).offers) == 3


@pytest.mark.parametrize(("spot", "kept"), [("52.28", True), ("52.288", False), ("55.04", False), ("60", False)])
def test_spot_at_95_percent_of_on_demand_is_the_cap(spot, kept):
    assert bool(normalized(quote(spot, term="spot")).offers) == kept


def test_the_cap_is_known_from_another_listing_too():
    spot = quote("55.04", term="spot", on_demand_usd_per_hour=None)
    assert only_reason(quote(), spot) == "spot at the on-demand cap: no spare capacity"


def test_an_older_spot_price_does_not_come_back_when_the_newest_is_at_the_cap():
    old = quote("20", term="spot", observed_at=date(2026, 1, 1))
    assert outcome(old, quote("55.04", term="spot"))[0] == []


def test_spot_of_a_community_at_its_own_price_is_no_spot():
    listed = {"provider": "runpod", "region": "community", "on_demand_usd_per_hour": Decimal("2.69")}
    spot = labelled("1x H100_SXM", "2.69", term="spot", **listed)
    assert not normalized(spot).offers


def zone(price, zone_id, **changes):
    return quote(price, term="spot", zone=zone_id, **{**RANGE, **changes})


def test_spot_of_each_zone_is_an_offer_and_the_regions_minimum_is_not():
    regional = quote("10", term="spot", **RANGE)
    read = normalized(regional, zone("10", "use1-az1"), zone("12", "use1-az2"))
    assert {offer.zone for offer in read.offers} == {"use1-az1", "use1-az2"}
    assert [row.reason.value for row in read.rejections] == ["listed zone by zone"]


def test_a_newer_minimum_of_the_region_supersedes_the_prices_of_its_zones():
    regional = quote("26.57", term="spot", observed_at=date(2026, 8, 6))
    assert outcome(regional, zone("16.24", "use2-az1")) == (["26.57"], ["superseded by a newer listing"])


@pytest.mark.parametrize("price", ["0.50", "400"])
def test_a_price_outside_the_band_of_its_gpu_is_quarantined(price):
    (rejection,) = normalized(quote(price, term="reserved_1y")).rejections
    assert (rejection.reason.value, rejection.quarantined) == ("outside the plausible price of this GPU", True)


def test_a_quarantined_price_supersedes_nothing():
    assert outcome(quote("0.5", observed_at=date(2026, 11, 1)), quote("55.04"))[0] == ["55.04"]


PRICE_LIST = {"provider": "ovh", "region": "global", "source": TRACKER_SOURCE}


@pytest.mark.parametrize(("eight", "kept"), [("24", True), ("19", True), ("29", True), ("17", False), ("31", False)])
def test_eight_gpus_of_a_price_list_cost_about_eight_times_one(eight, kept):
    read = normalized(labelled("1x H100_SXM", "3", **PRICE_LIST), labelled("8x H100_SXM", eight, **PRICE_LIST))
    assert (8 in {offer.gpu_count for offer in read.offers}) == kept


def test_hosts_of_a_market_set_their_own_prices():
    market = {"provider": "vast", "region": "US", "source": VAST_SOURCE}
    read = normalized(labelled("1x H100_SXM", "3.35", **market), labelled("2x H100_SXM", "3.47", **market))
    assert len(read.offers) == 2


def test_a_form_factor_is_another_product():
    sxm, pcie = (
        labelled("8x H100_SXM", "24", **PRICE_LIST),
        labelled("8x H100_PCIE", "20", "H100-PCIe-80GB", **PRICE_LIST),
    )
    assert len(normalized(sxm, pcie).offers) == 2


def test_an_offer_seen_in_a_range_keeps_both_ends():
    offer = only_offer(quote(**RANGE))
    assert (offer.observed_at, offer.observed_until) == (date(2025, 11, 18), date(2026, 5, 18))


@pytest.mark.parametrize(("two", "kept"), [("5.98", True), ("4", True), ("3.5", False), ("2.99", False)])
def test_more_gpus_at_the_price_of_fewer_are_quarantined_even_where_hosts_differ(two, kept):
    listing = {"provider": "verda", "region": "FIN-01", "source": "skypilot-catalog v8/verda/vms.csv"}
    read = normalized(labelled("1x H100_SXM", "2.99", **listing), labelled("2x H100_SXM", two, **listing))
    assert (2 in {offer.gpu_count for offer in read.offers}) == kept
