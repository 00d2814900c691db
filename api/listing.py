"""Listing offers: what `gpumix prices list` and the API filter by, and the order in which both answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from api.offers import OfferFacts, offer_facts
from catalog import Catalog, UnknownNameError
from pricing import Offer, Snapshot, select_offers


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferFilter:
    """What offers must be; None allows everything. `region` is a region, a zone or a continent."""

    provider: str | None = None
    region: str | None = None
    gpu: str | None = None
    term: str | None = None
    tier: str | None = None
    instance_type: str | None = None
    as_of: date | None = None


def find_offers(snapshot: Snapshot, catalog: Catalog, wanted: OfferFilter) -> tuple[OfferFacts, ...]:
    """Return the offers that match, the cheapest per GPU first. Raises UnknownNameError on names that no offer has."""
    offers = snapshot.offers
    _check("provider", wanted.provider, (offer.provider for offer in offers))
    _check("term", wanted.term, (offer.term for offer in offers))
    _check("tier", wanted.tier, (offer.tier for offer in offers))
    _check("instance type", wanted.instance_type, (offer.instance_type for offer in offers))
    _check("region", wanted.region, (place for offer in offers for place in _places(offer)))
    chosen = select_offers(
        offers,
        provider=wanted.provider,
        region=wanted.region,
        gpu_ids=catalog.gpus_named(wanted.gpu) if wanted.gpu else None,
        term=wanted.term,
        tier=wanted.tier,
    )
    items = [
        offer_facts(offer)
        for offer in chosen
        if (wanted.as_of is None or offer.observed_at <= wanted.as_of)
        and wanted.instance_type in (None, offer.instance_type)
    ]
    return tuple(sorted(items, key=lambda item: (usd_per_gpu_hour(item), item.provider, item.instance_type)))


def usd_per_gpu_hour(offer: OfferFacts) -> float:
    """Return the price of one GPU for an hour."""
    return offer.usd_per_hour / offer.gpus_per_instance


def _places(offer: Offer) -> tuple[str, ...]:
    return tuple(place for place in (offer.region, offer.zone, offer.continent) if place)


def _check(kind: str, name: str | None, known: Iterable[str]) -> None:
    if name is None:
        return
    names = set(known)
    if name.lower() not in {candidate.lower() for candidate in names}:
        raise UnknownNameError(kind, name, names)
