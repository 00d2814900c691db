"""Load every table, check them against each other, and hand out one immutable Catalog."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, TypeVar

from catalog.errors import InvalidDataError, UnknownNameError
from catalog.facts import Alias, Claim, Engine, Gpu, Instance, Interruption, Kernel, Link, Model, Quantization, Source
from catalog.own import NO_OWN, OwnEvidence
from catalog.tables import Key, Row, Table, read_table

Named = TypeVar("Named")

TABLES = ("sources", "gpus", "links", "instances", "models", "quantizations", "engines", "kernels", "claims", "aliases",
          "interruptions")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Catalog:
    """Every fact, by id. `catalog_id` is the hash of the files that it was read from.

    `own` is what the user has measured; the facts and their id are the same with it and without.
    """

    catalog_id: str
    sources: Mapping[str, Source]
    gpus: Mapping[str, Gpu]
    links: Mapping[str, Link]
    instances: Mapping[tuple[str, str], Instance]
    models: Mapping[str, Model]
    quantizations: Mapping[str, Quantization]
    engines: Mapping[str, Engine]
    kernels: tuple[Kernel, ...]
    claims: Mapping[str, Claim]
    aliases: Mapping[tuple[str, str], str]
    interruptions: Mapping[tuple[str | None, str | None, str | None], Interruption]
    own: OwnEvidence = NO_OWN

    def with_own(self, own: OwnEvidence) -> "Catalog":
        """Return the same facts with evidence of the user's own."""
        return replace(self, own=own)

    def gpu(self, name: str) -> Gpu:
        """Return the GPU of an id or a known spelling. Raises UnknownNameError."""
        return self._named("gpu", name, self.gpus)

    def gpus_named(self, name: str) -> tuple[str, ...]:
        """Return the ids a name stands for: its own, or a family (`A100`: every A100). Raises UnknownNameError."""
        family = name.strip().lower().replace(" ", "-")
        members = tuple(gpu_id for gpu_id in self.gpus if f"{gpu_id.lower()}-".startswith(f"{family}-"))
        return members or (self.gpu(name).gpu_id,)

    def model(self, name: str) -> Model:
        """Return the model of an id or a known spelling. Raises UnknownNameError."""
        return self._named("model", name, self.models)

    def quantization(self, name: str) -> Quantization:
        """Return the weight format of an id or a known spelling. Raises UnknownNameError."""
        return self._named("quantization", name, self.quantizations)

    def engine(self, name: str) -> Engine:
        """Return the serving engine of an id or a known spelling. Raises UnknownNameError."""
        return self._named("engine", name, self.engines)

    def link(self, name: str) -> Link:
        """Return the link of an id. Raises UnknownNameError."""
        return self._named("link", name, self.links)

    def kernel(self, quantization_id: str, engine_id: str, gpu: Gpu) -> Kernel | None:
        """Return the kernel that runs a weight format on an engine and GPU, or None where there is none."""
        for kernel in self.kernels:
            if (
                kernel.quantization_id == quantization_id
                and kernel.engine_id == engine_id
                and gpu.compute_capability in kernel.compute_capabilities
            ):
                return kernel
        return None

    def interruption(self, provider: str, region: str, instance_type: str) -> Interruption:
        """Return how often spot instances of a type are taken back: its own row, its provider's, or anybody's."""
        keys = ((provider, region, instance_type), (provider, None, instance_type), (provider, None, None))
        found = next((self.interruptions[key] for key in keys if key in self.interruptions), None)
        return found or self.interruptions[None, None, None]

    def _named(self, kind: str, name: str, known: Mapping[str, Named]) -> Named:
        if name in known:
            return known[name]
        folded = name.strip().lower()
        by_fold = {candidate.lower(): candidate for candidate in known}
        canonical = by_fold.get(folded) or self.aliases.get((kind, folded))
        if canonical is None or canonical not in known:
            spellings = [alias for alias_kind, alias in self.aliases if alias_kind == kind]
            raise UnknownNameError(kind, name, [*known, *spellings])
        return known[canonical]


@lru_cache(maxsize=1)
def load_catalog() -> Catalog:
    """Return the shipped catalog. Raises InvalidDataError naming every row that does not load."""
    folder = files("catalog") / "data"
    return read_catalog({name: (folder / f"{name}.csv").read_text("utf-8") for name in TABLES})


def read_catalog(texts: Mapping[str, str]) -> Catalog:
    """Return the catalog of CSV texts, one for each of TABLES. Raises InvalidDataError."""

    def read(name: str, row_type: type[Row], key: Callable[[Row], Key]) -> Table[Key, Row]:
        return read_table(f"catalog/data/{name}.csv", texts[name], row_type, key)

    sources = read("sources", Source, lambda row: row.source_id)
    gpus = read("gpus", Gpu, lambda row: row.gpu_id)
    links = read("links", Link, lambda row: row.link_id)
    instances = read("instances", Instance, lambda row: (row.provider, row.instance_type))
    models = read("models", Model, lambda row: row.model_id)
    quantizations = read("quantizations", Quantization, lambda row: row.quantization_id)
    engines = read("engines", Engine, lambda row: row.engine_id)
    kernels = read("kernels", Kernel, lambda row: row)
    claims = read("claims", Claim, lambda row: row.claim_id)
    aliases = read("aliases", Alias, lambda row: (row.kind, row.alias.lower()))
    interruptions = read("interruptions", Interruption, lambda row: (row.provider, row.region, row.instance_type))
    tables: tuple[Table[Any, Any], ...] = (
        sources, gpus, links, instances, models, quantizations, engines, kernels, claims, aliases, interruptions
    )  # fmt: skip
    problems = [problem for table in tables for problem in table.problems]
    problems += instances.unresolved("gpu_id", gpus, lambda row: [row.gpu_id])
    problems += instances.unresolved("link_id", links, lambda row: filter(None, (row.intra_link_id, row.inter_link_id)))
    problems += kernels.unresolved("quantization_id", quantizations, lambda row: [row.quantization_id])
    problems += kernels.unresolved("engine_id", engines, lambda row: [row.engine_id])
    named: dict[str, Table[str, Any]] = {"gpu": gpus, "model": models, "quantization": quantizations, "engine": engines}
    for kind, known in named.items():
        problems += aliases.unresolved("canonical_id", known, _canonical_of(kind))
    for table in tables[1:]:
        problems += table.unresolved(
            "source_id", sources, lambda row: [row.source_id, *getattr(row, "extra_source_ids", ())]
        )
    if interruptions.lines and (None, None, None) not in interruptions.by_key:
        problems.append(("catalog/data/interruptions.csv", 1, "provider", "a row that stands for any is missing"))
    if problems:
        raise InvalidDataError(problems)
    return Catalog(
        catalog_id=_digest(texts),
        sources=sources.by_key,
        gpus=gpus.by_key,
        links=links.by_key,
        instances=instances.by_key,
        models=models.by_key,
        quantizations=quantizations.by_key,
        engines=engines.by_key,
        kernels=tuple(kernels.by_key.values()),
        claims=claims.by_key,
        aliases=MappingProxyType({key: alias.canonical_id for key, alias in aliases.by_key.items()}),
        interruptions=interruptions.by_key,
    )


def _canonical_of(kind: str) -> Callable[[Alias], list[str]]:
    return lambda alias: [alias.canonical_id] if alias.kind == kind else []


def _digest(texts: Mapping[str, str]) -> str:
    digest = hashlib.sha256()
    for name in sorted(texts):
        digest.update(f"{name}\n{texts[name]}".encode())
    return digest.hexdigest()[:16]
