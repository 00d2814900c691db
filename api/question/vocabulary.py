"""The names of each kind: ids and aliases of the catalog, what the snapshot offers, and the words for whole groups."""

import re
from collections.abc import Collection, Iterable, Mapping
from itertools import chain

from api.question.lexicon import Names, names, spelling
from catalog import Catalog, Quantization

Spelled = Iterable[tuple[str, Collection[str]]]

CONTINENTS = ("europe", "north-america", "south-america", "asia", "oceania", "africa", "middle-east")
TIERS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("hyperscaler", "hyperscalers", "hyper scalers", "big clouds", "big cloud", "major clouds", "big three",
         "big 3", "large clouds"), ("hyperscaler",)),
    **dict.fromkeys(
        ("neocloud", "neoclouds", "neo clouds", "gpu clouds", "gpu cloud", "specialist clouds"), ("neocloud",)),
    **dict.fromkeys(
        ("marketplace", "marketplaces", "marketplace hosts", "marketplace host", "community hosts", "community cloud",
         "peer to peer", "p2p"), ("marketplace",)),
    **dict.fromkeys(("tracker", "trackers", "price trackers", "tracker prices", "tracker rows"), ("tracker",)),
}  # fmt: skip
LINKS = {
    "nvlink": ("nvswitch", "nvl"), "nv link": ("nvswitch", "nvl"), "nvlinks": ("nvswitch", "nvl"),
    "nvswitch": ("nvswitch",), "pcie": ("pcie",), "pci express": ("pcie",), "pci e": ("pcie",),
    "infinity fabric": ("infinity",), "xgmi": ("infinity",),
}  # fmt: skip
INSTANCE_TYPES_ARE_NAMES = frozenset({"aws", "azure", "gcp", "oci"})
NOT_A_REGION = frozenset({"global", "default", "community", "secure", "provider", "uniform", "us", "all", "any"})
REGION_SHAPE = re.compile(r"^[A-Za-z][A-Za-z0-9 _-]*$")


def models(catalog: Catalog) -> Names:
    """Return the spellings of models; one that names a weight format too is left to the model and the format."""
    formats = [spelling(name) for name in quantizations(catalog).ids if len(name) > 2]
    spellings = {spelling(alias): model for alias, model in _aliases(catalog, "model")}
    spellings |= {spelling(model.hf_repo): model.model_id for model in catalog.models.values()}
    spellings |= {spelling(model_id): model_id for model_id in catalog.models}
    return Names({key: (model,) for key, model in spellings.items() if not any(name in key for name in formats)})


def quantizations(catalog: Catalog) -> Names:
    """Return the spellings of weight formats and of their groups: `4-bit`, `GGUF`, `unquantized`, `FP8`."""
    rows = tuple(catalog.quantizations.values())
    given: Spelled = [(name, [row]) for name, row in _aliases(catalog, "quantization")]
    groups: Spelled = [(name, [row.quantization_id]) for row in rows for name in (row.quantization_id, *_groups(row))]
    return names(chain(given, groups))


def _groups(row: Quantization) -> list[str]:
    bits = int(row.bits_per_weight_block)
    return [row.family, f"{bits}-bit", f"{bits} bits", *(["w4a16"] * (row.family == "int4"))]


def engines(catalog: Catalog) -> Names:
    """Return the spellings of serving engines."""
    return names([*((engine, [engine]) for engine in catalog.engines), *_listed(_aliases(catalog, "engine"))])


def providers(catalog: Catalog, known: Collection[str]) -> Names:
    """Return the spellings of the providers; an alias of one without prices stands for nothing."""
    lowered = {provider.lower(): provider for provider in known}
    aliases = [
        (alias, [lowered[p.lower()]] if p.lower() in lowered else []) for alias, p in _aliases(catalog, "provider")
    ]
    return names([*((provider, [provider]) for provider in known), *aliases])


def places(catalog: Catalog, known: Collection[str]) -> Names:
    """Return the spellings of regions and continents; an alias may stand for several, those without prices left out."""
    lowered = {region.lower(): region for region in known} | {continent: continent for continent in CONTINENTS}
    regions = [(region, [region]) for region in known if _is_region_name(region)]
    aliases = [
        (alias, [lowered[name] for name in re.split(r"\s*;\s*", ids.lower()) if name in lowered])
        for alias, ids in _aliases(catalog, "region")
    ]
    return names([*((continent, [continent]) for continent in CONTINENTS), *regions, *aliases])


def tiers() -> Names:
    """Return the spellings of trust tiers."""
    return names(TIERS.items())


def links(catalog: Catalog) -> Names:
    """Return the spellings of the links between the GPUs of one instance."""
    inside = [link.link_id for link in catalog.links.values() if link.scope != "inter-node"]
    return names((word, [link for link in inside if link.startswith(starts)]) for word, starts in LINKS.items())


def instance_types(catalog: Catalog) -> Names:
    """Return the instance types of the large clouds; those of others are descriptions, such as 8x-mi300x."""
    spelled = [
        (name, (f"{provider}:{instance.gpu_id}",))
        for (provider, name), instance in catalog.instances.items()
        if provider in INSTANCE_TYPES_ARE_NAMES
    ]
    return names(spelled)


def _aliases(catalog: Catalog, kind: str) -> list[tuple[str, str]]:
    return [(alias, canonical) for (alias_kind, alias), canonical in catalog.aliases.items() if alias_kind == kind]


def _listed(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    return [(alias, [canonical]) for alias, canonical in pairs]


def _is_region_name(region: str) -> bool:
    return len(region) > 3 and region.lower() not in NOT_A_REGION and REGION_SHAPE.match(region) is not None
