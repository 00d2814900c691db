"""An offer in the making, together with the quote it comes from; or why a quote makes none."""

from dataclasses import dataclass
from decimal import Decimal

from pricing.offers import Offer, Term
from pricing.quotes import Quote
from pricing.rejections import Reason, Rejection


class RejectedQuoteError(Exception):
    """A quote that stands for no offer; never leaves this package."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Draft:
    """An offer not yet accepted.

    `contract`: the user's own rate. `first_hand`: read from the provider's own pages or API. `multiplied`: the listing
    has a price per GPU and this shape is one of those it can be rented in. `scales`: its source claims the price goes
    with the GPU count.
    """

    offer: Offer
    quote: Quote
    first_hand: bool
    multiplied: bool
    scales: bool
    contract: bool = False

    @property
    def key(self) -> tuple[str, str, str, str, Term]:
        """Return what no two offers of a snapshot share."""
        offer = self.offer
        return offer.provider, offer.region, offer.zone or "", offer.instance_type, offer.term

    @property
    def holds_now(self) -> bool:
        """Whether the price may be paid on the day it was seen; a contract rate may begin later."""
        return self.offer.holds_on(self.offer.observed_at)

    @property
    def usd_per_gpu_hour(self) -> Decimal:
        """Return the price of one of its GPUs."""
        return self.offer.usd_per_hour / self.offer.gpu_count

    def reject(self, reason: Reason, detail: str) -> Rejection:
        """Return the record of leaving this draft out."""
        return Rejection.of(self.offer, reason, detail, self.quote.origin)


def reject_quote(quote: Quote, provider: str, reason: Reason, detail: str) -> Rejection:
    """Return the record of leaving a quote out before it became a draft; other names are the source's own."""
    return Rejection(
        origin=quote.origin,
        provider=provider,
        region=quote.region,
        zone=quote.zone,
        instance_type=quote.instance_type,
        term=quote.term,
        usd_per_hour=quote.usd_per_hour,
        reason=reason,
        detail=detail,
    )
