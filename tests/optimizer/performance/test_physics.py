"""Properties that hold whatever the coefficients are."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.performance import Layouts, Options, Speculation, impossible, load, max_sequences, saturated
from optimizer.performance.loops import decode, static_batch
from optimizer.performance.replicas import replicas
from tests.optimizer.performance.layouts_for_tests import GPUS, MODELS, catalog, faster_memory, layout, one

models, gpus = st.sampled_from(MODELS), st.sampled_from(GPUS)
tokens, users = st.integers(16, 16_384), st.integers(1, 512)


def tpot(layouts: Layouts, inputs: float, outputs: float, streams: float) -> float:
    return one(load(layouts, inputs, outputs, streams).tpot_s)


@given(models, gpus, tokens, st.integers(1, 2048), users)
def test_more_bandwidth_is_never_slower(model: str, gpu: str, inputs: int, outputs: int, streams: int) -> None:
    base = catalog()
    before, after = (
        Layouts.one(source, model=model, gpu=gpu, quantization="bf16", engine="vllm", tp=8)
        for source in (base, faster_memory(base, gpu, 1.5))
    )
    assert tpot(after, inputs, outputs, streams) <= tpot(before, inputs, outputs, streams) * (1 + 1e-9)


@given(gpus, tokens, users)
def test_tpot_grows_with_the_context(gpu: str, inputs: int, streams: int) -> None:
    chosen = layout(gpu=gpu, quantization="bf16", tp=8)
    room = int(max_sequences(chosen, inputs * 2 + 256)[0])
    streams = min(streams, max(room, 1))
    assert tpot(chosen, inputs, 256, streams) <= tpot(chosen, inputs * 2, 256, streams) * (1 + 1e-9)


@given(gpus, st.integers(16, 4096), st.integers(1, 128))
def test_tpot_grows_with_the_batch(gpu: str, inputs: int, streams: int) -> None:
    chosen = layout(gpu=gpu, quantization="bf16", tp=8)
    assert tpot(chosen, inputs, 256, streams) <= tpot(chosen, inputs, 256, streams + 1) * (1 + 1e-9)


@given(gpus, st.integers(16, 2048), st.integers(256, 2048))
def test_users_share_but_never_lose_throughput(gpu: str, inputs: int, outputs: int) -> None:
    chosen = layout(gpu=gpu, quantization="bf16", tp=8)
    rates = [one(load(chosen, inputs, outputs, n).output_tok_per_s) for n in (1, 4, 16, 64)]
    assert all(later >= earlier * 0.98 for earlier, later in itertools.pairwise(rates))


@pytest.mark.parametrize("gpu", ["A100-PCIe-80GB", "L40S-48GB"])
def test_tensor_parallel_over_pcie_is_slower_than_over_a_switch_at_large_batches(gpu: str) -> None:
    pcie, switch = (
        saturated(layout(gpu=gpu, quantization="bf16", tp=8, link=link), 2048, 128)
        for link in ("pcie-gen4", "nvswitch-gen3")
    )
    assert one(pcie.output_tok_per_s) < 0.6 * one(switch.output_tok_per_s)


def test_eight_way_tensor_parallel_gains_little_over_four_on_pcie_prefill() -> None:
    four, eight = (saturated(layout(gpu="A100-PCIe-80GB", quantization="bf16", tp=tp), 2048, 128) for tp in (4, 8))
    assert one(eight.output_tok_per_s) < 1.3 * one(four.output_tok_per_s)


def test_pipeline_beats_tensor_parallel_across_slow_networks() -> None:
    wide, deep = (
        saturated(layout(quantization="bf16", tp=tp, pp=pp, nodes=2, inter_link="tcp-100g"), 2048, 256)
        for tp, pp in ((16, 1), (8, 2))
    )
    assert one(deep.output_tok_per_s) > 2 * one(wide.output_tok_per_s)


def test_layer_split_gives_a_single_stream_the_bandwidth_of_one_gpu() -> None:
    one_gpu, four = (
        load(layout(engine="llama.cpp", quantization="q4_k_m", tp=1, pp=pp, gpu="A100-SXM-80GB"), 64, 256, 1)
        for pp in (1, 4)
    )
    assert pytest.approx(one(one_gpu.tok_per_s_per_user), rel=0.05) == one(four.tok_per_s_per_user)


def test_weight_only_fp8_streams_like_fp8_but_computes_at_the_16_bit_rate() -> None:
    plain, packed = (layout(gpu="A100-SXM-80GB", quantization=name, tp=8) for name in ("bf16", "fp8-weight-only"))
    assert tpot(packed, 128, 128, 1) < 0.75 * tpot(plain, 128, 128, 1)
    assert one(load(packed, 8192, 1, 1).ttft_s) > 0.9 * one(load(plain, 8192, 1, 1).ttft_s)


def test_a_mixture_of_experts_is_faster_than_its_size_and_slower_than_its_active_part() -> None:
    scout, dense, small = (
        tpot(layout(model=name, quantization="bf16", tp=8), 512, 256, 1)
        for name in ("llama-4-scout", "mistral-large-2", "llama-3.1-8b")
    )
    assert small < scout < dense


def test_a_warm_prefix_cache_shortens_the_first_token_only() -> None:
    cold, warm = (load(layout(), 8192, 256, 1, prefix_cache_hit_fraction=hit) for hit in (0.0, 0.9))
    assert one(warm.ttft_s) < 0.4 * one(cold.ttft_s)
    assert pytest.approx(one(cold.tpot_s)) == one(warm.tpot_s)


def test_speculation_pays_for_one_stream_and_not_for_a_full_batch() -> None:
    ahead = Options(speculation=Speculation(draft_tokens=4, acceptance=0.7))
    gains = [tpot(layout(), 512, 256, n) / one(load(layout(), 512, 256, n, options=ahead).tpot_s) for n in (1, 256)]
    assert gains[0] > 1.8
    assert gains[1] < gains[0]


def test_smaller_steps_lengthen_the_first_token() -> None:
    whole, chunked = (load(layout(), 8192, 64, 1, options=Options(step_tokens=size)) for size in (8192, 512))
    assert one(chunked.ttft_s) > one(whole.ttft_s)


def test_older_engines_are_slower_at_small_batches() -> None:
    old, new = (static_batch(replicas(layout(), year), 128, 128, 1.0) for year in (2024.0, 2026.6))
    assert 1.1 < one(old.tpot_s) / one(new.tpot_s) < 2.5


def test_a_finite_run_is_slower_than_the_steady_state() -> None:
    from optimizer.performance.loops import saturated as offline

    fleet = replicas(layout())
    endless, short = (one(offline(fleet, 128, 2048, n).output_tok_per_s) for n in (np.inf, 1500))
    assert short < endless


def test_all_feasible_layouts_have_finite_positive_times() -> None:
    known = catalog()
    rng = np.random.default_rng(0)
    n = 3000
    columns = {
        "gpu": rng.integers(0, len(known.gpus), n),
        "quantization": rng.integers(0, len(known.quantizations), n),
        "engine": rng.integers(0, len(known.engines), n),
        "link": np.zeros(n, dtype=np.int64),
        "inter_link": np.full(n, -1),
        "kv_bits": np.full(n, 16),
        "tp": 2 ** rng.integers(0, 4, n),
        "pp": 2 ** rng.integers(0, 3, n),
        "nodes": np.ones(n, dtype=np.int64),
        "gpus_per_node": np.full(n, 32),
    }
    grid = Layouts(known, known.model("llama-4-405b"), **columns)
    feasible = grid.take((impossible(grid) == 0) & (max_sequences(grid, 8192) > 0))
    done = load(feasible, 7168, 1024, 4)
    assert len(feasible) > 100
    assert (np.isfinite(done.ttft_s) & np.isfinite(done.tpot_s) & (done.tpot_s > 0) & (done.ttft_s > 0)).all()
    assert ((done.bottleneck >= 0) & (done.bottleneck < 5)).all()


def test_ollama_is_as_fast_as_the_llama_cpp_that_it_runs() -> None:
    ours, theirs = (
        tpot(layout(engine=engine, quantization="q4_k_m", tp=1, pp=4, gpu="A100-SXM-80GB"), 512, 128, 1)
        for engine in ("ollama", "llama.cpp")
    )
    assert ours == pytest.approx(theirs)


def test_hundreds_of_fast_streams_wait_for_the_process_that_sends_them() -> None:
    fast = layout(model="llama-3.1-8b", gpu="H200-SXM-141GB", engine="sglang", tp=8)
    few, many = (load(fast, 1000, 1000, users) for users in (256.0, 512.0))
    assert one(many.tpot_s) > 1.3 * one(few.tpot_s)
    longer = load(fast, 1000, 2000, 512.0)
    assert one(longer.ttft_s) > 1.3 * one(many.ttft_s)


def test_a_token_that_nobody_is_sent_waits_for_nobody() -> None:
    fast = replicas(layout(model="llama-3.1-8b", gpu="H200-SXM-141GB", engine="sglang", tp=8))
    sent, kept = (decode(fast, 512.0, 1500.0, streamed)[0] for streamed in (True, False))
    assert one(sent.overhead_s) > one(kept.overhead_s)
