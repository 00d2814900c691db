"""Mixtures of experts, links with fewer ports, and software that was young: what the physics adds for them."""

import numpy as np
import pytest

from optimizer.performance import impossible, load, reason, saturated
from optimizer.performance.replicas import replicas
from optimizer.performance.step import stage_time
from tests.optimizer.performance.layouts_for_tests import layout, one

DEEPSEEK = {"model": "deepseek-v3", "gpu": "H200-SXM-141GB", "tp": 8}


def test_a_group_that_deals_requests_keeps_each_latent_cache_once() -> None:
    dealt, whole = (replicas(layout(**DEEPSEEK, engine=engine, kv_dtype="fp8")) for engine in ("trt-llm", "sglang"))
    assert one(dealt.kv_tokens) > 4 * one(whole.kv_tokens)


def test_dealing_requests_repeats_the_attention_weights() -> None:
    dealt, whole = (replicas(layout(**DEEPSEEK, engine=engine)).shapes for engine in ("trt-llm", "sglang"))
    attention_bytes = 61 * 187.1e6  # latent attention of DeepSeek V3: 187.1 M parameters a layer, one byte each
    more = one(dealt.weights_per_gpu_bytes) - one(whole.weights_per_gpu_bytes)
    assert pytest.approx(attention_bytes * 7 / 8, rel=0.01) == more


def test_a_kernel_for_experts_runs_no_dense_model() -> None:
    dense, sparse = (
        layout(model=model, gpu="B200-SXM-180GB", quantization="mxfp4", engine="trt-llm", tp=1)
        for model in ("llama-3.1-8b", "gpt-oss-20b")
    )
    assert reason(int(impossible(dense)[0])).startswith("no kernel")
    assert int(impossible(sparse)[0]) == 0


def test_small_experts_fill_a_faster_gpu_less() -> None:
    slow, fast = (
        replicas(layout(model="qwen3-30b-a3b", gpu=gpu, quantization="bf16", engine="trt-llm", tp=1)).rates.expert_work
        for gpu in ("H100-SXM-80GB", "B200-SXM-180GB")
    )
    wide = replicas(layout(model="mixtral-8x7b", quantization="bf16", engine="trt-llm", tp=2)).rates.expert_work
    assert 1 <= one(wide) < one(slow) < one(fast)


def test_a_batch_touches_most_experts_long_before_it_has_as_many_streams() -> None:
    chosen = replicas(layout(model="gpt-oss-120b", quantization="mxfp4", engine="trt-llm", tp=1))
    read = [one(stage_time(chosen.shapes, chosen.rates, float(n), 1.0).weights_s) for n in (1, 64, 512)]
    assert read[0] < 0.2 * read[1]
    assert read[2] == pytest.approx(read[1], rel=0.2)


def test_fewer_nvlink_ports_slow_large_all_reduces() -> None:
    full, cut = (load(layout(gpu=gpu, tp=8), 8192, 16, 64.0) for gpu in ("H100-SXM-80GB", "H800-SXM-80GB"))
    assert one(cut.ttft_s) > one(full.ttft_s)


def test_an_all_reduce_of_middling_size_takes_more_than_latency_and_wire() -> None:
    chosen = replicas(layout(tp=8))
    small, middle, large = (
        one(stage_time(chosen.shapes, chosen.rates, n, 1.0).communication_s) for n in (1e-9, 64.0, 65536.0)
    )
    straight = small + (large - small) * 64 / 65536
    assert middle > 1.2 * straight


def test_early_software_on_amd_was_slower() -> None:
    chosen = layout(gpu="MI300X-192GB", quantization="bf16", tp=8)
    early, late = (replicas(chosen, year=np.full(1, year)).rates for year in (2024.8, 2025.1))
    assert one(early.matmul_flops) < 0.3 * one(late.matmul_flops)


def test_unpacking_slows_prompts_of_llama_cpp_more_than_its_decoding() -> None:
    packed, plain = (
        layout(engine="llama.cpp", quantization=quantization, tp=1, pp=4, gpu="A100-SXM-80GB")
        for quantization in ("q4_k_m", "fp16")
    )
    assert one(load(packed, 2048, 16, 1.0).ttft_s) > one(load(plain, 2048, 16, 1.0).ttft_s)
    assert one(load(packed, 16, 512, 1.0).tpot_s) < one(load(plain, 16, 512, 1.0).tpot_s)


def test_more_experts_in_flight_is_more_throughput_on_more_gpus() -> None:
    few, many = (
        saturated(layout(model="qwen3-235b-a22b", gpu="H200-SXM-141GB", engine="trt-llm", tp=tp), 1000, 1000)
        for tp in (4, 8)
    )
    assert one(many.output_tok_per_s) > one(few.output_tok_per_s)
