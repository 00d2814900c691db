"""The catalog as arrays: one value per GPU, quantization, engine and link, in the catalog's order."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from catalog import Catalog, Gpu
from catalog.facts import ComputeDtype

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

COMPUTE_DTYPES: tuple[ComputeDtype, ...] = ("bf16", "fp16", "fp8", "int8", "fp4")
LINK_KINDS = ("switch", "mesh", "fabric", "pair", "pcie", "network")
GIB = 2.0**30
GB_PER_S = 1e9
TFLOPS = 1e12


@dataclass(frozen=True, slots=True)
class Tables:
    """Arrays indexed by position in the catalog's mappings; rates in bytes/s and FLOP/s, 0 where there is none."""

    gpu_ids: tuple[str, ...]
    quantization_ids: tuple[str, ...]
    engine_ids: tuple[str, ...]
    link_ids: tuple[str, ...]
    vendors: tuple[str, ...]
    architectures: tuple[str, ...]
    bandwidth: Floats
    memory_bytes: Floats
    peak_flops: Floats
    fp32_flops: Floats
    vendor: Ints
    architecture: Ints
    pcie_gen: Floats
    gpu_wire: Floats
    weight_bits: Floats
    rest_bits: Floats
    mean_bits: Floats
    kernel_dtype: Ints
    kernel_for_experts: Bools
    link_kind: Ints
    link_busbw: Floats
    link_latency_s: Floats
    link_wire: Floats


@lru_cache(maxsize=8)
def _tables_of(key: "_ByIdentity") -> Tables:
    return _build(key.catalog)


def tables(catalog: Catalog) -> Tables:
    """Return the arrays of a catalog, built once per catalog."""
    return _tables_of(_ByIdentity(catalog))


class _ByIdentity:
    """Hashes a catalog by its id, so that the arrays are built once."""

    __slots__ = ("catalog",)

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    def __hash__(self) -> int:
        return hash(self.catalog.catalog_id)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and other.catalog.catalog_id == self.catalog.catalog_id


def _build(catalog: Catalog) -> Tables:
    gpus, formats = tuple(catalog.gpus.values()), tuple(catalog.quantizations.values())
    links = tuple(catalog.links.values())
    vendors = tuple(dict.fromkeys(gpu.vendor for gpu in gpus))
    architectures = tuple(dict.fromkeys(generation(gpu) for gpu in gpus))
    kernel_dtype, kernel_for_experts = _kernels(catalog)
    return Tables(
        gpu_ids=tuple(catalog.gpus),
        quantization_ids=tuple(catalog.quantizations),
        engine_ids=tuple(catalog.engines),
        link_ids=tuple(catalog.links),
        vendors=vendors,
        architectures=architectures,
        bandwidth=np.array([gpu.hbm_bandwidth_gb_s for gpu in gpus]) * GB_PER_S,
        memory_bytes=np.array([gpu.memory_gib for gpu in gpus]) * GIB,
        peak_flops=np.array([[(gpu.tflops(dtype) or 0.0) * TFLOPS for dtype in COMPUTE_DTYPES] for gpu in gpus]),
        fp32_flops=np.array([(gpu.tflops_fp32 or 0.0) * TFLOPS for gpu in gpus]),
        vendor=np.array([vendors.index(gpu.vendor) for gpu in gpus]),
        architecture=np.array([architectures.index(generation(gpu)) for gpu in gpus]),
        gpu_wire=np.array([(gpu.nvlink_bandwidth_gb_s_per_direction or 0.0) * GB_PER_S for gpu in gpus]),
        pcie_gen=np.array([float(gpu.pcie_gen or 0) for gpu in gpus]),
        weight_bits=np.array(
            [_linear_bits(row.bits_per_weight_block, row.bits_per_weight, row.embedding_bits) for row in formats]
        ),
        rest_bits=np.array([row.embedding_bits or row.bits_per_weight for row in formats]),
        mean_bits=np.array([row.bits_per_weight for row in formats]),
        kernel_dtype=kernel_dtype,
        kernel_for_experts=kernel_for_experts,
        link_kind=np.array([LINK_KINDS.index(link_kind(link_id, row.scope)) for link_id, row in catalog.links.items()]),
        link_busbw=np.array([row.all_reduce_busbw_gb_s for row in links]) * GB_PER_S,
        link_latency_s=np.array([row.all_reduce_latency_us for row in links]) * 1e-6,
        link_wire=np.array([row.bandwidth_gb_s_per_direction for row in links]) * GB_PER_S,
    )


def generation(gpu: Gpu) -> str:
    """Return what GPUs of like kernels share: the compute capability, its major number from Hopper on.

    A100 (8.0), A40 and A6000 (8.6) and L40S (8.9) differ; so do B200 (10) and RTX PRO 6000 (12), both "Blackwell".
    """
    major = gpu.compute_capability.split(".")[0]
    return gpu.compute_capability if major in {"7", "8"} else major


def link_kind(link_id: str, scope: str) -> str:
    """Return how the bandwidth of a link depends on the size of the group that uses it."""
    if scope == "inter-node":
        return "network"
    if link_id.startswith("pcie"):
        return "pcie"
    if link_id == "nvlink-pair":
        return "pair"
    if link_id.startswith("infinity-fabric"):
        return "fabric"
    return "mesh" if "mesh" in link_id else "switch"


def _linear_bits(block: float, mean: float, rest: float | None) -> float:
    """Bits of one weight of a linear layer: GGUF files (no `rest`) mix block types, so their mean is taken."""
    return mean if rest is None else block


def _kernels(catalog: Catalog) -> tuple[Ints, Bools]:
    """Return [gpu, quantization, engine] -> (index in COMPUTE_DTYPES, -1 without a kernel; is it for experts only)."""
    dtypes = np.full((len(catalog.gpus), len(catalog.quantizations), len(catalog.engines)), -1)
    for_experts = np.zeros(dtypes.shape, dtype=bool)
    formats, engines = list(catalog.quantizations), list(catalog.engines)
    for kernel in catalog.kernels:
        for index, gpu in enumerate(catalog.gpus.values()):
            if gpu.compute_capability in kernel.compute_capabilities:
                place = index, formats.index(kernel.quantization_id), engines.index(kernel.engine_id)
                dtypes[place] = COMPUTE_DTYPES.index(kernel.compute_dtype)
                for_experts[place] = kernel.models == "moe"
    return dtypes, for_experts
