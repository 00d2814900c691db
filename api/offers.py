"""Offers as documents: the offer fields of a plan line."""

from dataclasses import dataclass

from pricing.offers import Offer


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """One offer; the price is of one whole instance. A contract rate has a first and a last day, others have none."""

    provider: str
    tier: str
    region: str
    zone: str | None
    continent: str | None
    instance_type: str
    term: str
    usd_per_hour: float
    currency: str
    native_per_hour: float
    observed_at: str
    observed_until: str | None
    source: str
    source_url: str
    gpu: str
    gpus_per_instance: int
    link: str | None
    link_basis: str
    inter_node_link: str | None
    vcpus: float | None
    ram_gib: float | None
    note: str
    valid_from: str | None
    valid_until: str | None


@dataclass(frozen=True, slots=True)
class OfferList:
    """The offers of a snapshot that match."""

    snapshot_id: str
    items: tuple[OfferFacts, ...]


def offer_facts(offer: Offer) -> OfferFacts:
    """Return an offer as a document."""
    return OfferFacts(
        provider=offer.provider,
        tier=offer.tier,
        region=offer.region,
        zone=offer.zone,
        continent=offer.continent,
        instance_type=offer.instance_type,
        term=offer.term,
        usd_per_hour=float(offer.usd_per_hour),
        currency=offer.currency,
        native_per_hour=float(offer.native_per_hour),
        observed_at=offer.observed_at.isoformat(),
        observed_until=offer.observed_until.isoformat() if offer.observed_until else None,
        source=offer.source,
        source_url=offer.source_url,
        gpu=offer.gpu_id,
        gpus_per_instance=offer.gpu_count,
        link=offer.intra_link_id,
        link_basis=offer.link_basis,
        inter_node_link=offer.inter_link_id,
        vcpus=offer.vcpus,
        ram_gib=offer.ram_gib,
        note=offer.note,
        valid_from=offer.valid_from.isoformat() if offer.valid_from else None,
        valid_until=offer.valid_until.isoformat() if offer.valid_until else None,
    )
