"""The GPU table against itself: rates, memory and links that must agree with each other."""

import pytest

from catalog import Catalog, Gpu, load_catalog

GPUS = list(load_catalog().gpus.values())
SUPPORTED = [gpu for gpu in GPUS if gpu.status == "supported"]
NVIDIA = [gpu for gpu in SUPPORTED if gpu.vendor == "NVIDIA"]
CARD_HARDWARE = (
    "A100-SXM-80GB",
    "A100-PCIe-80GB",
    "H100-SXM-80GB",
    "H100-PCIe-80GB",
    "RTX-A6000-48GB",
    "RTX-4090-24GB",
)
NO_TWICE_FP8 = {"Gaudi3-128GB"}  # its matrix engine runs FP8 at the rate of BF16
NO_HALF_TF32 = {"Gaudi3-128GB"}  # its matrix engine runs TF32 at a quarter of BF16
GEFORCE = {"RTX-3090-24GB": 4.0, "RTX-4090-24GB": 4.0, "RTX-5090-32GB": 4.0}  # GeForce halves BF16
OTHER_INT8 = {**GEFORCE, "MI250X": 1.0, "MI250-128GB": 1.0, "MI210-64GB": 1.0}  # CDNA 2 has one rate
SLOW_INT8 = {"B300-SXM-288GB", "GB300-288GB"}  # Blackwell Ultra gave up INT8 for FP4
PCIE_GB_S = {3: 16, 4: 32, 5: 64, 6: 128}


def named(gpu: Gpu) -> str:
    return gpu.gpu_id


@pytest.mark.parametrize("gpu_id", CARD_HARDWARE)
def test_the_hardware_of_the_card_is_supported(catalog: Catalog, gpu_id: str) -> None:
    assert catalog.gpus[gpu_id].status == "supported"


def test_a_mac_is_named_but_not_supported(catalog: Catalog) -> None:
    macs = [gpu for gpu in catalog.gpus.values() if gpu.vendor == "Apple"]
    assert {"unsupported-named"} == {gpu.status for gpu in macs}


@pytest.mark.parametrize("gpu", [gpu for gpu in GPUS if gpu.tflops_fp8], ids=named)
def test_fp8_is_twice_bf16(gpu: Gpu) -> None:
    assert gpu.tflops_fp8
    assert gpu.tflops_bf16
    expected = 1.0 if gpu.gpu_id in NO_TWICE_FP8 else 2.0
    assert gpu.tflops_fp8 / gpu.tflops_bf16 == pytest.approx(expected, rel=0.015)


@pytest.mark.parametrize("gpu", [gpu for gpu in GPUS if gpu.tflops_tf32 and gpu.gpu_id not in NO_HALF_TF32], ids=named)
def test_tf32_is_half_of_bf16(gpu: Gpu) -> None:
    assert gpu.tflops_tf32
    assert gpu.tflops_bf16
    assert gpu.tflops_tf32 / gpu.tflops_bf16 == pytest.approx(0.5, rel=0.025)


@pytest.mark.parametrize("gpu", [gpu for gpu in GPUS if gpu.tflops_bf16], ids=named)
def test_fp16_runs_at_the_rate_of_bf16(gpu: Gpu) -> None:
    slower = gpu.gpu_id == "Gaudi3-128GB"  # FP16 much slower, says its row
    assert (gpu.tflops_fp16 != gpu.tflops_bf16) is slower


@pytest.mark.parametrize("gpu", [gpu for gpu in GPUS if gpu.int8_tops and gpu.gpu_id not in SLOW_INT8], ids=named)
def test_int8_is_twice_bf16_but_where_noted(gpu: Gpu) -> None:
    assert gpu.int8_tops
    assert gpu.tflops_bf16
    assert gpu.int8_tops / gpu.tflops_bf16 == pytest.approx(OTHER_INT8.get(gpu.gpu_id, 2.0), rel=0.015)


def test_int8_is_slow_on_blackwell_ultra(catalog: Catalog) -> None:
    assert all((catalog.gpus[gpu_id].int8_tops or 0) < 200 for gpu_id in SLOW_INT8)


@pytest.mark.parametrize("gpu", NVIDIA, ids=named)
def test_low_precision_comes_with_the_architecture(gpu: Gpu) -> None:
    capability = float(gpu.compute_capability)
    assert (gpu.tflops_bf16 is not None) is (capability >= 8.0)
    assert (gpu.tflops_fp8 is not None) is (capability >= 8.9)
    assert (gpu.tflops_fp4 is not None) is (capability >= 10.0)


@pytest.mark.parametrize("gpu", SUPPORTED, ids=named)
def test_the_driver_reports_90_to_101_percent_of_the_name(gpu: Gpu) -> None:
    assert 0.90 <= gpu.memory_gib / gpu.memory_gb_marketing <= 1.01


@pytest.mark.parametrize("gpu", GPUS, ids=named)
def test_memory_in_mib_and_gib_agree(gpu: Gpu) -> None:
    assert gpu.memory_mib / 1024 == pytest.approx(gpu.memory_gib, abs=0.006)


@pytest.mark.parametrize("gpu", SUPPORTED, ids=named)
def test_the_name_carries_the_memory(gpu: Gpu) -> None:
    assert gpu.gpu_id.endswith(f"-{gpu.memory_gb_marketing}GB") or gpu.gpu_id == "MI250X"


@pytest.mark.parametrize("gpu", [gpu for gpu in GPUS if gpu.pcie_gen], ids=named)
def test_pcie_is_as_fast_as_its_generation(gpu: Gpu) -> None:
    assert gpu.pcie_gen
    assert gpu.pcie_gb_s_per_direction == PCIE_GB_S[gpu.pcie_gen]


@pytest.mark.parametrize("gpu", NVIDIA, ids=named)
def test_a_gpu_has_an_nvlink_generation_and_a_bandwidth_or_neither(gpu: Gpu) -> None:
    assert (gpu.nvlink_generation is None) is (gpu.nvlink_bandwidth_gb_s_per_direction is None)


def test_form_factors_of_one_gpu_differ(catalog: Catalog) -> None:
    sxm, pcie = catalog.gpu("H100-SXM-80GB"), catalog.gpu("H100-PCIe-80GB")
    assert sxm.memory_gib == pcie.memory_gib
    assert sxm.hbm_bandwidth_gb_s > 1.5 * pcie.hbm_bandwidth_gb_s
    assert (sxm.tflops_bf16 or 0) > 1.2 * (pcie.tflops_bf16 or 0)


def test_a100_has_no_fp8(catalog: Catalog) -> None:
    a100 = [gpu for gpu in catalog.gpus.values() if gpu.gpu_id.startswith("A100")]
    assert {None} == {gpu.tflops("fp8") for gpu in a100}
