"""What the price snapshot can be asked about: its providers, with the tiers of their offers, and its regions."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Market:
    """Names that have prices. `provider_tiers` is empty where only the providers' names are known."""

    providers: tuple[str, ...]
    provider_tiers: Mapping[str, tuple[str, ...]]
    regions: tuple[str, ...]

    def tiers_of(self, provider: str) -> tuple[str, ...]:
        """Return the tiers of a provider's offers, or nothing where they are not known."""
        return self.provider_tiers.get(provider, ())


def market(providers: Collection[str] | Mapping[str, Collection[str]], regions: Collection[str]) -> Market:
    """Return the market of provider names, or of provider names with their tiers, and of region names."""
    tiers = {name: tuple(sorted(tiers)) for name, tiers in providers.items()} if isinstance(providers, Mapping) else {}
    return Market(tuple(sorted(providers)), tiers, tuple(sorted(regions)))
