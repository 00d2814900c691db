"""Which offers a request allows, and the reason of each one that it does not."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from catalog import Catalog
from optimizer.request import PlanRequest
from pricing.errors import PricesMissingError, PricesStaleError
from pricing.offers import Offer, Snapshot

TOO_OLD = "price too old"
NOT_YET_SEEN = "price not yet seen on that day"


@dataclass(frozen=True, slots=True)
class Eligible:
    """The offers that are allowed, and how many are not, by reason."""

    offers: tuple[Offer, ...]
    rejected: Counter[str]


def eligible_offers(request: PlanRequest, snapshot: Snapshot, catalog: Catalog) -> Eligible:
    """Return the offers a request allows; an offer is counted under the first rule that refuses it."""
    rules = _rules(request, snapshot, catalog)
    allowed: list[Offer] = []
    rejected: Counter[str] = Counter()
    for offer in snapshot.offers:
        reason = next((reason for reason, refuses in rules if refuses(offer)), None)
        if reason is None:
            allowed.append(offer)
        else:
            rejected[reason] += 1
    return Eligible(tuple(allowed), rejected)


def check_prices(eligible: Eligible, snapshot: Snapshot) -> None:
    """Raise where offers are allowed but none has a price of the asked age or day: nothing can be said of them."""
    seen = f"prices here were seen from {snapshot.oldest_observed_at} to {snapshot.newest_observed_at}"
    if not eligible.offers and eligible.rejected[TOO_OLD]:
        raise PricesStaleError(
            f"every price of what is allowed is too old; {seen}", "allow older prices, or refresh them"
        )
    if not eligible.offers and eligible.rejected[NOT_YET_SEEN]:
        raise PricesMissingError(f"no price of what is allowed had been seen by then; {seen}", "choose a later day")


def _rules(request: PlanRequest, snapshot: Snapshot, catalog: Catalog) -> Sequence[tuple[str, Callable[[Offer], bool]]]:
    """Return (reason, refuses) for every filter, in the order in which an offer is asked."""
    allow, deny = request.allow, request.deny
    allowed_gpus = _gpu_ids(allow.gpus, catalog)
    denied_gpus = _gpu_ids(deny.gpus, catalog)
    seen_by = request.as_of or (snapshot.newest_observed_at if snapshot.offers else date.max)
    rules: list[tuple[str, Callable[[Offer], bool]]] = [
        ("term not allowed", _outside(allow.terms, deny.terms, lambda offer: offer.term)),
        ("tier not allowed", _outside(allow.tiers, deny.tiers, lambda offer: offer.tier)),
        ("provider not allowed", _outside(allow.providers, deny.providers, lambda offer: offer.provider)),
        ("place not allowed or not stated", lambda offer: _place_refused(offer, request)),
        ("GPU not allowed", _outside(allowed_gpus, denied_gpus, lambda offer: offer.gpu_id)),
        ("link not allowed", lambda offer: _link_refused(offer, allow.links, deny.links)),
        (NOT_YET_SEEN, lambda offer: request.as_of is not None and offer.observed_at > seen_by),
    ]
    oldest_days = request.max_price_age_days
    if oldest_days is not None:
        rules.append((TOO_OLD, lambda offer: (seen_by - offer.observed_at).days > oldest_days))
    return rules


def _outside(allowed: Iterable[str], denied: Iterable[str], of: Callable[[Offer], str]) -> Callable[[Offer], bool]:
    wanted, refused = frozenset(allowed), frozenset(denied)
    return lambda offer: (bool(wanted) and of(offer) not in wanted) or of(offer) in refused


def _place_refused(offer: Offer, request: PlanRequest) -> bool:
    """Return whether an offer's place is refused: outside all allowed regions and continents, or in a denied one."""
    allow, deny = request.allow, request.deny
    restricted = bool(allow.regions or allow.continents)
    allowed = offer.region in allow.regions or offer.continent in allow.continents
    return (restricted and not allowed) or offer.region in deny.regions or offer.continent in deny.continents


def _gpu_ids(names: Iterable[str], catalog: Catalog) -> frozenset[str]:
    return frozenset(gpu_id for name in names for gpu_id in catalog.gpus_named(name))


def _link_refused(offer: Offer, allowed: tuple[str, ...], denied: tuple[str, ...]) -> bool:
    """Return whether the link between an instance's GPUs is refused; a single GPU needs none."""
    link = offer.intra_link_id
    if link is None:
        return False
    return (bool(allowed) and not any(_is_link(link, name) for name in allowed)) or any(
        _is_link(link, name) for name in denied
    )


def _is_link(link_id: str, name: str) -> bool:
    """Match a link id, or a kind of link: `nvlink` means every NVLink form, `nvswitch` and `pcie` every generation."""
    kinds = ("nvswitch", "nvl72", "nvlink") if name == "nvlink" else (name,)
    return any(link_id == kind or link_id.startswith(kind) for kind in kinds)
