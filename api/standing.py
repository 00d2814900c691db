"""How the prices stand: their ages, what was left out and why, and how the last refreshes went."""

from dataclasses import dataclass, fields
from datetime import datetime

from pricing.status import PricesStatus


@dataclass(frozen=True, slots=True)
class BatchFacts:
    """The last batch of one provider from one feed; `good_at` is when it was last read, `age_hours` since then."""

    provider: str
    feed: str
    status: str
    fetched_at: datetime
    good_at: datetime | None
    age_hours: float | None
    offers: int
    new: int
    changed: int
    gone: int
    error: str | None


@dataclass(frozen=True, slots=True)
class StoredStatus(PricesStatus):
    """How the prices stand, and the last batch of each provider that was ever refreshed or imported."""

    batches: tuple[BatchFacts, ...]


def stored_status(now: datetime) -> StoredStatus:
    """Return how the prices stand at a moment. Raises StoreError."""
    from pricing import load_rejections, load_snapshot, prices_status
    from pricing.store.location import database_url, may_hold_prices

    if not may_hold_prices(database_url()):
        return _with_batches(prices_status(load_snapshot(), load_rejections(), now.date()), ())
    from pricing.store.price_store import PriceStore

    store = PriceStore.open()
    try:
        store.check()
        plain = prices_status(store.snapshot(), store.rejections(), now.date())
        good_at = {(record.provider, record.feed): record.fetched_at for record in store.good_batches()}
        batches = [
            BatchFacts(
                provider=record.provider,
                feed=record.feed,
                status=record.status,
                fetched_at=record.fetched_at,
                good_at=(good := good_at.get((record.provider, record.feed))),
                age_hours=None if good is None else round((now - good).total_seconds() / 3600, 2),
                offers=record.offers,
                new=record.new,
                changed=record.changed,
                gone=record.gone,
                error=record.error or None,
            )
            for record in store.batches()
        ]
    finally:
        store.close()
    return _with_batches(plain, tuple(batches))


def _with_batches(status: PricesStatus, batches: tuple[BatchFacts, ...]) -> StoredStatus:
    return StoredStatus(**{field.name: getattr(status, field.name) for field in fields(status)}, batches=batches)
