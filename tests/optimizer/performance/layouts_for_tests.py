"""Layouts that the tests of the performance model share."""

from dataclasses import replace

import numpy as np

from catalog import Catalog, load_catalog
from optimizer.performance import Layouts

MODELS = ("llama-4-405b", "llama-3.1-70b", "llama-3.1-8b", "qwen3-32b")
GPUS = ("A100-SXM-80GB", "H100-SXM-80GB", "H200-SXM-141GB", "B200-SXM-180GB", "L40S-48GB", "MI300X-192GB")


def catalog() -> Catalog:
    """Return the shipped catalog."""
    return load_catalog()


def layout(**given: object) -> Layouts:
    """Return one layout: Llama 3.1 70B in FP8 on 4 H100 with vLLM unless told otherwise."""
    chosen: dict[str, object] = {
        "model": "llama-3.1-70b",
        "gpu": "H100-SXM-80GB",
        "quantization": "fp8",
        "engine": "vllm",
        "tp": 4,
    }
    return Layouts.one(catalog(), **{**chosen, **given})  # type: ignore[arg-type]


def faster_memory(source: Catalog, gpu_id: str, times: float) -> Catalog:
    """Return a catalog in which one GPU has `times` its HBM bandwidth."""
    gpu = replace(source.gpus[gpu_id], hbm_bandwidth_gb_s=source.gpus[gpu_id].hbm_bandwidth_gb_s * times)
    return replace(source, catalog_id=f"{source.catalog_id}-{gpu_id}-{times}", gpus={**source.gpus, gpu_id: gpu})


def one(values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
    """Return the value of an array of length one."""
    assert values.shape == (1,)
    return float(values[0])
