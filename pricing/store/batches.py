"""What comes into the store: one batch is what one provider answered, or one file told of it, at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from pricing.files import by_frequency
from pricing.offers import AccountQuota, Offer
from pricing.rejections import Rejection

Status = Literal["ok", "partial", "failed"]
Key = tuple[str, str, str, str]
"""(region, zone or "", instance type, term): what tells the offers of one provider apart."""

LIVE = "live"
CONTRACT = "contract"
"""Of several rates of one offer that follow each other, the second is in the feed `contract 2`, and so on."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The offers of one provider from one feed: `live` from its API, `contract` the user's own, else an import.

    `fetched_at` is when the fetch began. After `ok`, stored offers that are not in the batch are gone, except outside
    `regions` (None: every region was asked for) and except quarantined ones; after `partial` and `failed` all stay.
    `quotas` replace those of the account in the regions that they name.
    """

    provider: str
    fetched_at: datetime
    offers: tuple[Offer, ...]
    rejections: tuple[Rejection, ...] = ()
    status: Status = "ok"
    feed: str = LIVE
    regions: frozenset[str] | None = None
    error: str = ""
    quotas: tuple[AccountQuota, ...] = ()

    def __post_init__(self) -> None:
        """Raise ValueError for an offer of another provider, a repeated offer, or a time without a zone."""
        keys = {offer_key(offer) for offer in self.offers}
        if len(keys) != len(self.offers) or any(offer.provider != self.provider for offer in self.offers):
            raise ValueError(f"a batch of {self.provider} holds a repeated offer, or one of another provider")
        if self.fetched_at.tzinfo is None:
            raise ValueError("fetched_at needs a time zone")

    @property
    def complete(self) -> bool:
        """Whether the batch tells all there is of its provider."""
        return self.status == "ok" and self.regions is None

    @property
    def rejected(self) -> Mapping[str, int]:
        """Return how many prices were left out by reason, most frequent first."""
        return by_frequency(row.reason.value for row in self.rejections)

    def ends(self, key: Key) -> bool:
        """Whether a stored offer that is not in this batch is gone."""
        return self.status == "ok" and (self.regions is None or key[0] in self.regions)


@dataclass(frozen=True, slots=True)
class Changes:
    """What a batch changed: offers never seen or gone before, with another price or other facts, and gone."""

    batch_id: int
    new: int
    changed: int
    gone: int


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """A stored batch without its offers. `stored_at` grows with `batch_id`; `as_of` is compared with it."""

    batch_id: int
    feed: str
    provider: str
    status: Status
    complete: bool
    fetched_at: datetime
    stored_at: datetime
    offers: int
    new: int
    changed: int
    gone: int
    rejected: Mapping[str, int]
    error: str

    @property
    def day(self) -> date:
        """Return the day on which its offers were seen."""
        return self.fetched_at.date()


def contract_feed(number: int) -> str:
    """Return the feed of the rates that are the first (0), second, ... of their offers."""
    return CONTRACT if number == 0 else f"{CONTRACT} {number + 1}"


def is_contract(feed: str) -> bool:
    """Whether a feed is of the user's own rates."""
    return feed.partition(" ")[0] == CONTRACT


def offer_key(offer: Offer) -> Key:
    """Return the key of an offer within its provider."""
    return offer.region, offer.zone or "", offer.instance_type, offer.term


def held_keys(rejections: tuple[Rejection, ...]) -> frozenset[Key]:
    """Return the keys of quarantined prices: what is stored under them stays, with its old date."""
    return frozenset((row.region, row.zone or "", row.instance_type, row.term) for row in rejections if row.quarantined)
