"""The tables that listings are read with: providers, regions, sources, spellings, sizes and price bands."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib.resources import files

from catalog import Catalog, InvalidDataError
from catalog.tables import Key, Problem, Row, read_table
from pricing.offers import Term
from pricing.rows import Band, ExchangeRate, GpuSpelling, InstanceName, LaunchRule, PriceSource, Provider, Region, Size

REFERENCE_TABLES = (
    "providers",
    "regions",
    "sources",
    "gpu_spellings",
    "instance_names",
    "sizes",
    "launch_rules",
    "bands",
    "exchange_rates",
)


@dataclass(frozen=True, slots=True)
class References:
    """The reference tables, each by its key."""

    providers: Mapping[str, Provider]
    regions: Mapping[tuple[str, str], Region]
    sources: Mapping[str, PriceSource]
    gpu_spellings: Mapping[str, GpuSpelling]
    instance_names: Mapping[tuple[str, str], InstanceName]
    sizes: Mapping[tuple[str, str], Size]
    launch_rules: tuple[LaunchRule, ...]
    bands: Mapping[str, Band]
    exchange_rates: Mapping[str, ExchangeRate]

    def provider(self, spelling: str) -> Provider | None:
        """Return the provider of an id or another spelling of it."""
        found = self.providers.get(spelling)
        return found or next((row for row in self.providers.values() if spelling in row.spellings), None)

    def source(self, text: str) -> PriceSource | None:
        """Return the source that a listing's source text names: the earliest match in it, of those the longest."""
        found = [row for row in self.sources.values() if row.match in text]
        return min(found, key=lambda row: (text.index(row.match), -len(row.match)), default=None)

    def launch_rule(self, provider: str, instance_type: str, term: Term) -> LaunchRule | None:
        """Return the rule that keeps an instance type from being rented on a term, if there is one."""
        for rule in self.launch_rules:
            on_term = rule.term in ("*", term)
            if rule.provider == provider and on_term and fnmatchcase(instance_type, rule.instance_type_pattern):
                return rule
        return None


@lru_cache(maxsize=1)
def load_references() -> References:
    """Return the shipped reference tables. Raises InvalidDataError naming every row that does not load."""
    folder = files("pricing") / "data"
    return read_references({name: (folder / f"{name}.csv").read_text("utf-8") for name in REFERENCE_TABLES})


def read_references(texts: Mapping[str, str]) -> References:
    """Return the reference tables of CSV texts, one for each of REFERENCE_TABLES. Raises InvalidDataError."""
    problems: list[Problem] = []

    def table(name: str, row_type: type[Row], key: Callable[[Row], Key]) -> Mapping[Key, Row]:
        read = read_table(f"pricing/data/{name}.csv", texts[name], row_type, key)
        problems.extend(read.problems)
        return read.by_key

    references = References(
        providers=table("providers", Provider, lambda row: row.provider),
        regions=table("regions", Region, lambda row: (row.provider, row.listed_region)),
        sources=table("sources", PriceSource, lambda row: row.match),
        gpu_spellings=table("gpu_spellings", GpuSpelling, lambda row: row.spelling),
        instance_names=table("instance_names", InstanceName, lambda row: (row.provider, row.listed_name)),
        sizes=table("sizes", Size, lambda row: (row.provider, row.instance_type)),
        launch_rules=tuple(table("launch_rules", LaunchRule, lambda row: row).values()),
        bands=table("bands", Band, lambda row: row.gpu_id),
        exchange_rates=table("exchange_rates", ExchangeRate, lambda row: row.currency),
    )
    if problems:
        raise InvalidDataError(problems)
    return references


def unknown_names(references: References, catalog: Catalog) -> list[str]:
    """Return the GPUs and instances that the reference tables name and the catalog does not have."""
    gpus = [row.gpu_id for row in references.gpu_spellings.values() if row.gpu_id]
    gpus += [row.gpu_id for row in references.bands.values()]
    named = [(row.provider, row.instance_type) for row in references.instance_names.values()]
    missing = [gpu_id for gpu_id in gpus if gpu_id not in catalog.gpus]
    return sorted({*missing, *("/".join(key) for key in named if key not in catalog.instances)})
