"""The snapshot that ships: what it holds, and that it is exactly what the listings give."""

import csv
import io
from collections import Counter
from datetime import date
from decimal import Decimal
from importlib.resources import files

import pytest
from pydantic import TypeAdapter

from catalog import load_catalog
from pricing import Offer, load_rejections, load_snapshot
from pricing.build import build
from pricing.files import OFFER_COLUMNS, read_offers, read_rejections, write_offers, write_rejections
from pricing.quotes import load_quotes
from pricing.rows import Continent

SNAPSHOT = load_snapshot()
CATALOG = load_catalog()
BY_ID = {offer.offer_id: offer for offer in SNAPSHOT.offers}


def shipped(name):
    return (files("pricing") / "data" / name).read_text("utf-8")


@pytest.mark.parametrize("name", ["snapshot.csv", "rejected.csv"])
def test_a_shipped_file_is_what_the_listings_give(name):
    assert shipped(name) == build()[name]


def test_it_has_at_least_800_offers_of_20_providers():
    assert len(SNAPSHOT.offers) >= 800
    assert len({offer.provider for offer in SNAPSHOT.offers}) >= 20


def test_every_row_is_valid_under_a_strict_reader():
    adapter = TypeAdapter(Offer)
    rows = csv.DictReader(io.StringIO(shipped("snapshot.csv")))
    read = tuple(
        adapter.validate_python({name: cell or None for name, cell in row.items()} | {"note": row["note"]})
        for row in rows
    )
    assert read == SNAPSHOT.offers


def test_no_two_offers_share_a_key_and_they_stand_in_its_order():
    keys = [(o.provider, o.region, o.zone or "", o.instance_type, o.term) for o in SNAPSHOT.offers]
    assert keys == sorted(set(keys))


def test_every_offer_has_a_price_a_day_a_source_and_a_url():
    for offer in SNAPSHOT.offers:
        assert offer.usd_per_hour > 0
        assert offer.source
        assert offer.source_url.startswith("https://")
        assert date(2025, 1, 1) < offer.observed_at <= (offer.observed_until or offer.observed_at)


def test_every_gpu_and_link_is_in_the_catalog():
    assert {offer.gpu_id for offer in SNAPSHOT.offers} <= CATALOG.gpus.keys()
    links = {link for offer in SNAPSHOT.offers for link in (offer.intra_link_id, offer.inter_link_id) if link}
    assert links <= CATALOG.links.keys()


def test_several_gpus_have_a_link_between_them_and_one_has_none():
    assert {offer.offer_id for offer in SNAPSHOT.offers if (offer.gpu_count > 1) != bool(offer.intra_link_id)} == set()


def test_offers_of_instances_in_the_catalog_have_its_gpus_and_links():
    for offer in SNAPSHOT.offers:
        instance = CATALOG.instances.get((offer.provider, offer.instance_type))
        if instance:
            assert (offer.gpu_id, offer.gpu_count) == (instance.gpu_id, instance.gpu_count)
            assert offer.intra_link_id in (instance.intra_link_id, None)


def test_continents_are_those_of_the_filters():
    assert {offer.continent for offer in SNAPSHOT.offers} - {None} <= set(Continent.__args__)


@pytest.mark.parametrize(
    ("offer_id", "price", "tier", "observed_at"),
    [
        ("azure/eastus/-/Standard_NC96ads_A100_v4/on_demand", "14.692", "hyperscaler", date(2026, 6, 18)),
        ("aws/us-east-1/-/p5.48xlarge/on_demand", "55.04", "hyperscaler", date(2026, 7, 20)),
        ("aws/us-east-2/use2-az1/p5.48xlarge/spot", None, "hyperscaler", date(2025, 11, 18)),
        ("gcp/us-central1/-/a3-highgpu-8g/on_demand", None, "hyperscaler", date(2026, 8, 3)),
        ("gcp/us-central1/-/a3-highgpu-8g/reserved_3y", "38.864381", "hyperscaler", date(2026, 7, 30)),
        ("nebius/eu-west1/-/gpu-h200-sxm_8gpu-128vcpu-1600gb/on_demand", "36", "neocloud", date(2026, 8, 28)),
        ("nebius/eu-west1/-/gpu-h200-sxm_8gpu-128vcpu-1600gb/spot", "19.6", "neocloud", date(2026, 8, 28)),
        ("runpod/secure/-/8x H100-SXM-80GB/on_demand", "31.92", "neocloud", date(2026, 10, 19)),
        ("runpod/community/-/1x H100-SXM-80GB/on_demand", "2.69", "marketplace", date(2026, 10, 19)),
        ("vast/EE/-/8x A100-PCIe-80GB/on_demand", "5.1304", "marketplace", date(2026, 7, 19)),
        ("crusoe/us/-/h100-80gb-sxm-ib.8x/on_demand", "31.2", "neocloud", date(2026, 8, 19)),
        ("oci/any/-/BM.GPU.MI355X.8/on_demand", "68.8", "hyperscaler", date(2025, 11, 6)),
        ("verda/FIN-03/-/4A100.88V/on_demand", "5.16", "neocloud", date(2025, 11, 6)),
        ("coreweave/global/-/gd-8xh100ib-i128/on_demand", "49.28", "tracker", date(2026, 3, 5)),
        ("azure/global/-/Standard_NC96ads_A100_v4/spot", "2.96", "tracker", date(2026, 3, 6)),
    ],
)
def test_prices_known_to_be_right_are_there(offer_id, price, tier, observed_at):
    offer = BY_ID[offer_id]
    assert (offer.tier, offer.observed_at) == (tier, observed_at)
    assert price is None or offer.usd_per_hour == Decimal(price)


@pytest.mark.parametrize(
    "offer_id",
    [
        "gcp/us-central1/-/a3-highgpu-4g/on_demand",
        "gcp/global/-/a3-ultragpu-8g/on_demand",
        "gcp/us-central1/-/g4-standard-12/on_demand",
        "aws/us-east-1/use1-az1/p5.48xlarge/spot",
        "runpod/community/-/1x H100-SXM-80GB/spot",
        "mithril/global/-/a100-80gb.sxm.8x/spot",
    ],
)
def test_prices_that_nobody_can_rent_at_are_not(offer_id):
    assert offer_id not in BY_ID


def test_a_price_per_gpu_is_the_same_for_one_and_for_eight():
    one, eight = (BY_ID[f"runpod/secure/-/{count}x MI300X-192GB/on_demand"].usd_per_hour for count in (1, 8))
    assert eight == 8 * one


def test_every_listed_price_is_an_offer_or_has_a_reason():
    rejected = Counter(row.origin for row in load_rejections())
    offers = Counter((offer.source, offer.term, offer.observed_at) for offer in SNAPSHOT.offers)
    silent = [
        quote
        for quote in load_quotes()
        if not rejected[quote.origin]
        and not any(offers[quote.source, quote.term, day] for day in (quote.observed_at, date(2026, 7, 30)))
    ]
    assert silent == []


def test_rejections_are_counted_by_reason_and_each_has_its_figures():
    assert SNAPSHOT.rejected == Counter(row.reason.value for row in load_rejections())
    assert [row for row in load_rejections() if not row.detail] == []


def test_the_id_of_the_snapshot_is_of_its_rows():
    assert len(SNAPSHOT.snapshot_id) == 16
    assert load_snapshot().snapshot_id == SNAPSHOT.snapshot_id


def test_offers_and_rejections_survive_their_files():
    assert read_offers(write_offers(SNAPSHOT.offers)) == SNAPSHOT.offers
    assert read_rejections(write_rejections(load_rejections())) == load_rejections()


def test_the_published_columns_are_the_fields_of_an_offer_but_for_the_days_of_a_contract():
    assert tuple(Offer.__dataclass_fields__) == (*OFFER_COLUMNS, "valid_from", "valid_until")
