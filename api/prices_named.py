"""Prices by name: of now, of a day, of an id, of the shipped snapshot, of an export, of the price history."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from api.answering import current_prices
from catalog import Catalog, InvalidInputError
from pricing import Snapshot, load_snapshot
from pricing.store.location import database_url, may_hold_prices

NAMES = "a day (2026-08-01), history:DAY, a snapshot id, now or shipped"
HISTORY = "history:"
CARRY_DAYS = 31
_ID = re.compile(r"^[0-9a-f]{16}$")
_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True, slots=True)
class NamedPrices:
    """A snapshot, and the day that a request on it is pinned to, if any."""

    snapshot: Snapshot
    as_of: date | None = None


def prices_named(name: str) -> NamedPrices:
    """Return the prices of a name. Raises InvalidInputError on a name that nothing has, StoreError.

    `history:DAY` has what the price history tells of that day, carried at most CARRY_DAYS from the last look.
    """
    if name == "now":
        return NamedPrices(current_prices())
    if name == "shipped":
        return NamedPrices(load_snapshot())
    if name.startswith(HISTORY):
        return _of_history(_day(name.removeprefix(HISTORY)))
    if _DAY.match(name):
        day = _day(name)
        return NamedPrices(current_prices(day), day)
    found = prices_of_id(name) if _ID.match(name) else None
    if found is None:
        raise InvalidInputError(f"there are no prices {name!r}", f"give {NAMES}")
    return NamedPrices(found)


def prices_of_export(name: str, catalog: Catalog) -> NamedPrices:
    """Return the prices of a file that `gpumix prices export` wrote. Raises InvalidInputError."""
    from pricing.restoring import is_export, read_export
    from pricing.store.merging import snapshot_id

    try:
        content = Path(name).read_bytes()
    except OSError as error:
        raise InvalidInputError(f"{name} cannot be read: {error.strerror}", "check the path") from error
    if not is_export(content):
        raise InvalidInputError(f"{name} is no export of prices", "write one with: gpumix prices export > prices.csv")
    offers = read_export(name, content, datetime.now(UTC), catalog)
    return NamedPrices(Snapshot(snapshot_id(offers), offers, {}))


def prices_of_id(identity: str) -> Snapshot | None:
    """Return the prices of a snapshot id: those of now, the shipped ones, or stored ones. Raises StoreError."""
    for snapshot in (current_prices(), load_snapshot()):
        if snapshot.snapshot_id == identity:
            return snapshot
    if not may_hold_prices(database_url()):
        return None
    from pricing.store.price_store import PriceStore

    store = PriceStore.open()
    try:
        return store.snapshot_named(identity)
    finally:
        store.close()


def _of_history(day: date) -> NamedPrices:
    from api.sweeps.past import PastPrices
    from pricing.history import price_history
    from pricing.spans import HistoryFilter

    found = PastPrices(price_history(HistoryFilter()), current_prices(), CARRY_DAYS).on(day)
    if not found.offers:
        raise InvalidInputError(f"the price history has no price on {day}", "see: gpumix prices history")
    return NamedPrices(found, day)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInputError(f"{text!r} is no day", "write it as 2026-08-01") from error
