"""Providers that answer what a test says, and a refresh of them into a store of its own."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from catalog import load_catalog
from pricing.errors import ProviderError
from pricing.providers import Fetched, ProviderSettings
from pricing.quotes import Quote
from pricing.references import load_references
from pricing.refresh import ProviderReport, Refresher, RefreshReport
from pricing.store.merging import EMPTY
from pricing.store.price_store import PriceStore
from tests.pricing.store.offering import Clock


@dataclass(frozen=True)
class Answering:
    """A provider that answers the same always, or raises."""

    name: str
    answer: Fetched | Exception

    def fetch(self, settings: ProviderSettings, progress: Callable[[int], None]) -> Fetched:
        if isinstance(self.answer, Exception):
            raise self.answer
        progress(len(self.answer.quotes))
        quotes = tuple(replace(each, observed_at=settings.today) for each in self.answer.quotes)
        return replace(self.answer, quotes=quotes)


def answering(*quotes: Quote, name: str = "aws", **changes: Any) -> Answering:
    """Return a provider that answers quotes."""
    return Answering(name, Fetched(quotes, **changes))


def failing(name: str, error: Exception | None = None) -> Answering:
    """Return a provider that fails."""
    return Answering(name, error or ProviderError(f"{name} answers 503", "try again later"))


class Refreshing:
    """A store, and a clock that goes on by a day with every refresh."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.store = PriceStore.open(f"sqlite:///{folder / 'prices.db'}", EMPTY, self.clock)

    def refresh(self, *providers: Answering, names: tuple[str, ...] = (), **changes: Any) -> RefreshReport:
        """Refresh from providers a day later; `regions`, `offline`, `dry_run` and `accept` as given."""
        given = {name: changes.pop(name) for name in ("regions", "offline") if name in changes}
        progress = changes.pop("progress", lambda name, items: None)
        settings = ProviderSettings(now=self.clock.days(1), **given)
        refresher = Refresher(self.store, settings, load_references(), load_catalog(), **changes)
        return refresher.refresh({each.name: each for each in providers}, names, progress)

    def report(self, provider: Answering, **changes: Any) -> ProviderReport:
        """Return the report of one provider."""
        (report,) = self.refresh(provider, **changes).providers
        return report

    def prices(self) -> dict[str, str]:
        """Return {region: price} of what is stored."""
        return {offer.region: str(offer.usd_per_hour) for offer in self.store.snapshot().offers}

    def ages(self) -> dict[str, int]:
        """Return {region: days since it was seen}."""
        today = self.clock().date()
        return {offer.region: (today - offer.observed_at).days for offer in self.store.snapshot().offers}
