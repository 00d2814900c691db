"""The history of an offer: from when to when it had which price."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, func, or_, select

from pricing.store.reading import SightingDays
from pricing.store.schema import FACTS, OFFERS, PRICES

_FOR_EVER = 2**62


@dataclass(frozen=True, slots=True)
class OfferFilter:
    """Which offers: every name given must match, without case. `region` is a region, a zone or a continent."""

    provider: str | None = None
    region: str | None = None
    instance_type: str | None = None
    gpu_ids: frozenset[str] | None = None
    term: str | None = None


@dataclass(frozen=True, slots=True)
class PriceSpan:
    """One price of one offer, on every look from the first day to the last. `source` is that of the first look.

    `series` keeps apart what one key cannot: the payment option, or the feed, or the repository it was read from.
    """

    provider: str
    region: str
    zone: str | None
    instance_type: str
    term: str
    series: str
    gpu_id: str | None
    gpu_count: int | None
    usd_per_hour: Decimal
    first_seen: date
    last_seen: date
    source: str

    @property
    def key(self) -> tuple[str, str, str, str, str, str]:
        """Return what the prices of one line of a chart share."""
        return self.provider, self.region, self.zone or "", self.instance_type, self.term, self.series


def price_spans(connection: Connection, wanted: OfferFilter) -> tuple[PriceSpan, ...]:
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
        .where(*_conditions(wanted))
        .order_by(*OFFERS.c["provider", "region", "zone", "instance_type", "term", "feed"], PRICES.c.opened_by)
    )
    return join_spans(_span(row, days) for row in connection.execute(query))


def join_spans(spans: Iterable[PriceSpan]) -> tuple[PriceSpan, ...]:
    """Return spans, ordered by key and time, with equal prices that follow each other made one."""
    joined = []
    for _, run in groupby(spans, key=lambda span: (span.key, span.usd_per_hour)):
        first, *others = run
        joined.append(replace(first, last_seen=max(span.last_seen for span in (first, *others))))
    return tuple(joined)


def _span(row: Any, days: SightingDays) -> PriceSpan:
    feed = (row.feed, row.provider)
    ended = min(row.unseen_since or _FOR_EVER, row.closed_by or _FOR_EVER)
    first = row.observed_at or days.before(feed, row.opened_by + 1)
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
        first_seen=first,
        last_seen=row.observed_at or days.before(feed, ended),
        source=row.source,
    )


def _conditions(wanted: OfferFilter) -> Iterator[Any]:
    named = (
        (OFFERS.c.provider, wanted.provider),
        (OFFERS.c.instance_type, wanted.instance_type),
        (OFFERS.c.term, wanted.term),
    )
    yield from (func.lower(column) == name.lower() for column, name in named if name is not None)
    if wanted.region is not None:
        place = wanted.region.lower()
        yield or_(*(func.lower(column) == place for column in (OFFERS.c.region, OFFERS.c.zone, FACTS.c.continent)))
    if wanted.gpu_ids is not None:
        yield FACTS.c.gpu_id.in_(wanted.gpu_ids)
