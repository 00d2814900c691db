"""Store the prices of a file: the user's own contract rates, or another tool's catalog."""

from dataclasses import dataclass
from datetime import datetime

from catalog import Catalog
from pricing.importers.contracts import SOURCE as CONTRACT_SOURCE
from pricing.normalize import normalize
from pricing.providers import Fetched
from pricing.references import References
from pricing.refresh import ProviderReport, make_report
from pricing.store.batches import CONTRACT, Batch
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
        batch = Batch(name, now, offers, rejections, feed=CONTRACT if contract else CATALOG)
        changes = store.add_batch(batch) if offers else None
        reports.append(make_report(batch, changes, fetched.problems if not reports else ()))
    return ImportReport(CONTRACT if contract else CATALOG, tuple(reports), store.snapshot().snapshot_id)
