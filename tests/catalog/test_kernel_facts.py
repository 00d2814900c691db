"""What runs where: kernels against the GPUs, engines and weight formats that they name."""

from collections import Counter

import pytest

from catalog import Catalog, Gpu, Kernel, load_catalog

CATALOG = load_catalog()
SUPPORTED = [gpu for gpu in CATALOG.gpus.values() if gpu.status == "supported"]


def named(kernel: Kernel) -> str:
    return f"{kernel.quantization_id}/{kernel.engine_id}/{kernel.compute_dtype}"


def gpus_of(kernel: Kernel) -> list[Gpu]:
    return [gpu for gpu in SUPPORTED if gpu.compute_capability in kernel.compute_capabilities]


@pytest.mark.parametrize("kernel", CATALOG.kernels, ids=named)
def test_every_gpu_of_a_kernel_has_its_arithmetic(kernel: Kernel) -> None:
    """FP8 only where the GPU has FP8 tensor cores, FP4 and INT8 likewise."""
    without = [gpu.gpu_id for gpu in gpus_of(kernel) if gpu.tflops(kernel.compute_dtype) is None]
    assert without == []


@pytest.mark.parametrize("kernel", CATALOG.kernels, ids=named)
def test_compute_capabilities_are_those_of_gpus(kernel: Kernel) -> None:
    assert set(kernel.compute_capabilities) <= {gpu.compute_capability for gpu in SUPPORTED}


@pytest.mark.parametrize("kernel", CATALOG.kernels, ids=named)
def test_the_engine_runs_on_the_vendors_of_a_kernel(kernel: Kernel) -> None:
    known = CATALOG.engines[kernel.engine_id].vendors
    others = {gpu.vendor.lower() for gpu in gpus_of(kernel) if gpu.vendor != "Intel"}
    assert others <= set(known)
    assert "gaudi3" not in kernel.compute_capabilities or {"intel", "gaudi"} & set(known)


@pytest.mark.parametrize("kernel", CATALOG.kernels, ids=named)
def test_the_engine_runs_on_the_nvidia_capabilities_of_a_kernel(kernel: Kernel) -> None:
    oldest = CATALOG.engines[kernel.engine_id].min_compute_capability
    assert all(float(gpu.compute_capability) >= oldest for gpu in gpus_of(kernel) if gpu.vendor == "NVIDIA")


@pytest.mark.parametrize("kernel", CATALOG.kernels, ids=named)
def test_the_engine_lists_the_format_of_a_kernel(kernel: Kernel) -> None:
    assert kernel.quantization_id in CATALOG.engines[kernel.engine_id].weight_formats


def test_one_kernel_at_most_runs_a_format_on_an_engine_and_gpu() -> None:
    places = Counter(
        (kernel.quantization_id, kernel.engine_id, capability)
        for kernel in CATALOG.kernels
        for capability in kernel.compute_capabilities
    )
    assert [place for place, count in places.items() if count > 1] == []


def test_fp8_is_weight_only_where_the_gpu_has_no_fp8() -> None:
    weight_only = [kernel for kernel in CATALOG.kernels if kernel.quantization_id == "fp8-weight-only"]
    assert weight_only
    assert {None} == {gpu.tflops_fp8 for kernel in weight_only for gpu in gpus_of(kernel)}
    assert {"bf16"} == {kernel.compute_dtype for kernel in weight_only}


def test_fp8_on_a100_is_weight_only(catalog: Catalog) -> None:
    a100 = catalog.gpu("A100-SXM-80GB")
    weight_only = catalog.kernel("fp8-weight-only", "vllm", a100)
    assert catalog.kernel("fp8", "vllm", a100) is None
    assert weight_only is not None


def test_gguf_means_llama_cpp() -> None:
    engines = {
        kernel.engine_id for kernel in CATALOG.kernels if CATALOG.quantizations[kernel.quantization_id].family == "gguf"
    }
    assert engines == {"llama.cpp", "ollama"}


@pytest.mark.parametrize("quantization_id", CATALOG.quantizations)
def test_every_format_runs_somewhere(quantization_id: str) -> None:
    assert [kernel for kernel in CATALOG.kernels if kernel.quantization_id == quantization_id]


@pytest.mark.parametrize("gpu", SUPPORTED, ids=lambda gpu: gpu.gpu_id)
def test_every_supported_gpu_runs_something(gpu: Gpu) -> None:
    assert [kernel for kernel in CATALOG.kernels if gpu.compute_capability in kernel.compute_capabilities]


@pytest.mark.parametrize("engine_id", CATALOG.engines)
def test_every_engine_runs_something(engine_id: str) -> None:
    assert [kernel for kernel in CATALOG.kernels if kernel.engine_id == engine_id]


def test_engines_without_a_pool_fraction_are_llama_cpp(catalog: Catalog) -> None:
    without = {name for name, engine in catalog.engines.items() if engine.memory_fraction_default is None}
    assert without == {"llama.cpp", "ollama"}
