"""Store the prices of a file: the user's own contract rates, or another tool's catalog."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from catalog import Catalog
from pricing.importers.contracts import SOURCE as CONTRACT_SOURCE
from pricing.normalize import normalize
from pricing.offers import Offer
from pricing.providers import Fetched
from pricing.references import References
from pricing.refresh import ProviderReport, make_report
from pricing.store.batches import CONTRACT, Batch, Changes, Key, contract_feed, is_contract, offer_key
from pricing.store.price_store import PriceStore

CATALOG = "catalog"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import stored, by provider; it replaces the last import of its feed for the providers it names."""

    feed: str
    providers: tuple[ProviderReport, ...]
    snapshot_id: str

    @property
    def offers(self) -> int:
        """Return how many offers were stored."""
        return sum(report.offers for report in self.providers)


def store_import(
    store: PriceStore, fetched: Fetched, now: datetime, references: References, catalog: Catalog
) -> ImportReport:
    """Judge and store the prices of a file, a batch for each provider it has offers of. Raises StoreError."""
    normalized = normalize(fetched.quotes, references, catalog)
    contract = any(quote.source.startswith(CONTRACT_SOURCE) for quote in fetched.quotes)
    names = {offer.provider for offer in normalized.offers} | {row.provider for row in normalized.rejections}
    reports: list[ProviderReport] = []
    for name in sorted(names):
        offers = tuple(offer for offer in normalized.offers if offer.provider == name)
        rejections = tuple(row for row in normalized.rejections if row.provider == name)
        batches = _contracts(name, now, offers) if contract else [Batch(name, now, offers, feed=CATALOG)]
        batches[0] = replace(batches[0], rejections=rejections)
        changes = _store(store, batches) if offers else None
        report = make_report(batches[0], changes, fetched.problems if not reports else ())
        reports.append(replace(report, offers=len(offers)))
    return ImportReport(CONTRACT if contract else CATALOG, tuple(reports), store.snapshot().snapshot_id)


def _contracts(provider: str, now: datetime, offers: Iterable[Offer]) -> list[Batch]:
    """Return a batch of the rates that are the first of their offers, one of the second, and so on, by their days."""
    layers: list[list[Offer]] = [[]]
    seen: Counter[Key] = Counter()
    for offer in sorted(offers, key=lambda offer: offer.valid_from or date.min):
        number = seen[offer_key(offer)]
        seen[offer_key(offer)] += 1
        if number == len(layers):
            layers.append([])
        layers[number].append(offer)
    return [Batch(provider, now, tuple(layer), feed=contract_feed(number)) for number, layer in enumerate(layers)]


def _store(store: PriceStore, batches: Sequence[Batch]) -> Changes:
    """Store batches, and end the later rates of the last import that these have no more. Raises StoreError."""
    first, feeds = batches[0], {batch.feed for batch in batches}
    ended = [
        Batch(record.provider, first.fetched_at, (), feed=record.feed)
        for record in store.batches()
        if record.provider == first.provider and record.offers and record.feed not in feeds
        if is_contract(record.feed) and is_contract(first.feed)
    ]
    done = [store.add_batch(batch) for batch in (*batches, *ended)]
    return Changes(
        batch_id=done[-1].batch_id,
        new=sum(changes.new for changes in done),
        changed=sum(changes.changed for changes in done),
        gone=sum(changes.gone for changes in done),
    )
