"""The history of an offer: from when to when it had which price."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, or_, select, true

from pricing.spans import HistoryFilter, PriceSpan, join_spans
from pricing.store.reading import SightingDays
from pricing.store.schema import FACTS, OFFERS, PRICES


def price_spans(connection: Connection, wanted: HistoryFilter) -> tuple[PriceSpan, ...]:
    """Return the stored prices of matching offers, by key and then by time; repeated sightings are one span."""
    days = SightingDays(connection)
    query = (
        select(
            *OFFERS.c["provider", "region", "zone", "instance_type", "term", "feed"],
            *FACTS.c["gpu_id", "gpu_count", "source"],
            *PRICES.c["usd_per_hour", "opened_by", "unseen_since", "closed_by", "observed_at"],
        )
        .join_from(OFFERS, PRICES, PRICES.c.offer_key == OFFERS.c.offer_key)
        .join(FACTS, FACTS.c.facts_key == PRICES.c.facts_key)
        .where(PRICES.c.offer_key.in_(select(OFFERS.c.offer_key).where(*_names(wanted))))
        .where(true() if wanted.gpu_ids is None else FACTS.c.gpu_id.in_(wanted.gpu_ids))
        .order_by(*OFFERS.c["provider", "region", "zone", "instance_type", "term", "feed"], PRICES.c.opened_by)
    )
    return join_spans(_span(row, days) for row in connection.execute(query))


def _span(row: Any, days: SightingDays) -> PriceSpan:
    ends = [batch for batch in (row.unseen_since, row.closed_by) if batch is not None]
    last_seen = days.last(row.feed, row.provider, min(ends, default=None))
    return PriceSpan(
        provider=row.provider,
        region=row.region,
        zone=row.zone or None,
        instance_type=row.instance_type,
        term=row.term,
        series="" if row.feed == "live" else row.feed,
        gpu_id=row.gpu_id,
        gpu_count=row.gpu_count,
        usd_per_hour=Decimal(row.usd_per_hour),
        first_seen=row.observed_at or days.last(row.feed, row.provider, row.opened_by + 1),
        last_seen=row.observed_at or last_seen,
        source=row.source,
    )


def _names(wanted: HistoryFilter) -> Iterator[Any]:
    named = (
        (OFFERS.c.provider, wanted.provider),
        (OFFERS.c.instance_type, wanted.instance_type),
        (OFFERS.c.term, wanted.term),
    )
    yield from (func.lower(column) == name.lower() for column, name in named if name is not None)
    if wanted.region is not None:
        place = wanted.region.lower()
        yield or_(func.lower(OFFERS.c.region) == place, func.lower(OFFERS.c.zone) == place)
