"""The prices that hold now: stored ones where there are any, shipped ones elsewhere."""

from datetime import datetime

from pricing.offers import Snapshot
from pricing.shipped import load_snapshot
from pricing.store.location import database_url, may_hold_prices


def current_snapshot(url: str | None = None, as_of: datetime | None = None, *, checked: bool = False) -> Snapshot:
    """Return the prices known at a moment (None: now). Raises StoreError where a database is there but not readable.

    Without a database this is the shipped snapshot, and no database library is imported. `checked` reads all of it
    first and holds it against what was written.
    """
    url = url or database_url()
    if not may_hold_prices(url):
        return load_snapshot() if as_of is None else _shipped_at(as_of)
    from pricing.store.price_store import PriceStore

    store = PriceStore.open(url)
    try:
        if checked:
            store.check()
        return store.snapshot(as_of)
    finally:
        store.close()


def _shipped_at(as_of: datetime) -> Snapshot:
    from pricing.store.merging import baseline_at, make_snapshot, rejected_in_all, shipped_baseline

    known = baseline_at(shipped_baseline(), as_of)
    return make_snapshot(list(known.offers), rejected_in_all({}, known.rejections, frozenset()), known.snapshot_id)
