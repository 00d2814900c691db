"""Prices over time as documents."""

from collections.abc import Iterable
from dataclasses import dataclass

from pricing.spans import PriceSpan


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """One price of one offer, of one whole instance, from the first day it was seen to the last."""

    provider: str
    region: str
    zone: str | None
    instance_type: str
    term: str
    series: str
    gpu: str | None
    gpus_per_instance: int | None
    usd_per_hour: float
    first_seen: str
    last_seen: str
    source: str


@dataclass(frozen=True, slots=True)
class PriceHistory:
    """The prices of the offers that match, by offer and then by time."""

    items: tuple[HistoryItem, ...]


def price_history_document(spans: Iterable[PriceSpan]) -> PriceHistory:
    """Return prices over time as a document."""
    return PriceHistory(tuple(_item(span) for span in spans))


def _item(span: PriceSpan) -> HistoryItem:
    return HistoryItem(
        provider=span.provider,
        region=span.region,
        zone=span.zone,
        instance_type=span.instance_type,
        term=span.term,
        series=span.series,
        gpu=span.gpu_id,
        gpus_per_instance=span.gpu_count,
        usd_per_hour=float(span.usd_per_hour),
        first_seen=span.first_seen.isoformat(),
        last_seen=span.last_seen.isoformat(),
        source=span.source,
    )
