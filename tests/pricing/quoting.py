"""Quotes for tests: a plausible listing, changed where a test needs it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from catalog import load_catalog
from pricing.normalize import Normalized, normalize
from pricing.offers import Offer
from pricing.quotes import Quote
from pricing.references import load_references

AWS_SOURCE = "karpenter-provider-aws zz_generated.pricing_aws.go (Price List API, on-demand only)"
RUNPOD_SOURCE = "cherielilili/gpu-pricing-tracker observations.csv@2026-07-21 <- api.runpod.io/graphql (min offer)"
VAST_SOURCE = "cherielilili/gpu-pricing-tracker observations.csv@2026-07-21 <- vast.ai bundles API (min offer)"
TRACKER_SOURCE = "tardellirs/gpu-pricing offerings.json@8f09a680 <- https://www.coreweave.com/pricing/classic"

_P5 = Quote(
    origin="listings.csv:2",
    provider="aws",
    region="us-east-1",
    zone=None,
    instance_type="p5.48xlarge",
    gpu_label="H100-SXM-80GB",
    gpu_count=Decimal(8),
    gpu_memory_gb=80.0,
    interconnect="nvswitch",
    network="EFA 3200Gbps",
    vcpus=192.0,
    ram_gib=2048.0,
    term="on_demand",
    usd_per_hour=Decimal("55.04"),
    on_demand_usd_per_hour=Decimal("55.04"),
    observed_at=date(2026, 7, 20),
    observed_until=None,
    source=AWS_SOURCE,
)

_LABELLED = replace(
    _P5,
    region="secure",
    gpu_count=Decimal(1),
    interconnect=None,
    network=None,
    vcpus=None,
    ram_gib=None,
    on_demand_usd_per_hour=None,
)


def quote(price: str | None = "55.04", **changes: Any) -> Quote:
    """Return an on-demand p5.48xlarge of AWS, changed."""
    return replace(_P5, usd_per_hour=None if price is None else Decimal(price), **changes)


def labelled(label: str, price: str, gpu: str = "H100-SXM-80GB", **changes: Any) -> Quote:
    """Return a listing that only describes its shape (`8x H100_SXM`), of RunPod unless changed."""
    count = Decimal(label.partition("x")[0])
    given = {"provider": "runpod", "source": RUNPOD_SOURCE, "gpu_memory_gb": None, **changes}
    return replace(_LABELLED, instance_type=label, gpu_label=gpu, gpu_count=count, usd_per_hour=Decimal(price), **given)


def normalized(*quotes: Quote) -> Normalized:
    """Return what the shipped reference tables and catalog make of quotes."""
    return normalize(quotes, load_references(), load_catalog())


def only_offer(*quotes: Quote) -> Offer:
    """Return the single offer that quotes make."""
    (offer,) = normalized(*quotes).offers
    return offer


def only_reason(*quotes: Quote) -> str:
    """Return the reason of the single rejection that quotes make."""
    (rejection,) = normalized(*quotes).rejections
    return rejection.reason.value
