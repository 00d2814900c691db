"""What holds for any listings whatever: order, repetition, positive prices, nothing lost."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.pricing.quoting import AWS_SOURCE, RUNPOD_SOURCE, TRACKER_SOURCE, VAST_SOURCE, labelled, normalized, quote

PRICES = st.decimals(-5, 400, places=2).map(str)
DAYS = st.integers(0, 300).map(lambda days: date(2026, 1, 1) + timedelta(days))
TERMS = st.sampled_from(["on_demand", "spot", "reserved_1y"])
INSTANCES = st.builds(
    quote,
    st.one_of(st.none(), PRICES),
    term=TERMS,
    region=st.sampled_from(["us-east-1", "us-east-2"]),
    zone=st.sampled_from([None, "use1-az1"]),
    observed_at=DAYS,
    observed_until=st.sampled_from([None, date(2026, 11, 24)]),
    on_demand_usd_per_hour=st.sampled_from([None, Decimal("55.04")]),
    source=st.sampled_from([AWS_SOURCE, TRACKER_SOURCE]),
)
LABELS = st.builds(
    labelled,
    st.sampled_from(["1x H100_SXM", "2x H100_SXM", "8x H100_SXM"]),
    PRICES,
    provider=st.sampled_from(["runpod", "vast", "coreweave", "ovh", "nobody"]),
    region=st.sampled_from(["community", "secure", "global"]),
    gpu=st.sampled_from(["H100-SXM-80GB", "A100-SXM-80GB", "unheard of"]),
    term=TERMS,
    observed_at=DAYS,
    source=st.sampled_from([RUNPOD_SOURCE, VAST_SOURCE, TRACKER_SOURCE]),
)
LISTINGS = st.lists(st.one_of(INSTANCES, LABELS), max_size=12)


@given(LISTINGS)
def test_every_offer_has_a_positive_price_and_a_whole_gpu(listings):
    assert all(offer.usd_per_hour > 0 and offer.gpu_count >= 1 for offer in normalized(*listings).offers)


@given(LISTINGS)
def test_no_two_offers_share_a_key(listings):
    keys = [offer.offer_id for offer in normalized(*listings).offers]
    assert len(keys) == len(set(keys))


@given(LISTINGS.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
def test_the_order_of_the_listings_changes_nothing(listings):
    given_order, other_order = (normalized(*rows) for rows in listings)
    assert given_order.offers == other_order.offers
    assert sorted(map(repr, given_order.rejections)) == sorted(map(repr, other_order.rejections))


@given(LISTINGS)
def test_reading_every_listing_twice_changes_no_offer(listings):
    assert normalized(*listings, *listings).offers == normalized(*listings).offers


@given(LISTINGS)
def test_no_listing_disappears_without_a_reason(listings):
    read = normalized(*listings)
    assert len(read.offers) + len(read.rejections) >= len(listings)
