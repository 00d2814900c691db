"""Which rentable shapes listings stand for, and how their GPUs are joined."""

from decimal import Decimal

import pytest

from catalog import load_catalog
from pricing.normalize.links import inter_link, intra_link
from tests.pricing.quoting import TRACKER_SOURCE, VAST_SOURCE, labelled, normalized, only_offer, quote

CRUSOE_SOURCE = "gpuhunt providers/crusoe.py GPU_PRICING constants (hand-copied from crusoe.ai/cloud/pricing)"


def prices(*quotes):
    return {offer.instance_type: str(offer.usd_per_hour) for offer in normalized(*quotes).offers}


def test_a_price_per_gpu_becomes_every_count_that_can_be_rented():
    assert prices(labelled("1x H100_SXM", "3.99")) == {
        f"{count}x H100-SXM-80GB": str(Decimal("3.99") * count) for count in range(1, 9)
    }


def test_a_multiplied_price_says_so():
    offers = normalized(labelled("1x H100_SXM", "3.99")).offers
    told = {offer.gpu_count for offer in offers if f"{offer.gpu_count} x the price of 1 GPU" in offer.note}
    assert told == set(range(2, 9))


def test_a_shape_that_fits_one_instance_of_the_catalog_takes_its_name_and_links():
    offer = only_offer(labelled("1x HGX H100", "6.16", provider="coreweave", region="global", source=TRACKER_SOURCE))
    named = (offer.instance_type, offer.gpu_count, offer.usd_per_hour, offer.intra_link_id, offer.inter_link_id)
    assert named == ("gd-8xh100ib-i128", 8, Decimal("49.28"), "nvswitch-gen4", "ib-400")


def test_a_shape_that_fits_two_instances_keeps_its_description():
    hyperstack = {"provider": "hyperstack", "region": "global", "source": TRACKER_SOURCE}
    offers = normalized(labelled("1x A100 PCIe", "1.35", "A100-PCIe-80GB", **hyperstack)).offers
    assert [offer.instance_type for offer in offers] == ["8x A100-PCIe-80GB", "n3-A100x1", "n3-A100x2", "n3-A100x4"]


def test_a_gpu_the_catalog_has_no_shape_of_keeps_the_listed_count():
    ovh = labelled("1x A100_SXM_80GB", "3.07", "A100-SXM-80GB", provider="ovh", region="global", source=TRACKER_SOURCE)
    assert prices(ovh) == {"1x A100-SXM-80GB": "3.07"}


def test_a_one_gpu_host_of_a_market_is_not_multiplied():
    host = labelled("1x H100_SXM", "2.21", provider="vast", region="TW", source=VAST_SOURCE)
    assert prices(host) == {"1x H100-SXM-80GB": "2.21"}


def test_a_listing_of_the_whole_shape_beats_the_price_per_gpu():
    place = {"provider": "digitalocean", "region": "global", "source": TRACKER_SOURCE}
    read = normalized(labelled("1x H100_SXM", "3.39", **place), labelled("8x H100_SXM", "23.92", **place))
    assert {offer.instance_type: str(offer.usd_per_hour) for offer in read.offers} == {
        "gpu-h100x1-80gb": "3.39",
        "gpu-h100x8-640gb": "23.92",
    }
    assert [rejection.reason.value for rejection in read.rejections] == ["superseded by a listing of the whole shape"]


def test_a_uniform_list_price_of_the_whole_shape_beats_the_price_per_gpu_of_no_named_region():
    listed = quote("31.92", provider="lambda", region="all 17 regions (uniform)", instance_type="gpu_8x_h100_sxm5")
    per_gpu = labelled("1x H100 SXM", "4.29", provider="lambda", region="global", source=TRACKER_SOURCE)
    eight = [offer for offer in normalized(listed, per_gpu).offers if offer.gpu_count == 8]
    assert [(offer.region, offer.usd_per_hour) for offer in eight] == [("any", Decimal("31.92"))]


def test_names_that_only_a_price_source_uses_become_the_catalogs():
    listing = {"provider": "crusoe", "region": "us (uniform)", "source": CRUSOE_SOURCE, "gpu_label": "A100-PCIe-80GB"}
    one = quote("1.65", instance_type="a100-pcie-80gb.1x", gpu_count=Decimal(1), **listing)
    eight = quote("13.2", instance_type="a100-pcie-80gb.8x", **listing)
    assert prices(one, eight) == {
        "a100-80gb.1x": "1.65",
        "a100-80gb.2x": "3.30",
        "a100-80gb.4x": "6.60",
        "a100-80gb.8x": "13.2",
    }


def test_an_instance_type_outside_the_catalog_is_derived_from_its_listing():
    offer = only_offer(quote("88.49", provider="azure", instance_type="Standard_ND96is_H100_v5", network=None))
    joined = (offer.instance_type, offer.intra_link_id, offer.inter_link_id, offer.link_basis)
    assert joined == ("Standard_ND96is_H100_v5", "nvswitch-gen4", None, "listing")


@pytest.mark.parametrize(
    ("gpu_id", "count", "listed", "link"),
    [
        ("H100-SXM-80GB", 1, "nvswitch", (None, "single gpu")),
        ("A100-SXM-80GB", 8, "nvswitch", ("nvswitch-gen3", "listing")),
        ("H200-SXM-141GB", 4, None, ("nvswitch-gen4", "form factor")),
        ("B300-SXM-288GB", 8, None, ("nvswitch-gen5", "form factor")),
        ("V100-SXM-32GB", 8, None, ("nvlink-mesh", "form factor")),
        ("GB200-186GB", 4, "nvswitch", ("nvl72", "listing")),
        ("GB300-288GB", 4, None, ("nvl72", "form factor")),
        ("A100-PCIe-80GB", 2, "nvlink-pair", ("nvlink-pair", "listing")),
        ("H100-NVL-94GB", 8, None, ("pcie-gen5", "form factor")),
        ("L40S-48GB", 8, "pcie", ("pcie-gen4", "listing")),
        ("MI300X-192GB", 8, None, ("infinity-fabric", "form factor")),
        ("Gaudi3-128GB", 8, None, None),
        ("H100-SXM-80GB", 8, "carrier pigeon", None),
    ],
)
def test_the_link_between_gpus_is_the_listings_word_or_the_form_factors(gpu_id, count, listed, link):
    assert intra_link(load_catalog().gpu(gpu_id), count, listed) == link


@pytest.mark.parametrize(
    ("gpu_id", "listed", "link_id"),
    [
        ("H100-SXM-80GB", "InfiniBand NDR 3200Gbps", "ib-400"),
        ("A100-SXM-80GB", "InfiniBand HDR 1600Gbps", "ib-200"),
        ("B200-SXM-180GB", "InfiniBand", "ib-400"),
        ("A100-SXM-80GB", "InfiniBand", "ib-200"),
        ("H100-SXM-80GB", "EFA 3200Gbps", "efa-3200"),
        ("RTX-PRO-6000-96GB", "EFA 1600Gbps", "efa-3200"),
        ("A100-SXM-40GB", "EFA 400Gbps", "tcp-100g"),
        ("L40S-48GB", "EFA 35Gbps", None),
        ("MI300X-192GB", "RoCE RDMA", "roce"),
        ("H100-SXM-80GB", "GPUDirect-TCPXO 1800Gbps", "tcpxo-1600"),
        ("A100-SXM-40GB", "100Gbps", "tcp-100g"),
        ("A100-SXM-40GB", None, None),
    ],
)
def test_the_link_between_instances_is_read_from_the_network(gpu_id, listed, link_id):
    assert inter_link(load_catalog().gpu(gpu_id), listed)[0] == link_id


def test_a_shape_whose_gpus_have_no_known_link_is_rejected():
    (rejection,) = normalized(quote("30", instance_type="other", interconnect="carrier pigeon")).rejections
    assert rejection.reason.value == "no known link between its GPUs"
