"""Prices: what can be rented, where, on which term, for how much, seen when and by whom.

    snapshot = load_snapshot()                                     # the offers that ship with gpumix, with their id
    offers = select_offers(snapshot.offers, provider="aws", term="spot")
    status = prices_status(snapshot, load_rejections(), today)     # ages, counts, everything left out and why

Listed prices become offers in `pricing.normalize`; `python -m pricing.build` writes the shipped files from them.
"""

from pricing.errors import PricesError, PricesMissingError, PricesStaleError
from pricing.filters import select_offers
from pricing.offers import LinkBasis, Offer, Snapshot, Term, Tier
from pricing.rejections import Reason, Rejection
from pricing.shipped import load_rejections, load_snapshot
from pricing.status import PricesStatus, ProviderStatus, prices_status

__all__ = [
    "LinkBasis",
    "Offer",
    "PricesError",
    "PricesMissingError",
    "PricesStaleError",
    "PricesStatus",
    "ProviderStatus",
    "Reason",
    "Rejection",
    "Snapshot",
    "Term",
    "Tier",
    "load_rejections",
    "load_snapshot",
    "prices_status",
    "select_offers",
]
