"""A batch becomes spans: offers that changed are closed and opened anew, unchanged ones cost nothing."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from pricing.offers import Offer
from pricing.rejections import Rejection
from pricing.store.batches import Batch, Changes, Key, held_keys, offer_key
from pricing.store.errors import OutdatedBatchError
from pricing.store.reading import TICK, last_batches
from pricing.store.schema import BATCHES, FACT_COLUMNS, FACTS, OFFERS, PRICES, REJECTIONS

MOST_AHEAD = timedelta(days=1)
Price = tuple[int, str, str | None, date | None, date | None, date | None, date | None]
"""The cells of a price row: see PRICE_COLUMNS."""
PRICE_COLUMNS = (
    "facts_key",
    "usd_per_hour",
    "native_per_hour",  # where it is another amount
    "observed_at",  # where it is another day than the batch's
    "observed_until",
    "valid_from",
    "valid_until",
)


@dataclass(frozen=True, slots=True)
class _Open:
    """A price that holds: which row it is, what it says, and whether the last batch saw it."""

    offer_key: int
    opened_by: int
    unseen: bool
    price: Price


def write_batch(connection: Connection, batch: Batch, now: datetime) -> Changes:
    """Store a batch inside the caller's write transaction. Raises OutdatedBatchError where a newer one is there.

    One that was fetched in a time to come is of a clock that was wrong, and not newer.
    """
    last = last_batches(connection, None)
    previous = last.get((batch.feed, batch.provider))
    if previous and batch.fetched_at <= previous.fetched_at <= now + MOST_AHEAD:
        raise OutdatedBatchError(
            f"a newer batch of {batch.provider} is already stored, of {previous.fetched_at:%Y-%m-%d %H:%M:%S}"
        )
    batch_id, stored_at = _next_batch(connection, now)
    if batch.status == "failed":
        changes = Changes(batch_id, 0, 0, 0)
    else:
        changes = _write_prices(connection, batch, batch_id)
        _write_rejections(connection, batch)
    row = {
        "batch_id": batch_id,
        "feed": batch.feed,
        "provider": batch.provider,
        "status": batch.status,
        "complete": batch.complete,
        "fetched_at": batch.fetched_at,
        "stored_at": stored_at,
        "offers": len(batch.offers),
        "new": changes.new,
        "changed": changes.changed,
        "gone": changes.gone,
        "rejected": dict(batch.rejected),
        "error": batch.error,
    }
    connection.execute(insert(BATCHES), [row])
    return changes


def plain(value: Decimal) -> str:
    """Return the one text of an amount: 55.040 and 55.04 are the same price."""
    return f"{value.normalize():f}"


def _next_batch(connection: Connection, now: datetime) -> tuple[int, datetime]:
    """Return the next number and a moment after every stored one, whatever the clock says."""
    latest = select(BATCHES.c.batch_id, BATCHES.c.stored_at).order_by(BATCHES.c.batch_id.desc()).limit(1)
    row = connection.execute(latest).one_or_none()
    return (1, now) if row is None else (row.batch_id + 1, max(now, row.stored_at + TICK))


def _write_prices(connection: Connection, batch: Batch, batch_id: int) -> Changes:
    facts = _facts_keys(connection, batch.offers)
    day = batch.fetched_at.date()
    found = {offer_key(offer): _price(offer, facts[_digest(offer)], day) for offer in batch.offers}
    known = _open_prices(connection, batch)
    held = held_keys(batch.rejections)
    new = [key for key in found if key not in known]
    seen = [key for key in known if key in found]
    changed = [key for key in seen if found[key][:3] != known[key].price[:3]]
    reopened = [key for key in seen if found[key] != known[key].price or known[key].unseen]
    absent = [key for key in known if key not in found]
    gone = [key for key in absent if batch.ends(key) and key not in held]
    unseen = [known[key] for key in absent if not known[key].unseen and (not batch.ends(key) or key in held)]
    _mark(connection, "closed_by", batch_id, [known[key] for key in (*reopened, *gone)])
    _mark(connection, "unseen_since", batch_id, unseen)
    keys = {key: known[key].offer_key for key in reopened} | _offer_keys(connection, batch, new)
    opened = [_price_row(number, batch_id, found[key]) for key, number in keys.items()]
    if opened:
        connection.execute(insert(PRICES), opened)
    return Changes(batch_id, len(new), len(changed), len(gone))


def _open_prices(connection: Connection, batch: Batch) -> dict[Key, _Open]:
    """Return the prices of the batch's provider and feed that hold so far."""
    query = (
        select(OFFERS.c.region, OFFERS.c.zone, OFFERS.c.instance_type, OFFERS.c.term, *PRICES.c)
        .join(PRICES, PRICES.c.offer_key == OFFERS.c.offer_key)
        .where(OFFERS.c.provider == batch.provider, OFFERS.c.feed == batch.feed, PRICES.c.closed_by.is_(None))
    )
    return {
        (row.region, row.zone, row.instance_type, row.term): _Open(
            row.offer_key,
            row.opened_by,
            row.unseen_since is not None,
            (*(row._mapping[name] for name in PRICE_COLUMNS),),
        )
        for row in connection.execute(query)
    }


def _offer_keys(connection: Connection, batch: Batch, keys: Sequence[Key]) -> dict[Key, int]:
    """Return the number of each offer, numbering those never seen before."""
    if not keys:
        return {}
    query = select(OFFERS).where(OFFERS.c.provider == batch.provider, OFFERS.c.feed == batch.feed)
    rows = connection.execute(query)
    stored = {(row.region, row.zone, row.instance_type, row.term): row.offer_key for row in rows}
    first = _first_free(connection, OFFERS.c.offer_key)
    fresh = {key: number for number, key in enumerate((key for key in keys if key not in stored), start=first)}
    names = ("region", "zone", "instance_type", "term")
    common = {"provider": batch.provider, "feed": batch.feed}
    if fresh:
        rows_in = [
            {"offer_key": number, **common, **dict(zip(names, key, strict=True))} for key, number in fresh.items()
        ]
        connection.execute(insert(OFFERS), rows_in)
    return {key: stored.get(key) or fresh[key] for key in keys}


def _facts_keys(connection: Connection, offers: Iterable[Offer]) -> Mapping[str, int]:
    """Return the number of each offer's facts by their digest, storing those that are new."""
    query = select(FACTS.c.digest, FACTS.c.facts_key)
    stored = {row.digest: row.facts_key for row in connection.execute(query)}
    fresh = {digest: offer for offer in offers if (digest := _digest(offer)) not in stored}
    first = _first_free(connection, FACTS.c.facts_key)
    keys = {digest: number for number, digest in enumerate(fresh, start=first)}
    if fresh:
        rows = [
            {"facts_key": keys[digest], "digest": digest, **{name: getattr(offer, name) for name in FACT_COLUMNS}}
            for digest, offer in fresh.items()
        ]
        connection.execute(insert(FACTS), rows)
    return stored | keys


def _first_free(connection: Connection, column: Any) -> int:
    return int(connection.scalar(select(func.coalesce(func.max(column), 0))) or 0) + 1


def _digest(offer: Offer) -> str:
    facts = repr([getattr(offer, name) for name in FACT_COLUMNS])
    return hashlib.sha256(facts.encode()).hexdigest()[:24]


def _price(offer: Offer, facts_key: int, day: date) -> Price:
    usd, native = plain(offer.usd_per_hour), plain(offer.native_per_hour)
    seen = None if offer.observed_at == day else offer.observed_at
    amounts = usd, None if native == usd else native
    return facts_key, *amounts, seen, offer.observed_until, offer.valid_from, offer.valid_until


def _price_row(number: int, batch_id: int, price: Price) -> dict[str, Any]:
    return {"offer_key": number, "opened_by": batch_id, **dict(zip(PRICE_COLUMNS, price, strict=True))}


def _mark(connection: Connection, column: str, batch_id: int, rows: Sequence[_Open]) -> None:
    """Write the batch into one column of the given prices."""
    if rows:
        which = (PRICES.c.offer_key == bindparam("offer"), PRICES.c.opened_by == bindparam("opened"))
        keys = [{"offer": row.offer_key, "opened": row.opened_by} for row in rows]
        connection.execute(update(PRICES).where(*which).values({column: batch_id}), keys)


def _write_rejections(connection: Connection, batch: Batch) -> None:
    """Replace what the provider's last batch left out: the prices have a history, their rejections do not."""
    mine = (REJECTIONS.c.listed_by == batch.provider, REJECTIONS.c.feed == batch.feed)
    connection.execute(delete(REJECTIONS).where(*mine))
    if batch.rejections:
        connection.execute(insert(REJECTIONS), [_rejection_row(batch, row) for row in batch.rejections])


def _rejection_row(batch: Batch, row: Rejection) -> dict[str, Any]:
    names = ("origin", "provider", "region", "zone", "instance_type", "term", "detail")
    price = None if row.usd_per_hour is None else plain(row.usd_per_hour)
    cells = {name: getattr(row, name) for name in names}
    return {"feed": batch.feed, "listed_by": batch.provider, "usd_per_hour": price, "reason": row.reason.value, **cells}
