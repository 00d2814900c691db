import pytest

from catalog import load_catalog
from optimizer.evidence.aliases import find, fold, shipped_spellings
from optimizer.evidence.settings import Setting, UnreadableError, decimal_year, setting
from tests.optimizer.evidence.rows_for_tests import rows


def read(**change: str) -> Setting:
    return setting(rows(change)[0], load_catalog(), shipped_spellings())


@pytest.mark.parametrize(
    ("kind", "spelling", "expected"),
    [
        ("gpu", "NVIDIA H100-SXM5-80GB", "H100-SXM-80GB"),
        ("gpu", "H100 PCIe 80GB", "H100-PCIe-80GB"),
        ("gpu", "nvidia_h200_sxm", "H200-SXM-141GB"),
        ("gpu", "A100-SXM4-40GB", "A100-SXM-40GB"),
        ("gpu", "AMD Instinct MI300X-NPS1-SPX-192GB-750W", "MI300X-192GB"),
        ("gpu", "RTX PRO 6000 Blackwell Server", "RTX-PRO-6000-96GB"),
        ("gpu", "L40S 48GB", "L40S-48GB"),
        ("gpu", "Nvidia L4", "L4-24GB"),
        ("gpu", "NVIDIA H100 80GB HBM3", "H100-SXM-80GB"),
        ("gpu", "NVIDIA A100-SXM4-80GB", "A100-SXM-80GB"),
        ("gpu", "NVIDIA GeForce RTX 4090", "RTX-4090-24GB"),
        ("gpu", "H20", "H20-SXM-96GB"),
        ("gpu", "RTX 3080", ""),
        ("model", "DeepSeek-R1-Distill-Qwen-32B", "qwen2.5-32b"),
        ("model", "mistralai/Mixtral-8x7B-Instruct-v0.1", "mixtral-8x7b"),
        ("gpu", "H200 SXM", "H200-SXM-141GB"),
        ("model", "meta-llama/Meta-Llama-3.1-405B-Instruct-FP8", "llama-3.1-405b"),
        ("model", "Llama-2-70b-chat-hf", "llama-2-70b"),
        ("model", "amd/Llama-3.3-70B-Instruct-FP8-KV", "llama-3.3-70b"),
        ("model", "DeepSeek-R1-Distill-Llama-70B", "llama-3.3-70b"),
        ("engine", "NIM (TensorRT-LLM)", "trt-llm"),
        ("engine", "SGLang v0.4.9", "sglang"),
        ("engine", "ollama/llama.cpp", "llama.cpp"),
        ("quantization", "bfloat16", "bf16"),
        ("quantization", "FP8-block", "fp8"),
    ],
)
def test_spellings_are_found(kind: str, spelling: str, expected: str) -> None:
    assert expected == find(shipped_spellings(), kind, spelling)


@pytest.mark.parametrize(("kind", "spelling"), [("gpu", "TPU v5e"), ("model", "Falcon-180B"), ("engine", "lorax")])
def test_unknown_spellings_are_not_guessed(kind: str, spelling: str) -> None:
    assert find(shipped_spellings(), kind, spelling) is None


def test_folding_ignores_case_vendor_and_separators() -> None:
    assert fold("NVIDIA H100-SXM-80GB") == fold("h100 sxm 80gb")


def test_every_alias_points_into_the_catalog() -> None:
    known = load_catalog()
    tables = {"gpu": known.gpus, "model": known.models, "engine": known.engines, "quantization": known.quantizations}
    lost = [
        (kind, spelling)
        for (kind, spelling), canonical in shipped_spellings().items()
        if canonical and kind in tables and canonical not in tables[kind]
    ]
    assert lost == []


def test_a_blank_format_is_read_off_the_model_s_name() -> None:
    assert read(weight_quant="", model="Llama-3.1-405B-FP8").quantization == "fp8"


def test_fp8_on_a100_is_weight_only() -> None:
    assert read(gpu="A100-SXM4-80GB").quantization == "fp8-weight-only"


def test_fp4_on_amd_is_mxfp4() -> None:
    assert read(gpu="MI355X", weight_quant="FP4", interconnect="xgmi").quantization == "mxfp4"


def test_stated_memory_picks_the_part() -> None:
    assert read(gpu="A100", weight_quant="BF16", gpu_mem_gb="40").gpu == "A100-SXM-40GB"


def test_llama_cpp_without_tp_is_a_layer_split() -> None:
    found = read(engine="llama.cpp", weight_quant="Q4_K_M", tp="", pp="", num_gpus="4")
    assert (found.tp, found.pp) == (1, 4)


def test_gpus_beyond_one_replica_are_replicas() -> None:
    assert read(num_gpus="16", tp="4").replicas == 4


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"input_tokens": ""}, "input or output length is not stated"),
        ({"gpu": "TPU v5e"}, "gpu 'TPU v5e' is not in the catalog"),
        ({"engine": ""}, "engine is not stated"),
        ({"weight_quant": "UNSET"}, "weight format 'UNSET' is not in the catalog"),
        ({"gpu": "MI300X", "engine": "TensorRT-LLM"}, "no kernel for fp8 on trt-llm and MI300X-192GB"),
        ({"num_gpus": "6"}, "6 GPUs are no whole number of tp 4 x pp 1 replicas"),
        ({"concurrency_or_batch": ""}, "neither concurrency nor request rate is stated"),
        ({"gpu_mem_gb": "24"}, "no H100-SXM with 24 GB is in the catalog"),
        ({"metric": "ttft_ms_p99"}, "a percentile needs a request rate: closed loops are predicted by their mean"),
    ],
)
def test_what_cannot_be_read_says_why(change: dict[str, str], reason: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read(**change)
    assert reason == str(caught.value)


@pytest.mark.parametrize(
    ("date", "year"), [("2024-07", 2024.54), ("2025", 2025.5), ("2025-12-31", 2025.96), ("", 2026.6)]
)
def test_dates_become_decimal_years(date: str, year: float) -> None:
    assert pytest.approx(year, abs=0.01) == decimal_year(date)


@pytest.mark.parametrize(
    ("change", "mode"),
    [
        ({}, "closed"),
        ({"offline_or_online": "offline"}, "static"),
        ({"offline_or_online": "offline", "concurrency_or_batch": ""}, "saturated"),
        ({"concurrency_or_batch": "", "request_rate": "2"}, "open"),
    ],
)
def test_kinds_of_load(change: dict[str, str], mode: str) -> None:
    assert mode == read(**change).mode
