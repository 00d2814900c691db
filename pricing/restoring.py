"""Restore prices from an export: into an empty database, so that the same snapshot holds again."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import InvalidOperation
from typing import get_args

from catalog import Catalog, InvalidInputError
from pricing.files import OFFER_COLUMNS, read_offers
from pricing.importers.contracts import SOURCE as CONTRACT_SOURCE
from pricing.importing import ImportReport
from pricing.offers import Offer, Term, Tier
from pricing.refresh import ProviderReport, make_report
from pricing.shipped import load_snapshot
from pricing.store.batches import LIVE, Batch, offer_key
from pricing.store.price_store import PriceStore

NOT_RESTORED = "a contract rate, whose days an export does not tell: import your own file again"
MOST_SHOWN = 5
SKEW = timedelta(days=1)


def is_export(content: bytes) -> bool:
    """Return whether a file is one that `gpumix prices export` wrote."""
    return content.startswith(",".join(OFFER_COLUMNS).encode())


def restore_export(store: PriceStore, name: str, content: bytes, now: datetime, catalog: Catalog) -> ImportReport:
    """Store the rows of an export, each with the day on which it was seen. Raises InvalidInputError, StoreError.

    A provider whose rows are the shipped ones stays as it ships. Contract rates are left out.
    """
    if store.batches():
        raise InvalidInputError(
            f"{name} is an export, which restores an empty database, and there are prices in this one",
            "set GPUMIX_DATABASE_URL to another database, or refresh: gpumix prices refresh",
        )
    rows = read_export(name, content, now, catalog)
    kept = [offer for offer in rows if not offer.source.startswith(CONTRACT_SOURCE)]
    theirs, shipped = _by_provider(kept), _by_provider(load_snapshot().offers)
    reports: list[ProviderReport] = []
    for provider in sorted({offer.provider for offer in rows} | set(shipped)):
        offers = theirs.get(provider, ())
        left_out = sum(offer.provider == provider for offer in rows) - len(offers)
        if offers != shipped.get(provider, ()):
            batch = Batch(provider, now, offers)
            report = make_report(batch, store.add_batch(batch), ())
        elif left_out:
            report = ProviderReport(provider, "ok")
        else:
            continue
        rejected = {NOT_RESTORED: left_out} if left_out else {}
        reports.append(ProviderReport(provider, "ok", report.offers, report.new, rejected=rejected))
    return ImportReport(LIVE, tuple(reports), store.snapshot().snapshot_id)


def read_export(name: str, content: bytes, now: datetime, catalog: Catalog) -> tuple[Offer, ...]:
    """Return the offers of an export. Raises InvalidInputError naming the lines that cannot be as it was written."""
    try:
        text = content.decode("utf-8")
        widths = [len(row) for row in csv.reader(io.StringIO(text))]
        wrong = [f"line {line}: {width} cells" for line, width in enumerate(widths, 1) if width != len(OFFER_COLUMNS)]
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


def _problem(offer: Offer, catalog: Catalog) -> str:
    if not offer.usd_per_hour > 0:
        return f"a price of {offer.usd_per_hour}"
    if offer.tier not in get_args(Tier) or offer.term not in get_args(Term):
        return f"unknown tier or term {offer.tier}, {offer.term}"
    return "" if offer.gpu_id in catalog.gpus else f"unknown GPU {offer.gpu_id}"


def _by_provider(offers: Iterable[Offer]) -> dict[str, tuple[Offer, ...]]:
    found: dict[str, list[Offer]] = defaultdict(list)
    for offer in offers:
        found[offer.provider].append(offer)
    return {provider: tuple(own) for provider, own in found.items()}
