"""Settings: the file and the user together, in the catalog's names, or a refusal."""

import dataclasses
from typing import Any

import pytest

from api.measuring.points import Stated
from api.measuring.settling import Settled, Settler
from catalog import InvalidInputError, UnknownNameError, load_catalog
from optimizer.evidence.aliases import shipped_spellings

WHOLE = Stated("llama-3.1-70b", "H100-SXM-80GB", 4, None, 4, 1, "fp8", None, "vllm")


def settle(given: Stated = Stated(), **said: Any) -> Settled:  # noqa: B008  # frozen
    settler = Settler(load_catalog(), shipped_spellings(), given)
    return settler.settle("run 1", dataclasses.replace(WHOLE, **said))


def test_a_whole_setting_needs_nothing_more() -> None:
    found = settle()
    assert ("llama-3.1-70b", "H100-SXM-80GB", 4, 1, "auto") == (
        found.model, found.gpu, found.gpus, found.nodes, found.kv_dtype
    )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "spelling", "expected"),
    [
        ("model", "RedHatAI/Meta-Llama-3.1-70B-Instruct-FP8", "llama-3.1-70b"),
        ("gpu", "NVIDIA H100 80GB HBM3", "H100-SXM-80GB"),
        ("engine", "TensorRT-LLM", "trt-llm"),
        ("quantization", "FP8", "fp8"),
    ],
)
def test_spellings_become_the_names_of_the_catalog(field: str, spelling: str, expected: str) -> None:
    assert expected == getattr(settle(**{field: spelling}), field)


@pytest.mark.parametrize("field", ["model", "gpu", "quantization", "engine"])
def test_what_nobody_says_is_asked_for(field: str) -> None:
    with pytest.raises(InvalidInputError, match=f"it does not say {field}") as error:
        settle(**{field: None})
    assert f"--{field}" in error.value.hint


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (Stated(gpu="A100-SXM-80GB"), "the GPU is H100-SXM-80GB in the file, but --gpu says A100-SXM-80GB"),
        (Stated(model="llama-3.1-8b"), "the model is llama-3.1-70b in the file, but --model says llama-3.1-8b"),
        (Stated(quantization="awq-int4"), "quantization is fp8 in the file, but --quantization says awq-int4"),
        (Stated(engine="sglang"), "engine is vllm in the file, but --engine says sglang"),
        (Stated(tp=8), "tp is 4 in the file, but --tp says 8"),
        (Stated(gpus=8), "gpus is 4 in the file, but --gpus says 8"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_the_user_may_not_contradict_the_file(given: Stated, reason: str) -> None:
    with pytest.raises(InvalidInputError) as error:
        settle(given)
    assert reason in error.value.message


def test_the_user_may_name_the_form_factor_that_a_driver_does_not() -> None:
    assert settle(Stated(gpu="H100-PCIe-80GB"), gpu="NVIDIA H100").gpu == "H100-PCIe-80GB"


def test_a_path_gives_way_to_the_model_that_the_user_names() -> None:
    assert settle(Stated(model="llama-3.1-8b"), model="/srv/weights/7").model == "llama-3.1-8b"


@pytest.mark.parametrize(("field", "name"), [("gpu", "H1000"), ("model", "llama-3.1-70bb"), ("quantization", "fp88")])
def test_a_name_that_the_user_mistypes_is_not_searched_for_a_known_one(field: str, name: str) -> None:
    with pytest.raises(UnknownNameError) as error:
        settle(Stated(**{field: name}), **{field: None})
    assert error.value.message.startswith(f"run 1: unknown {field}")


def test_a_name_of_the_file_that_nothing_is_like_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="unknown gpu 'Voodoo 2'"):
        settle(gpu="Voodoo 2")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"gpus": 1, "tp": None, "pp": None}, (1, 1, 1)),
        ({"gpus": None, "tp": 2, "pp": 2}, (4, 2, 2)),
        ({"gpus": 8, "tp": None, "pp": 2}, (8, 4, 2)),
        ({"gpus": 8, "tp": 4, "pp": 1}, (8, 4, 1)),
        ({"gpus": 4, "tp": 4, "pp": None}, (4, 4, 1)),
    ],
    ids=str,
)
def test_parallelism_is_completed_where_only_one_is_possible(
    said: dict[str, int | None], expected: tuple[int, ...]
) -> None:
    found = settle(**said)
    assert expected == (found.gpus, found.tp, found.pp)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"gpus": 8, "tp": None, "pp": None}, "how the model is split over 8 GPUs"),
        ({"gpus": 8, "tp": 4, "pp": None}, "2 pipeline stages or replicas"),
        ({"gpus": 6, "tp": 4, "pp": 1}, "no whole number of replicas"),
    ],
    ids=str,
)
def test_parallelism_is_never_guessed(said: dict[str, int | None], reason: str) -> None:
    with pytest.raises(InvalidInputError, match=reason):
        settle(**said)


@pytest.mark.parametrize("name", ["x/Llama-3.1-70B-Instruct-AWQ", "x/Llama-3.1-70B-NVFP4", "x/Llama-3.1-70B.w8a8"])
def test_the_name_of_a_checkpoint_may_not_contradict_its_format(name: str) -> None:
    with pytest.raises(InvalidInputError, match="the model's name"):
        settle(model=name)


@pytest.mark.parametrize(("dtype", "expected"), [("fp8_e4m3", "fp8"), ("auto", "auto"), ("f16", "fp16")])
def test_cache_dtypes_have_spellings(dtype: str, expected: str) -> None:
    assert expected == settle(kv_dtype=dtype).kv_dtype


def test_an_unknown_cache_dtype_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="KV dtype 'int3'"):
        settle(Stated(kv_dtype="int3"))
