"""Facts: GPUs, instances, links, models, quantizations, engines and where each was read. Imports nothing of ours."""

from catalog.errors import GpumixError, InvalidDataError, InvalidInputError, UnknownNameError, bad_fields
from catalog.facts import (
    QUALITY_TIERS,
    Alias,
    Claim,
    Engine,
    Gpu,
    Instance,
    Interruption,
    Kernel,
    Link,
    Model,
    QualityTier,
    Quantization,
    Source,
)
from catalog.loading import Catalog, load_catalog, read_catalog
from catalog.own import NO_OWN, OwnEvidence, OwnRun

__all__ = [
    "NO_OWN",
    "QUALITY_TIERS",
    "Alias",
    "Catalog",
    "Claim",
    "Engine",
    "Gpu",
    "GpumixError",
    "Instance",
    "Interruption",
    "InvalidDataError",
    "InvalidInputError",
    "Kernel",
    "Link",
    "Model",
    "OwnEvidence",
    "OwnRun",
    "QualityTier",
    "Quantization",
    "Source",
    "UnknownNameError",
    "bad_fields",
    "load_catalog",
    "read_catalog",
]
