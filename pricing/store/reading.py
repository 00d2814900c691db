"""The rows of a moment: which batches were stored by then, and the prices that held."""

import gc
from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import repeat
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select, true

from pricing.offers import Offer
from pricing.rejections import Reason, Rejection
from pricing.store.batches import BatchRecord
from pricing.store.schema import BATCHES, FACT_COLUMNS, FACTS, OFFERS, PRICES, REJECTIONS

TICK = timedelta(microseconds=1)
Feed = tuple[str, str]
"""(feed, provider)."""


def horizon(connection: Connection, as_of: datetime | None) -> int:
    """Return the last batch stored by a moment (None: now), 0 where there is none."""
    query = select(func.coalesce(func.max(BATCHES.c.batch_id), 0))
    return int(connection.scalar(query if as_of is None else query.where(BATCHES.c.stored_at <= as_of)) or 0)


def last_batches(connection: Connection, last: int | None, *, failed: bool = True) -> dict[Feed, BatchRecord]:
    """Return the last batch of each feed up to a batch (None: any), or with failed=False the last that was read."""
    query = select(func.max(BATCHES.c.batch_id)).group_by(BATCHES.c.feed, BATCHES.c.provider)
    if last is not None:
        query = query.where(BATCHES.c.batch_id <= last)
    if not failed:
        query = query.where(BATCHES.c.status != "failed")
    rows = connection.execute(select(BATCHES).where(BATCHES.c.batch_id.in_(query)))
    return {(row.feed, row.provider): BatchRecord(**row._mapping) for row in rows}


def complete_providers(connection: Connection, last: int) -> frozenset[str]:
    """Return the providers that have told all there is of them, in their own words, by a batch."""
    query = select(BATCHES.c.provider).where(
        BATCHES.c.batch_id <= last, BATCHES.c.feed == "live", BATCHES.c.complete.is_(True)
    )
    return frozenset(connection.scalars(query.distinct()))


def offers_at(connection: Connection, last: int, provider_id: str | None = None) -> dict[str, list[Offer]]:
    """Return, by feed, the offers (of one provider, or all) whose price held after a batch, in the order of their keys.

    Column by column, which is twice as fast as row by row: a question waits for it.
    """
    with _uncollected():
        rows = connection.execute(_prices_at(last, provider_id)).all()
        if not rows:
            return {}
        feed, provider, region, zone, name, term, usd, native, seen, until, *rest = zip(*rows, strict=True)
        valid_from, valid_until, unseen, facts = rest
        tier, continent, currency, *others = zip(*map(_facts(connection).__getitem__, facts), strict=True)
        usd_per_hour = [Decimal(cell) for cell in usd]
        native_per_hour = [
            amount if cell is None else Decimal(cell) for amount, cell in zip(usd_per_hour, native, strict=True)
        ]
        newest = {key: record.day for key, record in last_batches(connection, last, failed=False).items()}
        days = SightingDays(connection, last) if any(unseen) else None
        observed_at = [
            day or (newest[sight] if days is None or batch is None else days.last(*sight, batch))
            for day, sight, batch in zip(seen, zip(feed, provider, strict=True), unseen, strict=True)
        ]
        place = (provider, tier, region, [cell or None for cell in zone], continent)
        price = (usd_per_hour, currency, native_per_hour, observed_at, until)
        offers: dict[str, list[Offer]] = defaultdict(list)
        columns = (*place, name, term, *price, *others, valid_from, valid_until)
        for key, offer in zip(feed, _make_offers(*columns), strict=True):
            offers[key].append(offer)
    return offers


def _make_offers(*columns: Sequence[Any]) -> list[Offer]:
    """Return offers of columns in the order of their fields.

    Fills slot after slot: the constructor of a frozen class takes two and a half times as long.
    """
    offers: list[Offer] = list(map(Offer.__new__, repeat(Offer, len(columns[0]))))
    for field, column in zip(fields(Offer), columns, strict=True):
        deque(map(getattr(Offer, field.name).__set__, offers, column), maxlen=0)
    return offers


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector from looking through thousands of rows that are all kept."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _prices_at(last: int, provider_id: str | None) -> Select[Any]:
    """Return the query of every price that held after a batch; each offer costs two look-ups, whatever its history."""
    latest = PRICES.alias("latest")
    opened = (
        select(func.max(latest.c.opened_by))
        .where(latest.c.offer_key == OFFERS.c.offer_key, latest.c.opened_by <= last)
        .scalar_subquery()
    )
    return (
        select(
            *OFFERS.c["feed", "provider", "region", "zone", "instance_type", "term"],
            *PRICES.c["usd_per_hour", "native_per_hour", "observed_at", "observed_until"],
            *PRICES.c["valid_from", "valid_until", "unseen_since", "facts_key"],
        )
        .join_from(OFFERS, PRICES, and_(PRICES.c.offer_key == OFFERS.c.offer_key, PRICES.c.opened_by == opened))
        .where(or_(PRICES.c.closed_by.is_(None), PRICES.c.closed_by > last))
        .where(true() if provider_id is None else OFFERS.c.provider == provider_id)
        .order_by(*OFFERS.c["provider", "region", "zone", "instance_type", "term"])
    )


def _facts(connection: Connection) -> dict[int, tuple[Any, ...]]:
    """Return the facts by their number, once each: thousands of offers share them."""
    rows = connection.execute(select(FACTS.c.facts_key, *FACTS.c[FACT_COLUMNS])).all()
    return {facts_key: tuple(facts) for facts_key, *facts in rows}


def hardware(connection: Connection) -> list[tuple[str, str | None, str | None]]:
    """Return every (GPU, link inside, link between instances) that was ever stored."""
    query = select(FACTS.c.gpu_id, FACTS.c.intra_link_id, FACTS.c.inter_link_id).distinct()
    return [(gpu, intra, inter) for gpu, intra, inter in connection.execute(query)]


class SightingDays:
    """On which day each batch that was read saw its offers, up to a batch (None: to the newest)."""

    def __init__(self, connection: Connection, last: int | None = None) -> None:
        self._batches: dict[Feed, list[int]] = defaultdict(list)
        self._days: dict[Feed, list[date]] = defaultdict(list)
        columns = BATCHES.c["feed", "provider", "batch_id", "fetched_at"]
        query = select(*columns).where(BATCHES.c.status != "failed").order_by(BATCHES.c.batch_id)
        for feed, provider, batch_id, fetched_at in connection.execute(query):
            if last is None or batch_id <= last:
                self._batches[feed, provider].append(batch_id)
                self._days[feed, provider].append(fetched_at.date())

    def last(self, feed: str, provider: str, before: int | None) -> date:
        """Return the day of a feed's last batch before a batch (None: of all)."""
        days = self._days[feed, provider]
        return days[-1] if before is None else days[bisect_left(self._batches[feed, provider], before) - 1]


def rejections_of(connection: Connection) -> list[Rejection]:
    """Return what the last batch of each feed left out."""
    query = select(REJECTIONS).order_by(*REJECTIONS.c["listed_by", "feed", "origin", "term"])
    return [
        Rejection(
            row.origin,
            row.provider,
            row.region,
            row.zone,
            row.instance_type,
            row.term,
            None if row.usd_per_hour is None else Decimal(row.usd_per_hour),
            Reason(row.reason),
            row.detail,
        )
        for row in connection.execute(query)
    ]


def rejected_counts(records: Mapping[Feed, BatchRecord]) -> dict[str, int]:
    """Return how many prices the given batches left out, by reason."""
    counts: dict[str, int] = defaultdict(int)
    for record in records.values():
        for reason, count in record.rejected.items():
            counts[reason] += count
    return dict(counts)
