"""What was left out of a snapshot, and why."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from pricing.offers import Offer


class Reason(StrEnum):
    """Why a listed price is not an offer; counted under exactly these words."""

    NO_PRICE = "no price listed"
    NOT_POSITIVE = "a price of zero or less"
    NO_RATE = "currency without an exchange rate"
    SOLD_OUT = "not rentable when it was seen"
    NOT_VALID = "outside the days it is valid on"
    UNKNOWN_PROVIDER = "provider in no table"
    UNKNOWN_SOURCE = "source in no table"
    UNKNOWN_GPU = "GPU in no catalog"
    UNKNOWN_SHAPE = "shape in no catalog and no listing"
    UNKNOWN_COUNT = "GPU count of this size is not published"
    FRACTION = "a fraction of a GPU"
    MEMORY = "GPU memory contradicts the catalog"
    CONTRADICTS = "GPU or count contradicts the catalog"
    NO_LINK = "no known link between its GPUs"
    STRANGE = "stored with a GPU or link that is in no catalog"
    NOT_ON_DEMAND = "cannot be launched on demand"
    PREVIEW = "a preview size that can no longer be created"
    OUT_OF_BAND = "outside the plausible price of this GPU"
    OUT_OF_SCALE = "price does not scale with the GPU count"
    JUMP = "price jumped since it was last seen"
    SPOT_CAP = "spot at the on-demand cap: no spare capacity"
    LISTED_BY_ZONE = "listed zone by zone"
    NEWER = "superseded by a newer listing"
    CONTRACT = "superseded by a contract rate"
    OWN_LISTING = "superseded by the provider's own listing"
    EXPLICIT = "superseded by a listing of the whole shape"
    DEARER = "a dearer listing of the same shape and day"
    REPEATED = "repeats another listing"


QUARANTINE = frozenset({Reason.OUT_OF_BAND, Reason.OUT_OF_SCALE, Reason.JUMP, Reason.NO_RATE, Reason.STRANGE})
"""Prices that look like a mistake, or need a rate or a newer gpumix: kept apart for somebody to look at."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """One listed price that is not an offer. `origin` is file:line of the row it was listed in.

    `usd_per_hour` is for a whole instance, None where nothing is listed; `detail` has the figures behind `reason`.
    """

    origin: str
    provider: str
    region: str
    zone: str | None
    instance_type: str
    term: str
    usd_per_hour: Decimal | None
    reason: Reason
    detail: str

    @classmethod
    def of(cls, offer: Offer, reason: Reason, detail: str, origin: str | None = None) -> "Rejection":
        """Return the record of leaving out what would be an offer, listed at `origin` (default: its source)."""
        return cls(
            origin=offer.source if origin is None else origin,
            provider=offer.provider,
            region=offer.region,
            zone=offer.zone,
            instance_type=offer.instance_type,
            term=offer.term,
            usd_per_hour=offer.usd_per_hour,
            reason=reason,
            detail=detail,
        )

    @property
    def quarantined(self) -> bool:
        """Whether the price is for somebody to look at."""
        return self.reason in QUARANTINE
