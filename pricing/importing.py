"""Store the prices of a file: the user's own contract rates, or another tool's catalog."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from catalog import Catalog
from pricing.importers.contracts import SOURCE as CONTRACT_SOURCE
from pricing.normalize import normalize
from pricing.offers import Offer
from pricing.providers import Fetched
from pricing.references import References
from pricing.refresh import ProviderReport, make_report
from pricing.rejections import Rejection
from pricing.store.batches import CONTRACT, Batch, BatchRecord, Changes, Key, contract_feed, is_contract, offer_key
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
    """Judge and store the prices of a file, a batch for each provider it has offers of, all at once or none.

    Raises StoreError.
    """
    normalized = normalize(fetched.quotes, references, catalog)
    contract = any(quote.source.startswith(CONTRACT_SOURCE) for quote in fetched.quotes)
    kept: dict[str, list[Offer]] = defaultdict(list)
    left_out: dict[str, list[Rejection]] = defaultdict(list)
    for offer in normalized.offers:
        kept[offer.provider].append(offer)
    for row in normalized.rejections:
        left_out[row.provider].append(row)
    batches: dict[str, list[Batch]] = {}
    for name in sorted({*kept, *left_out}):
        own = (
            contract_batches(name, now, kept[name]) if contract else [Batch(name, now, tuple(kept[name]), feed=CATALOG)]
        )
        batches[name] = [replace(own[0], rejections=tuple(left_out[name])), *own[1:]]
    changes = _store(store, {name: own for name, own in batches.items() if kept[name]})
    reports, problems = [], fetched.problems
    for name, own in batches.items():
        report = make_report(own[0], changes.get(name), problems)
        reports.append(replace(report, offers=len(kept[name])))
        problems = ()
    return ImportReport(CONTRACT if contract else CATALOG, tuple(reports), store.snapshot().snapshot_id)


def contract_batches(provider: str, now: datetime, offers: Iterable[Offer]) -> list[Batch]:
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


def _store(store: PriceStore, batches: Mapping[str, Sequence[Batch]]) -> dict[str, Changes]:
    """Store the batches of every provider in one transaction, and end the later rates of the last import.

    Those are the rates of which these have no more. Raises StoreError.
    """
    records = store.batches()
    whole = [batch for own in batches.values() for batch in (*own, *_ended(own, records))]
    found: dict[str, list[Changes]] = defaultdict(list)
    for batch, changes in zip(whole, store.add_batches(whole), strict=True):
        found[batch.provider].append(changes)
    return {name: _together(done) for name, done in found.items()}


def _ended(batches: Sequence[Batch], records: Iterable[BatchRecord]) -> Iterator[Batch]:
    """Yield an empty batch for each feed of contract rates that the provider had and these have not."""
    first, feeds = batches[0], {batch.feed for batch in batches}
    for record in records:
        gone = record.provider == first.provider and record.offers and record.feed not in feeds
        if gone and is_contract(record.feed) and is_contract(first.feed):
            yield Batch(first.provider, first.fetched_at, (), feed=record.feed)


def _together(done: Sequence[Changes]) -> Changes:
    return Changes(
        batch_id=done[-1].batch_id,
        new=sum(changes.new for changes in done),
        changed=sum(changes.changed for changes in done),
        gone=sum(changes.gone for changes in done),
    )
