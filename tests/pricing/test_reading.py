"""One listing at a time: what it becomes, or why it becomes nothing."""

from datetime import date
from decimal import Decimal

import pytest

from tests.pricing.quoting import (
    TRACKER_SOURCE,
    VAST_SOURCE,
    labelled,
    normalized,
    only_offer,
    only_reason,
    quote,
)


def test_the_price_is_exactly_what_the_source_printed():
    assert only_offer(quote("55.0400")).usd_per_hour.as_tuple() == Decimal("55.0400").as_tuple()


def test_a_blank_price_is_a_rejection_and_never_zero():
    assert only_reason(quote(None)) == "no price listed"


@pytest.mark.parametrize("price", ["0", "-1", "0.00"])
def test_a_price_of_zero_or_less_is_rejected(price):
    assert only_reason(quote(price)) == "a price of zero or less"


def test_an_unknown_gpu_is_rejected_with_its_name():
    (rejection,) = normalized(quote(gpu_label="H999")).rejections
    assert (rejection.reason.value, "H999" in rejection.detail) == ("GPU in no catalog", True)


def test_a_gpu_spelled_but_not_in_the_catalog_is_rejected():
    mi350x = quote(gpu_label="MI350X-288GB", instance_type="gpu-mi350x8", gpu_memory_gb=288)
    assert only_reason(mi350x) == "GPU in no catalog"


@pytest.mark.parametrize(
    ("label", "memory_gb", "gpu_id"),
    [
        ("B300", 262, "B300-SXM-288GB"),
        ("B300", 268.59, "B300-SXM-288GB"),
        ("GB200", 189, "GB200-186GB"),
        ("GB200", 192, "GB200-186GB"),
        ("GH200", 96, "GH200-96GB"),
        ("RTX PRO 6000", 96, "RTX-PRO-6000-96GB"),
        ("B200-SXM-180GB", 192, "B200-SXM-180GB"),
        ("L40S-48GB", 44.7, "L40S-48GB"),
    ],
)
def test_gpu_spellings_and_memory_sizes_in_use_are_understood(label, memory_gb, gpu_id):
    listing = quote("20", instance_type="other", gpu_label=label, gpu_memory_gb=memory_gb, interconnect=None)
    assert only_offer(listing).gpu_id == gpu_id


@pytest.mark.parametrize(
    ("label", "memory_gb"), [("B300", 180), ("L40-48GB", 40), ("RTX-A6000-48GB", 96), ("GH200", 144)]
)
def test_a_memory_size_that_is_another_gpus_is_rejected(label, memory_gb):
    contradiction = quote("20", instance_type="other", gpu_label=label, gpu_memory_gb=memory_gb)
    assert only_reason(contradiction) == "GPU memory contradicts the catalog"


def test_an_instance_of_the_catalog_with_another_gpu_is_rejected():
    assert only_reason(quote(gpu_label="H100-PCIe-80GB")) == "GPU or count contradicts the catalog"


@pytest.mark.parametrize("share", ["0.125", "0.25", "0.5"])
def test_a_fraction_of_a_gpu_is_rejected(share):
    vgpu = quote(
        "1", provider="gcp", instance_type="g4-standard-12", gpu_label="RTX PRO 6000", gpu_count=Decimal(share)
    )
    assert only_reason(vgpu) == "a fraction of a GPU"


def azure_rtx(size):
    """Return a listing of an Azure RTX PRO 6000 size, whose source gives no GPU count."""
    name = f"Standard_{size}_xl_RTXPRO6000BSE_v6"
    shape = {"gpu_label": "RTX PRO 6000", "gpu_count": None, "gpu_memory_gb": 96, "interconnect": None}
    return quote("8", provider="azure", region="eastus", instance_type=name, **shape)


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        ("NC36ds", "a fraction of a GPU"),
        ("NC64lds", "a fraction of a GPU"),
        ("NC128ds", "a preview size that can no longer be created"),
        ("NC132ds", "GPU count of this size is not published"),
    ],
)
def test_azure_sizes_without_whole_known_gpus_are_rejected(size, reason):
    assert only_reason(azure_rtx(size)) == reason


@pytest.mark.parametrize(("size", "count"), [("NC144ds", 1), ("NC144lds", 1), ("NC288ds", 2), ("NC288lds", 2)])
def test_azure_sizes_take_their_gpu_count_from_the_published_table(size, count):
    assert only_offer(azure_rtx(size)).gpu_count == count


@pytest.mark.parametrize(
    ("name", "gpu", "count"),
    [
        ("a3-ultragpu-8g", "H200-SXM-141GB", 8),
        ("a4-highgpu-8g", "B200-SXM-180GB", 8),
        ("a4x-highgpu-4g", "GB200", 4),
        ("a3-highgpu-1g", "H100-SXM-80GB", 1),
        ("a3-highgpu-4g", "H100-SXM-80GB", 4),
    ],
)
def test_google_shapes_that_only_start_as_spot_have_no_on_demand_offer(name, gpu, count):
    listing = {"provider": "gcp", "instance_type": name, "gpu_label": gpu, "gpu_count": Decimal(count)}
    listing |= {"gpu_memory_gb": None, "on_demand_usd_per_hour": None}
    terms = ("on_demand", "spot", "reserved_1y")
    read = normalized(*(quote(str(4 * count), term=term, **listing) for term in terms))
    assert [rejection.reason.value for rejection in read.rejections] == ["cannot be launched on demand"]
    assert {offer.term for offer in read.offers} == {"spot", "reserved_1y"}


def test_eight_h100_of_google_start_on_demand():
    assert only_offer(quote("88.49", provider="gcp", instance_type="a3-highgpu-8g", vcpus=208)).term == "on_demand"


@pytest.mark.parametrize(
    ("listing", "tier"),
    [
        (quote(), "hyperscaler"),
        (labelled("8x H100_SXM", "31.92"), "neocloud"),
        (labelled("8x H100_SXM", "21.52", region="community"), "marketplace"),
        (labelled("8x H100_SXM", "20", provider="vast", region="US", source=VAST_SOURCE), "marketplace"),
        (labelled("8x H100_SXM", "49", provider="coreweave", region="global", source=TRACKER_SOURCE), "tracker"),
        (labelled("8x H100_SXM", "20", provider="vast", region="global", source=TRACKER_SOURCE), "tracker"),
    ],
)
def test_the_tier_is_the_providers_unless_the_price_comes_through_a_tracker(listing, tier):
    assert only_offer(listing).tier == tier


def test_a_source_that_only_mentions_a_tracker_is_not_one():
    text = "skypilot-catalog v8/verda/vms.csv@000c1d0b (same price list as 2026-05-24 in tardellirs/gpu-pricing)"
    shape = {"instance_type": "4A100.88V", "gpu_label": "A100-SXM-80GB", "gpu_count": Decimal(4)}
    assert only_offer(quote("5.16", provider="verda", region="FIN-03", source=text, **shape)).tier == "neocloud"


@pytest.mark.parametrize(
    ("spelling", "provider"), [("massed compute", "massed-compute"), ("thunder", "thunder-compute"), ("aws", "aws")]
)
def test_providers_have_one_id_whatever_the_spelling(spelling, provider):
    name = "p5.48xlarge" if provider == "aws" else "8x H100_SXM"
    assert only_offer(quote(provider=spelling, region="us-east-1", instance_type=name)).provider == provider


def test_a_provider_in_no_table_is_rejected():
    assert only_reason(quote(provider="nobody")) == "provider in no table"


def test_a_source_in_no_table_is_rejected():
    assert only_reason(quote(source="hearsay")) == "source in no table"


def test_an_instance_type_that_nobody_describes_is_rejected():
    assert only_reason(quote(instance_type="p9.48xlarge", gpu_label=None)) == "shape in no catalog and no listing"


@pytest.mark.parametrize(
    ("provider", "listed", "region", "continent"),
    [
        ("aws", "us-gov-west-1", "us-gov-west-1", "north-america"),
        ("oci", "all-regions (uniform list price)", "any", None),
        ("lambda", "all 17 regions (uniform)", "any", None),
        ("crusoe", "us (uniform)", "us", "north-america"),
        ("mithril", "-", "global", None),
        ("vast", "global (per-GPU price)", "global", None),
        ("azure", "uaenorth", "uaenorth", "middle-east"),
        ("verda", "FIN-03", "FIN-03", "europe"),
    ],
)
def test_regions_have_clean_ids_and_a_continent_where_the_source_names_a_place(provider, listed, region, continent):
    offer = only_offer(quote(provider=provider, region=listed, instance_type="some type"))
    assert (offer.region, offer.continent) == (region, continent)


def test_a_region_in_no_table_is_kept_with_its_place_unknown():
    offer = only_offer(quote(region="moon-1"))
    assert (offer.region, offer.continent, offer.note) == ("moon-1", None, "this region's place is not known")


def test_the_page_named_by_the_source_is_the_url():
    listing = labelled("8x H100_SXM", "40", provider="coreweave", region="global", source=TRACKER_SOURCE)
    assert only_offer(listing).source_url == "https://www.coreweave.com/pricing/classic"


def test_a_source_without_a_page_is_cited_by_its_repository():
    assert only_offer(quote()).source_url == "https://github.com/aws/karpenter-provider-aws"


def test_committed_prices_read_on_another_day_carry_that_day():
    text = "karpenter-provider-gcp initial-prices.json (on-demand+spot); CUD = gcosts pricing.yml 2026-07-30 month/730"
    listing = {"provider": "gcp", "region": "us-central1", "instance_type": "a3-highgpu-8g", "source": text}
    listing |= {"observed_at": date(2026, 8, 3), "vcpus": 208.0}
    read = normalized(quote("88.49", **listing), quote("61.38", term="reserved_1y", **listing))
    days = {offer.term: offer.observed_at for offer in read.offers}
    assert days == {"on_demand": date(2026, 8, 3), "reserved_1y": date(2026, 7, 30)}


def test_an_offer_tells_the_caveat_of_its_source():
    text = "skypilot-catalog v8/cudo/vms.csv@113567a7 (price = gpu+vcpu+ram components)"
    cudo = quote("15.32", provider="cudo", region="no-kristiansand-1", instance_type="h100_8x64v128gb", source=text)
    assert "the sum of its GPUs, vCPUs and RAM" in only_offer(cudo).note


def test_a_label_without_a_form_factor_is_told():
    akash = labelled("1x NVIDIA A100 [marketplace]", "1.08", "A100-PCIe-80GB", provider="akash", source=TRACKER_SOURCE)
    assert "names no form factor" in only_offer(akash).note
