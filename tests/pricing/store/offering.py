"""Offers and batches for tests: a plausible one, changed where a test needs it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from pricing.offers import Offer
from pricing.rejections import Reason, Rejection
from pricing.store.batches import Batch
from pricing.store.merging import Baseline, snapshot_id

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)

P5 = Offer(
    provider="aws",
    tier="hyperscaler",
    region="us-east-1",
    zone=None,
    continent="north-america",
    instance_type="p5.48xlarge",
    term="on_demand",
    usd_per_hour=Decimal("55.04"),
    currency="USD",
    native_per_hour=Decimal("55.04"),
    observed_at=NOON.date(),
    observed_until=None,
    source="AWS Price List API",
    source_url="https://pricing.us-east-1.amazonaws.com",
    gpu_id="H100-SXM-80GB",
    gpu_count=8,
    intra_link_id="nvswitch-gen4",
    inter_link_id="efa-3200",
    link_basis="catalog",
    vcpus=192.0,
    ram_gib=2048.0,
    note="",
)


class Clock:
    """A clock that stands until it is set; the days of batches and sightings come from it."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def days(self, days: float) -> datetime:
        """Go forward and return the new moment."""
        self.now += timedelta(days=days)
        return self.now


def offer(price: str = "55.04", **changes: Any) -> Offer:
    """Return an on-demand p5.48xlarge of AWS at a price, changed."""
    return replace(P5, **{"usd_per_hour": Decimal(price), "native_per_hour": Decimal(price), **changes})


def batch(at: datetime, *offers: Offer, provider: str = "aws", seen: date | None = None, **changes: Any) -> Batch:
    """Return a batch of offers, each seen on the day of the batch."""
    seen_offers = tuple(replace(each, provider=provider, observed_at=seen or at.date()) for each in offers)
    return Batch(provider, at, seen_offers, **changes)


def quarantined(given: Offer) -> Rejection:
    """Return the record of quarantining an offer."""
    key = (given.provider, given.region, given.zone, given.instance_type, given.term)
    return Rejection("aws:1", *key, given.usd_per_hour, Reason.OUT_OF_BAND, "0.01 USD per GPU-hour")


def baseline(*offers: Offer) -> Baseline:
    """Return shipped offers."""
    return Baseline(snapshot_id(offers), offers)


def prices(snapshot: Any) -> dict[str, str]:
    """Return {region: price} of a snapshot whose regions are all different."""
    return {offer.region: str(offer.usd_per_hour) for offer in snapshot.offers}
