"""The simulator's step costs are written apart from the vectorised model: here they are held against each other."""

import numpy as np
import pytest

from catalog import InvalidInputError
from optimizer.performance import Layouts, join
from optimizer.performance.loops import decode, prefill
from optimizer.performance.replicas import replicas
from optimizer.simulation import step_costs
from tests.optimizer.performance.layouts_for_tests import layout, one

LAYOUTS = (
    layout(),
    layout(model="llama-4-405b", tp=8),
    layout(gpu="L40S-48GB", tp=2, pp=2),
    layout(engine="llama.cpp", quantization="q4_k_m", tp=1, pp=4, gpu="A100-SXM-80GB"),
    layout(model="llama-4-scout", engine="trt-llm"),
    layout(gpu="A100-PCIe-80GB", quantization="awq-int4", tp=4),
)


@pytest.mark.parametrize("chosen", LAYOUTS)
@pytest.mark.parametrize("sequences", [1, 7, 64])
def test_a_decode_step_costs_the_same(chosen: Layouts, sequences: int) -> None:
    stage, steps = decode(replicas(chosen), np.array([float(sequences)]), 3000.0)
    assert step_costs(chosen).decode_s(sequences, sequences * 3000.0) == pytest.approx(one(stage.total_s) * one(steps))


@pytest.mark.parametrize("chosen", LAYOUTS)
def test_a_prefill_step_costs_the_same(chosen: Layouts) -> None:
    _, busy = prefill(replicas(chosen), np.array([512.0]))
    assert step_costs(chosen).prefill_s(512, 512 * 256) == pytest.approx(one(busy))


def test_a_prompt_in_two_pieces_costs_llama_cpp_the_same() -> None:
    chosen = layout(engine="llama.cpp", quantization="q4_k_m", tp=1, pp=4, gpu="A100-SXM-80GB")
    tokens = int(replicas(chosen).rates.step_tokens[0])
    _, busy = prefill(replicas(chosen), np.array([2.0 * tokens]))
    costs = step_costs(chosen)
    pieces = costs.prefill_s(tokens, tokens * tokens / 2) + costs.prefill_s(tokens, tokens * tokens * 1.5, follows=True)
    assert pieces == pytest.approx(one(busy), rel=0.002)  # the attention of both pieces, not of each, overlaps


def test_only_one_layout_at_a_time() -> None:
    with pytest.raises(InvalidInputError):
        step_costs(join([layout(), layout()]))


def test_what_does_not_fit_cannot_be_simulated() -> None:
    with pytest.raises(InvalidInputError):
        step_costs(layout(model="llama-4-405b", tp=2))
