"""Pick offers out of a snapshot by what users name them by."""

from collections.abc import Iterable

from pricing.offers import Offer


def select_offers(
    offers: Iterable[Offer],
    *,
    provider: str | None = None,
    region: str | None = None,
    gpu_ids: Iterable[str] | None = None,
    term: str | None = None,
    tier: str | None = None,
) -> tuple[Offer, ...]:
    """Return the offers that match every filter given, in their order.

    `region` is a region, a zone, or a continent; names are compared without case.
    """
    gpus = None if gpu_ids is None else frozenset(gpu_ids)
    return tuple(
        offer
        for offer in offers
        if _is(offer.provider, provider)
        and (region is None or any(_is(place, region) for place in (offer.region, offer.zone, offer.continent)))
        and (gpus is None or offer.gpu_id in gpus)
        and _is(offer.term, term)
        and _is(offer.tier, tier)
    )


def _is(value: str | None, wanted: str | None) -> bool:
    return wanted is None or (value is not None and value.lower() == wanted.lower())
