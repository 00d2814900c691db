"""Which offers a request allows, and the reason of each one that it does not."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from catalog import Catalog
from optimizer.fleet.stock import Stock, stock_of
from optimizer.performance.tables import Bools, Ints
from optimizer.request import PlanRequest
from pricing.errors import PricesMissingError, PricesStaleError
from pricing.offers import Offer, Snapshot

TOO_OLD = "price too old"
NOT_YET_SEEN = "price not yet seen on that day"


@dataclass(frozen=True, slots=True)
class Eligible:
    """The offers that are allowed, their `positions` in the snapshot, and how many are not, by reason."""

    offers: tuple[Offer, ...]
    rejected: Counter[str]
    positions: Ints


def eligible_offers(request: PlanRequest, snapshot: Snapshot, catalog: Catalog) -> Eligible:
    """Return the offers a request allows; an offer is counted under the first rule that refuses it."""
    stock = stock_of(snapshot)
    allowed = np.ones(len(stock.offers), dtype=bool)
    found: list[tuple[int, str, int]] = []
    for reason, refused in _rules(request, stock, catalog):
        gone = np.flatnonzero(refused & allowed)
        if gone.size:
            found.append((int(gone[0]), reason, len(gone)))
            allowed[gone] = False
    positions = np.flatnonzero(allowed)
    rejected = Counter({reason: count for _, reason, count in sorted(found)})
    return Eligible(tuple(stock.offers[position] for position in positions.tolist()), rejected, positions)


def check_prices(eligible: Eligible, snapshot: Snapshot) -> None:
    """Raise where offers are allowed but none has a price of the asked age or day: nothing can be said of them."""
    seen = f"prices here were seen from {snapshot.oldest_observed_at} to {snapshot.newest_observed_at}"
    if not eligible.offers and eligible.rejected[TOO_OLD]:
        raise PricesStaleError(
            f"every price of what is allowed is too old; {seen}", "allow older prices, or refresh them"
        )
    if not eligible.offers and eligible.rejected[NOT_YET_SEEN]:
        raise PricesMissingError(f"no price of what is allowed had been seen by then; {seen}", "choose a later day")


def _rules(request: PlanRequest, stock: Stock, catalog: Catalog) -> Iterator[tuple[str, Bools]]:
    """Yield (reason, refused) for every filter, in the order in which an offer is asked."""
    allow, deny = request.allow, request.deny
    yield "term not allowed", _outside(stock, "term", allow.terms, deny.terms)
    yield "tier not allowed", _outside(stock, "tier", allow.tiers, deny.tiers)
    yield "provider not allowed", _outside(stock, "provider", allow.providers, deny.providers)
    yield "place not allowed or not stated", _place_refused(request, stock)
    yield "GPU not allowed", _outside(stock, "gpu_id", _gpu_ids(allow.gpus, catalog), _gpu_ids(deny.gpus, catalog))
    yield "link not allowed", stock.where("intra_link_id", lambda link: _link_refused(link, allow.links, deny.links))
    if request.as_of is not None:
        yield NOT_YET_SEEN, stock.day > request.as_of.toordinal()
    if request.max_price_age_days is not None and stock.offers:
        seen_by = int(stock.day.max()) if request.as_of is None else request.as_of.toordinal()
        yield TOO_OLD, seen_by - stock.day > request.max_price_age_days


def _outside(stock: Stock, field: str, allowed: Iterable[str], denied: Iterable[str]) -> Bools:
    wanted, refused = frozenset(allowed), frozenset(denied)
    return stock.where(field, lambda value: (bool(wanted) and value not in wanted) or value in refused)


def _place_refused(request: PlanRequest, stock: Stock) -> Bools:
    """Return the offers whose place is refused: outside all allowed regions and continents, or in a denied one."""
    allow, deny = request.allow, request.deny
    refused = stock.among("region", deny.regions) | stock.among("continent", deny.continents)
    if allow.regions or allow.continents:
        refused |= ~(stock.among("region", allow.regions) | stock.among("continent", allow.continents))
    return refused


def _gpu_ids(names: Iterable[str], catalog: Catalog) -> frozenset[str]:
    return frozenset(gpu_id for name in names for gpu_id in catalog.gpus_named(name))


def _link_refused(link: str | None, allowed: tuple[str, ...], denied: tuple[str, ...]) -> bool:
    """Return whether the link between an instance's GPUs is refused; a single GPU needs none."""
    if link is None:
        return False
    return (bool(allowed) and not any(_is_link(link, name) for name in allowed)) or any(
        _is_link(link, name) for name in denied
    )


def _is_link(link_id: str, name: str) -> bool:
    """Match a link id, or a kind of link: `nvlink` means every NVLink form, `nvswitch` and `pcie` every generation."""
    kinds = ("nvswitch", "nvl72", "nvlink") if name == "nvlink" else (name,)
    return any(link_id == kind or link_id.startswith(kind) for kind in kinds)
