"""What a price is: one instance shape, in one region, on one term, seen on one day, from one source."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Tier = Literal["hyperscaler", "neocloud", "marketplace", "tracker"]
Term = Literal["on_demand", "spot", "reserved_1y", "reserved_3y", "capacity_block"]
Market = Literal["on_demand", "spot"]
LinkBasis = Literal["catalog", "listing", "form factor", "single gpu"]


@dataclass(frozen=True, slots=True)
class Offer:
    """One rentable instance at one price.

    `usd_per_hour` is for one whole instance, converted from `native_per_hour` in `currency`.
    `observed_at` is the day the price was seen; where the source gives only a range, its first day, and
    `observed_until` is its last. `intra_link_id` joins the instance's GPUs (None: one GPU), `inter_link_id` joins
    instances (None: not usable across nodes); `link_basis` says how the link is known.
    `continent` is None where the source names no place. `valid_from` and `valid_until` are the first and the last day
    of a contract rate; outside them a snapshot leaves it out.
    """

    provider: str
    tier: Tier
    region: str
    zone: str | None
    continent: str | None
    instance_type: str
    term: Term
    usd_per_hour: Decimal
    currency: str
    native_per_hour: Decimal
    observed_at: date
    observed_until: date | None
    source: str
    source_url: str
    gpu_id: str
    gpu_count: int
    intra_link_id: str | None
    inter_link_id: str | None
    link_basis: LinkBasis
    vcpus: float | None
    ram_gib: float | None
    note: str
    valid_from: date | None = None
    valid_until: date | None = None

    @property
    def offer_id(self) -> str:
        """Return the key that tells this offer from every other in a snapshot."""
        return "/".join((self.provider, self.region, self.zone or "-", self.instance_type, self.term))

    def holds_on(self, day: date) -> bool:
        """Return whether the price may be paid on a day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )

    @property
    def pool(self) -> str:
        """Return the quota pool that this offer draws on."""
        return f"{self.provider}/{self.region}/{self.instance_type}"


@dataclass(frozen=True, slots=True)
class AccountQuota:
    """At most `vcpus` at once of the instance types of some families, in one region on one market, by one account.

    `families` are written `G+VT`; `name` is the provider's own. It is no price, but it came with them: `observed_at`.
    """

    provider: str
    region: str
    families: str
    market: Market
    vcpus: int
    name: str
    observed_at: date

    @property
    def key(self) -> str:
        """Return the quota's key in a plan request."""
        return f"{self.provider}/{self.region}/{self.families}/{self.market} vCPUs"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An immutable set of offers. `snapshot_id` hashes its rows; `rejected` counts what was left out, by reason.

    `quotas` are those of the user's own accounts, as told by the providers together with their prices.
    """

    snapshot_id: str
    offers: tuple[Offer, ...]
    rejected: Mapping[str, int]
    quotas: tuple[AccountQuota, ...] = ()

    @property
    def oldest_observed_at(self) -> date:
        """Return the day of the oldest price. Raises ValueError on an empty snapshot."""
        return min(offer.observed_at for offer in self.offers)

    @property
    def newest_observed_at(self) -> date:
        """Return the day of the newest price. Raises ValueError on an empty snapshot."""
        return max(offer.observed_at for offer in self.offers)
