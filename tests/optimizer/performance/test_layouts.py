import numpy as np
import pytest

from catalog import InvalidInputError, UnknownNameError
from optimizer.performance import REASONS, Layouts, default_link, impossible, join, kv_bits, reason
from tests.optimizer.performance.layouts_for_tests import catalog, layout


def test_one_names_the_closest_gpu_when_it_is_unknown() -> None:
    with pytest.raises(UnknownNameError) as caught:
        layout(gpu="H100-SXN-80GB")
    assert "H100-SXM-80GB" in caught.value.matches


@pytest.mark.parametrize("sizes", [{"tp": 0}, {"pp": -1}, {"tp": 8, "pp": 1024}, {"tp": 4, "nodes": 3}])
def test_one_refuses_sizes_that_are_no_layout(sizes: dict[str, int]) -> None:
    with pytest.raises(InvalidInputError):
        layout(**sizes)


def test_one_refuses_an_unknown_kv_dtype() -> None:
    with pytest.raises(InvalidInputError):
        layout(kv_dtype="fp3")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ""),
        ({"tp": 3}, "tensor parallel does not divide the attention heads"),
        ({"engine": "tgi", "tp": 2, "pp": 2}, "the engine has no pipeline parallelism"),
        ({"gpu": "A100-SXM-80GB"}, "no kernel runs this weight format on this engine and GPU"),
        ({"gpu": "V100-SXM-32GB"}, "no kernel runs this weight format on this engine and GPU"),
        ({"tp": 1, "pp": 100}, "more pipeline stages than layers"),
        ({"quantization": "q4_k_m", "engine": "llama.cpp", "tp": 1, "pp": 3}, ""),
        (
            {"quantization": "q4_k_m", "engine": "ollama", "tp": 1, "pp": 4, "nodes": 2},
            "the engine does not run over several nodes",
        ),
    ],
)
def test_impossible_layouts_say_why(given: dict[str, object], expected: str) -> None:
    assert expected == reason(int(impossible(layout(**given))[0]))


def test_more_gpus_than_the_node_has_is_impossible() -> None:
    crowded = layout(tp=8)
    crowded.gpus_per_node[:] = 4
    assert reason(int(impossible(crowded)[0])) == "more GPUs than the node has"


def test_gpus_without_a_link_are_impossible() -> None:
    apart = layout(tp=4)
    apart.link[:] = -1
    assert reason(int(impossible(apart)[0])) == "GPUs without a link between them"


def test_fp8_weight_only_runs_on_a100_where_fp8_does_not() -> None:
    assert int(impossible(layout(gpu="A100-SXM-80GB", quantization="fp8-weight-only", tp=8))[0]) == 0


def test_every_reason_is_distinct() -> None:
    assert len(REASONS) == len(set(REASONS))


def test_take_and_join_are_inverse() -> None:
    both = join([layout(tp=2), layout(tp=8)])
    parts = [both.take(np.array([0])), both.take(np.array([False, True]))]
    assert [int(part.tp[0]) for part in parts] == [2, 8]
    assert len(both) == 2
    assert both.gpus.tolist() == [2, 8]


@pytest.mark.parametrize(
    ("gpu", "link"),
    [
        ("H100-SXM-80GB", "nvswitch-gen4"),
        ("A100-PCIe-80GB", "pcie-gen4"),
        ("MI300X-192GB", "infinity-fabric"),
        ("GB200-186GB", "nvl72"),
        ("H100-NVL-94GB", "nvlink-pair"),
        ("RTX-PRO-6000-96GB", "pcie-gen5"),
    ],
)
def test_default_link_follows_the_form_factor(gpu: str, link: str) -> None:
    assert link == default_link(catalog(), gpu)


@pytest.mark.parametrize(
    ("kv_dtype", "quantization", "engine", "bits"),
    [
        ("auto", "fp8", "vllm", 16),
        ("auto", "fp8", "trt-llm", 8),
        ("fp8", "bf16", "vllm", 8),
        ("auto", "bf16", "trt-llm", 16),
    ],
)
def test_kv_width(kv_dtype: str, quantization: str, engine: str, bits: int) -> None:
    assert bits == kv_bits(kv_dtype, quantization, engine)


def test_every_layout_of_the_catalog_can_be_built_by_name() -> None:
    known = catalog()
    built = [
        Layouts.one(known, model=name, gpu="H200-SXM-141GB", quantization="fp8", engine="vllm") for name in known.models
    ]
    assert len(known.models) == len(built)
