"""Launch commands: every flag stands in the engine's row, and each replica gets its own GPUs and port."""

import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from api.launch import export_plan, read_checkpoints
from api.launch.engines import STARTERS
from api.launch.flags import command, declared_flags
from api.launch.replicas import replicas_of
from catalog import GpumixError, InvalidInputError, UnknownNameError, load_catalog
from optimizer.fleet.plan import Plan
from optimizer.performance.memory import MEMORY_FRACTION
from tests.api.launch.plans import (
    EVERY,
    LLAMA,
    MI300X,
    ONE,
    SGLANG,
    SHARED,
    STANDBY,
    TRT,
    TWO_NODES,
    line,
    plan,
    request,
)

GOLDEN = Path(__file__).parents[2] / "golden"
CATALOG = load_catalog()
PROGRAMS = {
    "vllm": "vllm serve",
    "sglang": "sglang.launch_server",
    "trt-llm": "trtllm-serve",
    "llama.cpp": "llama-server",
}
OWN = {"vllm": ONE, "sglang": SGLANG, "trt-llm": TRT, "llama.cpp": LLAMA}


def text(found: Plan, target: str = "auto", checkpoint: str | None = None) -> str:
    """Return all artefacts of a plan as one text."""
    checkpoints = {} if checkpoint is None else {"": checkpoint}
    return "".join(artefact.text for artefact in export_plan(found, target, CATALOG, checkpoints))


def launches(shell: str, engine: str) -> Iterator[list[str]]:
    """Yield the words of every command that starts an engine, from its program on."""
    for block in re.sub(r"\\\n", " ", shell).splitlines():
        if PROGRAMS[engine] in block and not block.lstrip().startswith("#"):
            yield shlex.split(block[block.index(PROGRAMS[engine]) :])


def option(words: list[str], flag: str) -> str | None:
    return words[words.index(flag) + 1] if flag in words else None


@pytest.mark.parametrize("name", EVERY)
def test_every_flag_stands_in_the_row_of_its_engine(name: str) -> None:
    seen = 0
    for engine in PROGRAMS:
        for words in launches(text(EVERY[name]), engine):
            flags = {word for word in words if re.match(r"--?[a-z]", word)}
            assert flags <= declared_flags(CATALOG.engines[engine])
            seen += len(flags)
    assert seen > 3


@pytest.mark.parametrize("engine", OWN)
def test_the_commands_of_an_engine_are_the_golden_ones(engine: str, check_golden: Callable[[Path, str], None]) -> None:
    check_golden(GOLDEN / f"launch_{engine.replace('.', '_')}.sh", text(OWN[engine], engine))


@pytest.mark.parametrize("name", ["two_nodes", "sglang_nodes", "shared"])
def test_commands_over_nodes_and_shares_are_the_golden_ones(
    name: str, check_golden: Callable[[Path, str], None]
) -> None:
    check_golden(GOLDEN / f"launch_{name}.sh", text(EVERY[name]))


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("target", ["auto", "bench"])
def test_a_shell_can_read_the_commands(name: str, target: str) -> None:
    done = subprocess.run(["sh", "-n"], input=text(EVERY[name], target), text=True, capture_output=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)


def test_an_alternation_declares_each_of_its_names() -> None:
    assert {"-ngl", "--gpu-layers", "-m", "--tensor-split"} <= declared_flags(CATALOG.engines["llama.cpp"])
    assert {"--tensor-parallel-size", "--tp-size", "--model-path"} <= declared_flags(CATALOG.engines["sglang"])


def test_a_flag_that_the_row_lacks_is_an_error() -> None:
    with pytest.raises(ValueError, match="--made-up is not among"):
        command(CATALOG.engines["vllm"], ["vllm"], [("--made-up", 1)])


def test_the_command_says_what_the_plan_says() -> None:
    (words,) = launches(text(ONE), "vllm")
    expected = {
        "--tensor-parallel-size": "8", "--quantization": "fp8", "--max-model-len": "2560", "--max-num-seqs": "24",
        "--gpu-memory-utilization": "0.92", "--kv-cache-dtype": None, "--pipeline-parallel-size": None,
    }  # fmt: skip
    assert expected == {flag: option(words, flag) for flag in expected}


@pytest.mark.parametrize("engine", ["sglang", "trt-llm", "llama.cpp"])
def test_another_engine_is_refused(engine: str) -> None:
    with pytest.raises(InvalidInputError, match="line 1 of the plan runs on vllm"):
        export_plan(ONE, engine, CATALOG)


@pytest.mark.parametrize("alias", ["trtllm", "TRT-LLM", "tensorrt-llm"])
def test_a_target_has_aliases(alias: str) -> None:
    assert text(TRT, "trt-llm") == text(TRT, alias)


def test_an_unknown_target_comes_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError) as error:
        export_plan(ONE, "skypilt", CATALOG)
    assert "skypilot" in error.value.hint


def test_a_plan_without_lines_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="rents nothing"):
        export_plan(plan(), "auto", CATALOG)


def test_an_engine_without_a_launch_is_refused() -> None:
    with pytest.raises(GpumixError, match="cannot launch"):
        export_plan(plan(line(engine="tgi")), "auto", CATALOG)


@pytest.mark.parametrize("name", EVERY)
def test_no_gpu_and_no_port_is_given_twice(name: str) -> None:
    taken: set[tuple[int, int, int]] = set()
    ports: set[tuple[int, int, int]] = set()
    for replicas in replicas_of(EVERY[name], CATALOG):
        for seat in replicas.seats:
            for node in range(replicas.line.nodes_per_replica):
                for gpu in range(seat.first_gpu, seat.first_gpu + replicas.gpus_per_node):
                    place = (replicas.host, seat.instance + node, gpu)
                    assert place not in taken
                    assert gpu < replicas.line.gpus_per_instance
                    taken.add(place)
            assert (replicas.host, seat.instance, seat.port) not in ports
            ports.add((replicas.host, seat.instance, seat.port))


def test_every_replica_has_a_seat() -> None:
    for found in EVERY.values():
        assert [line.replicas for line in found.lines] == [len(item.seats) for item in replicas_of(found, CATALOG)]


def test_each_line_takes_the_longest_request_that_it_serves() -> None:
    assert [640, 8192] == [replicas.context_tokens for replicas in replicas_of(SHARED, CATALOG)]


def test_a_line_that_stands_by_takes_any_request() -> None:
    assert [2560, 2560] == [replicas.context_tokens for replicas in replicas_of(STANDBY, CATALOG)]


def test_llama_cpp_divides_its_context_between_slots() -> None:
    (words,) = launches(text(LLAMA), "llama.cpp")
    assert int(option(words, "--ctx-size") or 0) == 2560 * int(option(words, "--parallel") or 0)


@pytest.mark.parametrize(
    ("tensor", "pipeline", "mode", "split"),
    [(1, 1, "none", None), (1, 4, "layer", "1,1,1,1"), (4, 1, "row", "1,1,1,1")],
)
def test_llama_cpp_splits_as_the_plan_does(tensor: int, pipeline: int, mode: str, split: str | None) -> None:
    found = replace(LLAMA, lines=(replace(LLAMA.lines[0], tensor_parallel=tensor, pipeline_parallel=pipeline),))
    (words,) = launches(text(found), "llama.cpp")
    assert (mode, split) == (option(words, "--split-mode"), option(words, "--tensor-split"))


def test_a_quantized_checkpoint_is_for_the_user_to_choose() -> None:
    shell = text(MI300X)
    assert "choose a checkpoint of meta-llama/Llama-3.1-405B-Instruct in AWQ INT4" in shell
    assert {"awq"} == {option(words, "--quantization") for words in launches(shell, "vllm")}


def test_a_chosen_checkpoint_is_served_and_says_its_format_itself() -> None:
    (words,) = launches(text(ONE, checkpoint="me/llama-fp8"), "vllm")
    assert ("me/llama-fp8", None) == (words[2], option(words, "--quantization"))


@pytest.mark.parametrize("name", ["x; rm -rf ~", "$(rm -rf ~)", "$HOME/`id`"])
def test_a_checkpoint_cannot_smuggle_a_command(name: str) -> None:
    shell = text(ONE, checkpoint=name)
    (words,) = launches(shell, "vllm")
    assert words[2] == name
    assert f"serve '{name}'" in shell


def test_a_name_in_a_plan_cannot_end_a_comment() -> None:
    shell = text(plan(line(instance_type="p5\nrm -rf ~")))
    assert all(not row.startswith("rm") for row in shell.splitlines())


def test_every_engine_that_plans_use_by_default_can_be_launched() -> None:
    assert set(STARTERS) == set(ONE.request.allow.engines)


def test_ray_waits_for_every_node_before_it_serves() -> None:
    rows = text(TWO_NODES).splitlines()
    assert next(row for row in rows if row.startswith("until [")).count("-ge 2")


def test_each_format_may_have_its_checkpoint() -> None:
    found = plan(line(), line(quantization="awq-int4", region="us-east-2"))
    chosen = read_checkpoints(["awq-int4=me/awq", "me/fp8"], found, CATALOG)
    shell = "".join(artefact.text for artefact in export_plan(found, "vllm", CATALOG, chosen))
    assert ["me/fp8", "me/awq"] == [words[2] for words in launches(shell, "vllm")]


@pytest.mark.parametrize("texts", [["a", "b"], ["nvfp4=a"], ["fp8="], ["--help"], [""]], ids=str)
def test_a_checkpoint_for_nothing_is_refused(texts: list[str]) -> None:
    with pytest.raises(InvalidInputError):
        read_checkpoints(texts, ONE, CATALOG)


@pytest.mark.parametrize("engine", ["vllm", "sglang", "trt-llm"])
def test_the_memory_fraction_of_a_launch_is_the_one_that_plans_count_with(engine: str) -> None:
    assert MEMORY_FRACTION[engine] == CATALOG.engines[engine].memory_fraction_default


@pytest.mark.parametrize(
    ("model", "quantization", "note"),
    [
        ("deepseek-v3", "fp8", ""),
        ("deepseek-v3", "fp8-weight-only", ""),
        ("deepseek-v3", "bf16", "choose a checkpoint"),
        ("gpt-oss-120b", "mxfp4", ""),
        ("gpt-oss-120b", "fp8", "choose a checkpoint"),
        ("llama-3.1-70b", "bf16", ""),
        ("llama-3.1-70b", "fp8", "become FP8 while they load"),
        ("llama-4-405b", "bf16", "not confirmed"),
    ],
)
def test_a_repository_that_holds_the_format_needs_no_note(model: str, quantization: str, note: str) -> None:
    shell = text(plan(line(quantization=quantization), asked=request(model)))
    assert note in shell
    assert bool(note) == ("# note:" in shell)
