"""Restore prices from an export: into an empty database, so that the same snapshot holds again."""

import csv
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import InvalidOperation
from typing import get_args

from catalog import Catalog, InvalidInputError
from pricing.files import DAY_COLUMNS, OFFER_COLUMNS, read_offers
from pricing.importers.contracts import SOURCE as CONTRACT_SOURCE
from pricing.importing import ImportReport, contract_batches
from pricing.offers import Offer, Term, Tier
from pricing.refresh import ProviderReport
from pricing.shipped import load_snapshot
from pricing.store.batches import LIVE, Batch, offer_key
from pricing.store.price_store import PriceStore

NOT_RESTORED = "a contract rate whose days an older gpumix did not export: import your own file again"
DAYS_IN_NOTE = re.compile(r"valid (from|until) \d{4}-\d{2}-\d{2}")
MOST_SHOWN = 5
SKEW = timedelta(days=1)


def is_export(content: bytes) -> bool:
    """Return whether a file is one that `gpumix prices export` wrote."""
    return content.startswith(",".join(OFFER_COLUMNS).encode())


def restore_export(store: PriceStore, name: str, content: bytes, now: datetime, catalog: Catalog) -> ImportReport:
    """Store the rows of an export, each with the day on which it was seen. Raises InvalidInputError, StoreError.

    A provider whose rows are the shipped ones stays as it ships. Contract rates hold from their first day to their last
    again; those that begin later are in no export. All is stored at once, or nothing.
    """
    if store.batches():
        raise InvalidInputError(
            f"{name} is an export, which restores an empty database, and there are prices in this one",
            "set GPUMIX_DATABASE_URL to another database, or refresh: gpumix prices refresh",
        )
    rows = read_export(name, content, now, catalog)
    rates, lost = [], Counter[str]()
    for offer in filter(_is_rate, rows):
        if _lost_its_days(offer):
            lost[offer.provider] += 1
        else:
            rates.append(offer)
    listed = _by_provider(offer for offer in rows if not _is_rate(offer))
    batches = _batches(listed, _by_provider(rates), now)
    reports = {
        provider: ProviderReport(provider, "ok", rejected={NOT_RESTORED: count}) for provider, count in lost.items()
    }
    for batch, changes in zip(batches, store.add_batches(batches), strict=True):
        before = reports.get(batch.provider, ProviderReport(batch.provider, "ok"))
        reports[batch.provider] = replace(
            before, offers=before.offers + len(batch.offers), new=before.new + changes.new
        )
    return ImportReport(LIVE, tuple(reports[name] for name in sorted(reports)), store.snapshot().snapshot_id)


def _batches(
    listed: Mapping[str, tuple[Offer, ...]], rates: Mapping[str, tuple[Offer, ...]], now: datetime
) -> list[Batch]:
    """Return what to store: list prices that are not as they ship, but for those that a rate beats, and the rates."""
    shipped = _by_provider(load_snapshot().offers)
    batches: list[Batch] = []
    for provider in sorted({*listed, *rates, *shipped}):
        offers, own = listed.get(provider, ()), rates.get(provider, ())
        beaten = {offer_key(rate) for rate in own}
        if offers != tuple(row for row in shipped.get(provider, ()) if offer_key(row) not in beaten):
            batches.append(Batch(provider, now, offers))
        if own:
            batches += contract_batches(provider, now, own)
    return batches


def _is_rate(offer: Offer) -> bool:
    return offer.source.startswith(CONTRACT_SOURCE)


def _lost_its_days(offer: Offer) -> bool:
    """Return whether a contract rate has its days in its note alone."""
    return not (offer.valid_from or offer.valid_until) and bool(DAYS_IN_NOTE.search(offer.note))


def read_export(name: str, content: bytes, now: datetime, catalog: Catalog) -> tuple[Offer, ...]:
    """Return the offers of an export. Raises InvalidInputError naming the lines that cannot be as it was written."""
    try:
        text = content.decode("utf-8")
        widths = [len(row) for row in csv.reader(io.StringIO(text))]
        wrong = [f"line {line}: {width} cells" for line, width in enumerate(widths, 1) if width != _width(text)]
        offers = () if wrong else read_offers(text)
    except (ValueError, InvalidOperation, csv.Error) as error:
        raise InvalidInputError(f"{name} is a damaged export: {error}", "take another copy of it") from error
    latest = (now + SKEW).date()
    for line, offer in enumerate(offers, start=2):
        if problem := _problem(offer, catalog):
            wrong.append(f"line {line}: {problem}")
        elif offer.observed_at > latest:
            wrong.append(f"line {line}: seen on {offer.observed_at}, a day to come")
    keys = [(offer.provider, offer_key(offer)) for offer in offers]
    if len(set(keys)) != len(keys):
        wrong.append("an offer is given twice")
    if wrong:
        more = f"; {len(wrong) - MOST_SHOWN} more" if len(wrong) > MOST_SHOWN else ""
        raise InvalidInputError(
            f"{name} is a damaged export: {'; '.join(wrong[:MOST_SHOWN])}{more}", "take another copy of it"
        )
    return offers


def _width(text: str) -> int:
    """Return how many cells a line has: more where rates have days."""
    dated = text.partition("\n")[0].endswith(",".join(DAY_COLUMNS))
    return len(OFFER_COLUMNS) + len(DAY_COLUMNS) * dated


def _problem(offer: Offer, catalog: Catalog) -> str:
    if not offer.usd_per_hour > 0:
        return f"a price of {offer.usd_per_hour}"
    if offer.tier not in get_args(Tier) or offer.term not in get_args(Term):
        return f"unknown tier or term {offer.tier}, {offer.term}"
    if offer.gpu_id not in catalog.gpus:
        return f"unknown GPU {offer.gpu_id}"
    strange = [link for link in (offer.intra_link_id, offer.inter_link_id) if link and link not in catalog.links]
    return f"unknown link {strange[0]}" if strange else ""


def _by_provider(offers: Iterable[Offer]) -> dict[str, tuple[Offer, ...]]:
    found: dict[str, list[Offer]] = defaultdict(list)
    for offer in offers:
        found[offer.provider].append(offer)
    return {provider: tuple(own) for provider, own in found.items()}
