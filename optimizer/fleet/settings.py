"""Settings: what can run on a GPU (weight format, engine, KV width) and the quality each gives."""

from collections.abc import Iterable
from dataclasses import dataclass

from catalog import QUALITY_TIERS, Catalog, Gpu, Quantization
from optimizer.request import DEFAULT_ENGINES, PlanRequest

EIGHT_BIT_KV_TIER = "near-lossless"


@dataclass(frozen=True, slots=True)
class Setting:
    """What runs on the GPUs: weight format and engine as positions in the catalog, and the bits of a KV element."""

    quantization: int
    engine: int
    kv_bits: int


def settings_by_gpu(request: PlanRequest, gpu_ids: Iterable[str], catalog: Catalog) -> dict[str, tuple[Setting, ...]]:
    """Return, per GPU, every format and engine that some kernel runs on it, of the engines the request allows."""
    engines = _engines(request, catalog)
    return {gpu_id: tuple(_settings(gpu_id, engines, catalog)) for gpu_id in gpu_ids}


def tier_with_kv(quantization: Quantization, kv_bits: int) -> int:
    """Return the position in QUALITY_TIERS of a weight format and KV width; an 8-bit KV cache is near-lossless at best.

    FP8 KV keeps 97 to 98% of long-context recall on a 70B model (vLLM blog, April 2026).
    """
    tier = QUALITY_TIERS.index(quantization.quality_tier)
    return max(tier, QUALITY_TIERS.index(EIGHT_BIT_KV_TIER)) if kv_bits == 8 else tier


def acceptable(request: PlanRequest, catalog: Catalog) -> frozenset[tuple[int, int]]:
    """Return the (quantization position, KV bits) that meet the request's quality: the named formats, or the floor."""
    named = {catalog.quantization(name).quantization_id for name in request.quality.quantizations}
    if "fp8" in named:  # the same checkpoint, where a GPU has no FP8 arithmetic
        named.add("fp8-weight-only")
    worst = QUALITY_TIERS.index(request.quality.min_tier)
    return frozenset(
        (position, kv_bits)
        for position, row in enumerate(catalog.quantizations.values())
        for kv_bits in (16, 8)
        if (row.quantization_id in named if named else tier_with_kv(row, kv_bits) <= worst)
    )


def engine_order(catalog: Catalog) -> list[int]:
    """Return the rank of each engine of the catalog among equals: the usual ones first."""
    usual = {name: rank for rank, name in enumerate(DEFAULT_ENGINES)}
    return [usual.get(engine_id, len(usual)) for engine_id in catalog.engines]


def _engines(request: PlanRequest, catalog: Catalog) -> tuple[str, ...]:
    allowed = tuple(catalog.engine(name).engine_id for name in request.allow.engines) or tuple(catalog.engines)
    denied = {catalog.engine(name).engine_id for name in request.deny.engines}
    return tuple(name for name in allowed if name not in denied)


def _settings(gpu_id: str, engines: tuple[str, ...], catalog: Catalog) -> Iterable[Setting]:
    gpu = catalog.gpus[gpu_id]
    names = tuple(catalog.engines)
    for position, quantization_id in enumerate(catalog.quantizations):
        for engine_id in engines:
            if catalog.kernel(quantization_id, engine_id, gpu) is not None:
                for kv_bits in _kv_widths(catalog, engine_id, gpu):
                    yield Setting(position, names.index(engine_id), kv_bits)


def _kv_widths(catalog: Catalog, engine_id: str, gpu: Gpu) -> tuple[int, ...]:
    """Return the KV widths an engine has on a GPU; a width of 8 means FP8, or q8_0 in llama.cpp.

    vLLM and SGLang keep FP8 caches only where the GPU has FP8 arithmetic (vLLM's Triton backend refuses e4m3 below
    compute capability 8.9, and FlashAttention 2 has none); TensorRT-LLM documents them on Ampere too.
    """
    dtypes = catalog.engines[engine_id].kv_cache_dtypes
    if "q8_0" in dtypes:
        return 16, 8
    has_fp8 = any(dtype.startswith("fp8") for dtype in dtypes)
    return (16, 8) if has_fp8 and (gpu.tflops_fp8 is not None or engine_id == "trt-llm") else (16,)
