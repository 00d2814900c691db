"""What prices were: the history that ships with gpumix, together with what was stored since.

The shipped file is read when somebody asks for history, never for a question.
"""

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from importlib.resources import files

from pricing.spans import HistoryFilter, PriceSpan, join_spans
from pricing.store.location import database_url, may_hold_prices

COLUMNS = (
    "provider",
    "region",
    "instance_type",
    "term",
    "series",
    "gpu_id",
    "gpu_count",
    "usd_per_hour",
    "first_seen",
    "last_seen",
    "source",
)


def price_history(wanted: HistoryFilter, url: str | None = None) -> tuple[PriceSpan, ...]:
    """Return the shipped and the stored prices of matching offers, by key and then by time. Raises StoreError."""
    spans = [*shipped_history(wanted), *_stored_history(wanted, url or database_url())]
    return join_spans(sorted(spans, key=lambda span: (span.key, span.first_seen, span.last_seen)))


def shipped_history(wanted: HistoryFilter) -> Iterator[PriceSpan]:
    """Yield the shipped prices of matching offers, by key and then by time."""
    names = [_lowered(name) for name in (wanted.provider, wanted.region, wanted.instance_type, wanted.term)]
    with (files("pricing") / "data" / "price_history.csv").open("r", encoding="utf-8") as file:
        rows = csv.reader(file)
        next(rows)
        for cells in rows:
            if all(name is None or name == cell.lower() for name, cell in zip(names, cells[:4], strict=True)) and (
                wanted.gpu_ids is None or cells[5] in wanted.gpu_ids
            ):
                yield _span(cells)


def _stored_history(wanted: HistoryFilter, url: str) -> tuple[PriceSpan, ...]:
    if not may_hold_prices(url):
        return ()
    from pricing.store.price_store import PriceStore

    store = PriceStore.open(url)
    try:
        return store.history(wanted)
    finally:
        store.close()


def _span(cells: list[str]) -> PriceSpan:
    provider, region, instance_type, term, series, gpu_id, gpu_count, usd, first, last, source = cells
    count = int(gpu_count) if gpu_count else None
    days = date.fromisoformat(first), date.fromisoformat(last)
    shape = (instance_type, term, series, gpu_id or None, count)
    return PriceSpan(provider, region, None, *shape, Decimal(usd), *days, source)


def _lowered(name: str | None) -> str | None:
    return None if name is None else name.lower()
