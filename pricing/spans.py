"""From when to when an offer had which price, and which offers are asked about."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import groupby


@dataclass(frozen=True, slots=True)
class PriceSpan:
    """One price of one offer, on every look from the first day to the last; nobody looked before, or after.

    `series` keeps apart what one key cannot: the payment option, the feed, or whose reading of a small cloud it is.
    GPU and count are None where the source does not tell them.
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


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """Which offers: every name given must match, without case. `region` is a region or a zone."""

    provider: str | None = None
    region: str | None = None
    instance_type: str | None = None
    gpu_ids: frozenset[str] | None = None
    term: str | None = None


def join_spans(spans: Iterable[PriceSpan]) -> tuple[PriceSpan, ...]:
    """Return spans, ordered by key and time, with equal prices that follow each other made one."""
    joined = []
    for _, run in groupby(spans, key=lambda span: (span.key, span.usd_per_hour)):
        first, *others = run
        joined.append(replace(first, last_seen=max(span.last_seen for span in (first, *others))))
    return tuple(joined)
