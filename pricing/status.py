"""How the prices stand: per provider, how many, how old, and what was left out and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from pricing.files import by_frequency
from pricing.offers import AccountQuota, Offer, Snapshot, Tier
from pricing.rejections import Rejection


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """The prices of one provider. Ages are in days before `today`; the four are None where it has no offer.

    An offer seen on one day of a range counts from the first: the oldest that it can be.
    """

    provider: str
    tiers: tuple[Tier, ...]
    offers: int
    oldest_observed_at: date | None
    newest_observed_at: date | None
    oldest_age_days: int | None
    newest_age_days: int | None
    rejected: Mapping[str, int]
    quarantined: tuple[Rejection, ...]


@dataclass(frozen=True, slots=True)
class PricesStatus:
    """The prices of every provider, by name, and of all together; `rejected` counts by reason, most frequent first.

    `quotas` are those of the user's own accounts.
    """

    snapshot_id: str
    today: date
    offers: int
    providers: tuple[ProviderStatus, ...]
    offers_by_tier: Mapping[str, int]
    offers_by_term: Mapping[str, int]
    rejected: Mapping[str, int]
    quarantined: tuple[Rejection, ...]
    quotas: tuple[AccountQuota, ...]


def prices_status(snapshot: Snapshot, rejections: Iterable[Rejection], today: date) -> PricesStatus:
    """Return how a snapshot stands on a day."""
    rejections = tuple(rejections)
    names = sorted({offer.provider for offer in snapshot.offers} | {row.provider for row in rejections})
    return PricesStatus(
        snapshot_id=snapshot.snapshot_id,
        today=today,
        offers=len(snapshot.offers),
        providers=tuple(_provider_status(name, snapshot.offers, rejections, today) for name in names),
        offers_by_tier=by_frequency(offer.tier for offer in snapshot.offers),
        offers_by_term=by_frequency(offer.term for offer in snapshot.offers),
        rejected=by_frequency(row.reason.value for row in rejections),
        quarantined=tuple(row for row in rejections if row.quarantined),
        quotas=snapshot.quotas,
    )


def _provider_status(
    provider: str, offers: Iterable[Offer], rejections: Iterable[Rejection], today: date
) -> ProviderStatus:
    own = [offer for offer in offers if offer.provider == provider]
    left_out = [row for row in rejections if row.provider == provider]
    oldest = min((offer.observed_at for offer in own), default=None)
    newest = max((offer.observed_at for offer in own), default=None)
    return ProviderStatus(
        provider=provider,
        tiers=tuple(sorted({offer.tier for offer in own})),
        offers=len(own),
        oldest_observed_at=oldest,
        newest_observed_at=newest,
        oldest_age_days=(today - oldest).days if oldest else None,
        newest_age_days=(today - newest).days if newest else None,
        rejected=by_frequency(row.reason.value for row in left_out),
        quarantined=tuple(row for row in left_out if row.quarantined),
    )
