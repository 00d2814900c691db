"""Refresh the stored prices: every provider at once, each on its own, so that one that fails spoils nothing."""

from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime

from catalog import Catalog, UnknownNameError, load_catalog
from pricing.checks import Checked, check_answer
from pricing.errors import NotConfiguredError, ProviderError
from pricing.files import by_frequency
from pricing.normalize import normalize
from pricing.offers import AccountQuota, Offer
from pricing.providers import Fetched, ItemProblem, Provider, ProviderSettings, find_providers
from pricing.rates import SETTING as RATES_SETTING
from pricing.rates import with_rates
from pricing.references import References, load_references
from pricing.rejections import Rejection
from pricing.store.batches import LIVE, Batch, BatchRecord, Changes, Status
from pricing.store.errors import OutdatedBatchError, StoreError
from pricing.store.location import database_url
from pricing.store.price_store import PriceStore

MOST_PROBLEMS = 3
NOT_STORED = "nothing stored: an answer of a later moment is there already; where that cannot be, look at the clock"
UNREADABLE = "an item that cannot be read"
Progress = Callable[[str, int], None]
"""Told (provider, how many more items were read)."""


@dataclass(frozen=True, slots=True)
class QuarantinedPrice:
    """A price kept apart for somebody to look at, of one whole instance."""

    instance_type: str
    region: str
    zone: str | None
    term: str
    usd_per_hour: float | None
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class ProviderReport:
    """How the refresh of one provider went; `error` says why it is not `ok`, `problems` which items were not read.

    `quotas` are those of the account, where the provider tells them.
    """

    provider: str
    status: Status
    offers: int = 0
    new: int = 0
    changed: int = 0
    gone: int = 0
    quarantined: tuple[QuarantinedPrice, ...] = ()
    rejected: Mapping[str, int] = field(default_factory=dict)
    error: str | None = None
    problems: tuple[ItemProblem, ...] = ()
    quotas: tuple[AccountQuota, ...] = ()


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """How a refresh went. `not_configured` are providers that lack a key and were not asked for by name."""

    providers: tuple[ProviderReport, ...]
    not_configured: tuple[ProviderReport, ...]
    snapshot_id: str

    @property
    def failed(self) -> bool:
        """Whether a provider failed, or none could even be asked."""
        return not self.providers or any(report.status == "failed" for report in self.providers)


def refresh_prices(
    environment: Mapping[str, str],
    now: datetime,
    *,
    names: Collection[str] = (),
    regions: Collection[str] = (),
    progress: Progress = lambda provider, items: None,
    dry_run: bool = False,
    accept: bool = False,
) -> RefreshReport:
    """Refresh the database that the environment names, from every provider that it can reach, or the named ones.

    Raises NotConfiguredError under GPUMIX_OFFLINE, before anything is opened; UnknownNameError, InvalidInputError,
    StoreError.
    """
    settings = ProviderSettings.from_environment(environment, now, tuple(regions))
    settings.check_online("prices")
    references = with_rates(load_references(), environment.get(RATES_SETTING, ""))
    store = PriceStore.open(database_url(environment))
    try:
        refresher = Refresher(store, settings, references, load_catalog(), dry_run, accept)
        return refresher.refresh(find_providers(), names, progress)
    finally:
        store.close()


@dataclass(frozen=True, slots=True)
class Refresher:
    """Fetches, normalizes, checks and stores. `dry_run` stores nothing, `accept` believes whatever changed."""

    store: PriceStore
    settings: ProviderSettings
    references: References
    catalog: Catalog
    dry_run: bool = False
    accept: bool = False

    def refresh(
        self,
        providers: Mapping[str, Provider],
        names: Collection[str] = (),
        progress: Progress = lambda name, items: None,
    ) -> RefreshReport:
        """Refresh the named providers, or all. Raises UnknownNameError, StoreError, and NotConfiguredError offline."""
        for name in names:
            if name not in providers:
                raise UnknownNameError("provider", name, providers)
        self.settings.check_online("prices")
        chosen = [providers[name] for name in dict.fromkeys(names or providers)]
        with ThreadPoolExecutor(max(1, len(chosen))) as threads:
            reports = list(threads.map(lambda provider: self._report(provider, progress), chosen))
        left_out = [report for report, configured in reports if not configured and report.provider not in names]
        return RefreshReport(
            providers=tuple(report for report, configured in reports if configured or report.provider in names),
            not_configured=tuple(left_out),
            snapshot_id=self.store.snapshot().snapshot_id,
        )

    def _report(self, provider: Provider, progress: Progress) -> tuple[ProviderReport, bool]:
        """Return how one provider went, and whether it could be asked."""
        before = self._last_batch(provider.name)
        with self.store.refreshing(provider.name):
            if (theirs := self._refreshed_since(before, provider.name)) is not None:
                return theirs, True
            try:
                fetched = provider.fetch(self.settings, lambda items: progress(provider.name, items))
                return self._keep(provider.name, fetched), True
            except NotConfiguredError as error:
                return ProviderReport(provider.name, "failed", error=_sentence(error)), False
            except ProviderError as error:
                return self._failed(provider.name, _sentence(error)), True
            except StoreError:
                raise
            except Exception as error:
                # the text of an unforeseen error may hold a key
                return self._failed(provider.name, f"internal error in its reader: {type(error).__name__}"), True

    def _last_batch(self, provider: str) -> BatchRecord | None:
        records = self.store.batches()
        return next((row for row in records if (row.provider, row.feed) == (provider, LIVE)), None)

    def _refreshed_since(self, before: BatchRecord | None, provider: str) -> ProviderReport | None:
        """Return the report of a whole refresh that another program did while this one waited for it, or None."""
        last = self._last_batch(provider)
        if last is None or (before is not None and last.batch_id == before.batch_id):
            return None
        if self.accept or not last.complete:
            return None
        return ProviderReport(
            provider, last.status, last.offers, last.new, last.changed, last.gone, rejected=last.rejected
        )

    def _failed(self, provider: str, error: str) -> ProviderReport:
        self._store(Batch(provider, self.settings.now, (), status="failed", error=error))
        return ProviderReport(provider, "failed", error=error)

    def _keep(self, provider: str, fetched: Fetched) -> ProviderReport:
        """Return the report of an answer once it is judged and stored."""
        normalized = normalize(fetched.quotes, self.references, self.catalog)
        offers = self._in_scope(offer for offer in normalized.offers if offer.provider == provider)
        if not offers and not self.settings.regions:
            return replace(
                self._failed(provider, f"none of {len(fetched.quotes):,} prices can be used"),
                rejected=_rejected(normalized.rejections, fetched.problems),
                problems=fetched.problems,
            )
        previous = self._in_scope(self.store.listed_by(provider))
        checked = check_answer(offers, normalized.rejections, previous, self.accept)
        batch = self._batch(provider, fetched, checked, (*normalized.rejections, *checked.quarantined))
        changes = self._store(batch)
        report = make_report(batch, changes, fetched.problems)
        return replace(report, error=report.error if changes.batch_id else NOT_STORED, quotas=fetched.quotas)

    def _batch(self, provider: str, fetched: Fetched, checked: Checked, rejections: tuple[Rejection, ...]) -> Batch:
        notes = list(checked.doubts)
        if fetched.partial:
            notes += [f"{problem.where}: {problem.reason}" for problem in fetched.problems[:MOST_PROBLEMS]]
        if not checked.offers:
            notes.append(f"nothing to use in {', '.join(self.settings.regions)}")
        return Batch(
            provider=provider,
            fetched_at=self.settings.now,
            offers=checked.offers,
            rejections=rejections,
            status="partial" if checked.doubts or fetched.partial else "ok",
            regions=frozenset(self.settings.regions) or None,
            error="; ".join(notes),
            quotas=fetched.quotas,
        )

    def _store(self, batch: Batch) -> Changes:
        """Store a batch, or only look at what it would change; a batch older than the stored one changes nothing."""
        try:
            return self.store.preview(batch) if self.dry_run else self.store.add_batch(batch)
        except OutdatedBatchError:
            return Changes(0, 0, 0, 0)

    def _in_scope(self, offers: Iterable[Offer]) -> tuple[Offer, ...]:
        regions = self.settings.regions
        return tuple(offer for offer in offers if not regions or offer.region in regions)


def make_report(batch: Batch, changes: Changes | None, problems: tuple[ItemProblem, ...]) -> ProviderReport:
    """Return the report of a batch; `changes` None where there was nothing to store."""
    return ProviderReport(
        provider=batch.provider,
        status=batch.status,
        offers=len(batch.offers),
        new=changes.new if changes else 0,
        changed=changes.changed if changes else 0,
        gone=changes.gone if changes else 0,
        quarantined=tuple(_quarantined(row) for row in batch.rejections if row.quarantined),
        rejected=_rejected(batch.rejections, problems),
        error=batch.error or None,
        problems=problems,
    )


def _sentence(error: ProviderError) -> str:
    return f"{error.message} ({error.hint})" if error.hint else error.message


def _rejected(rejections: Iterable[Rejection], problems: Iterable[ItemProblem]) -> Mapping[str, int]:
    """Return how much was left out by reason, most frequent first."""
    return by_frequency((*(row.reason.value for row in rejections), *(UNREADABLE for _ in problems)))


def _quarantined(row: Rejection) -> QuarantinedPrice:
    price = None if row.usd_per_hour is None else float(row.usd_per_hour)
    return QuarantinedPrice(row.instance_type, row.region, row.zone, row.term, price, row.reason.value, row.detail)
