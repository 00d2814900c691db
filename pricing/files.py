"""The two published files of a snapshot: its offers and what was left out.

Columns are listed by hand, so that a change of a type cannot change a published format unseen. The first and the last
day of a contract rate are two more, in a file in which some rate has one: nothing that ships has any. A text that a
spreadsheet would run as a formula, which only a file of the user's own can bring, stands behind a quotation mark.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import cast

from pricing.offers import LinkBasis, Offer, Term, Tier
from pricing.rejections import Reason, Rejection

OFFER_COLUMNS = (
    "provider",
    "tier",
    "region",
    "zone",
    "continent",
    "instance_type",
    "term",
    "usd_per_hour",
    "currency",
    "native_per_hour",
    "observed_at",
    "observed_until",
    "source",
    "source_url",
    "gpu_id",
    "gpu_count",
    "intra_link_id",
    "inter_link_id",
    "link_basis",
    "vcpus",
    "ram_gib",
    "note",
)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
DAY_COLUMNS = ("valid_from", "valid_until")
REJECTION_COLUMNS = (
    "listing",
    "provider",
    "region",
    "zone",
    "instance_type",
    "term",
    "usd_per_hour",
    "reason",
    "detail",
)


def write_offers(offers: Iterable[Offer]) -> str:
    """Return the CSV of offers, in the order given."""
    listed = tuple(offers)
    dated = any(offer.valid_from or offer.valid_until for offer in listed)
    columns = (*OFFER_COLUMNS, *DAY_COLUMNS) if dated else OFFER_COLUMNS
    return _write(columns, ([getattr(offer, column) for column in columns] for offer in listed))


def write_rejections(rejections: Iterable[Rejection]) -> str:
    """Return the CSV of rejections, in the order given."""
    columns = ("origin", *REJECTION_COLUMNS[1:])
    return _write(REJECTION_COLUMNS, ([getattr(row, column) for column in columns] for row in rejections))


def read_offers(text: str) -> tuple[Offer, ...]:
    """Return the offers of a CSV that `write_offers` wrote; cells are converted, not validated."""
    rows = csv.reader(io.StringIO(text))
    next(rows)
    if any(f"'{start}" in text for start in FORMULA_STARTS):
        return tuple(_offer([_bared(cell) for cell in row]) for row in rows)
    return tuple(map(_offer, rows))


def read_rejections(text: str) -> tuple[Rejection, ...]:
    """Return the rejections of a CSV that `write_rejections` wrote; cells are converted, not validated."""
    rows = csv.reader(io.StringIO(text))
    next(rows)
    return tuple(map(_rejection, rows))


def count_rejections(text: str) -> Mapping[str, int]:
    """Return how many rejections such a CSV has by reason, most frequent first, without making them."""
    rows = csv.reader(io.StringIO(text))
    next(rows, None)
    reason = REJECTION_COLUMNS.index("reason")
    return by_frequency(row[reason] for row in rows)


def by_frequency(values: Iterable[str]) -> Mapping[str, int]:
    """Return how often each value occurs, most frequent first."""
    ordered = sorted(Counter(values).items(), key=lambda item: (-item[1], item[0]))
    return dict(ordered)


def _offer(cells: list[str]) -> Offer:
    """Return one offer: by position, which is several times faster than by name on the path of every question."""
    (provider, tier, region, zone, continent, instance_type, term, usd, currency, native, at, until, *rest) = cells
    source, url, gpu_id, gpu_count, intra_link_id, inter_link_id, basis, vcpus, ram_gib, note, *days = rest
    return Offer(
        provider,
        cast(Tier, tier),
        region,
        zone or None,
        continent or None,
        instance_type,
        cast(Term, term),
        Decimal(usd),
        currency,
        Decimal(native),
        _day(at),
        _day(until) if until else None,
        source,
        url,
        gpu_id,
        int(gpu_count),
        intra_link_id or None,
        inter_link_id or None,
        cast(LinkBasis, basis),
        float(vcpus) if vcpus else None,
        float(ram_gib) if ram_gib else None,
        note,
        *(_day(day) if day else None for day in days),
    )


def _rejection(cells: list[str]) -> Rejection:
    origin, provider, region, zone, instance_type, term, usd, reason, detail = cells
    price = Decimal(usd) if usd else None
    return Rejection(origin, provider, region, zone or None, instance_type, term, price, Reason(reason), detail)


@lru_cache(maxsize=1024)
def _day(text: str) -> date:
    return date.fromisoformat(text)


def _write(columns: Iterable[str], rows: Iterable[list[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:g}"
    return f"{value:f}" if isinstance(value, Decimal) else _quoted(str(value))


def _quoted(text: str) -> str:
    """Return a text behind a quotation mark, where it would be a formula with or without such marks."""
    return f"'{text}" if text.lstrip("'").startswith(FORMULA_STARTS) else text


def _bared(text: str) -> str:
    """Return what `_quoted` was given."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(FORMULA_STARTS) else text
