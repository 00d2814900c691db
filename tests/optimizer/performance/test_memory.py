import pytest

from optimizer.performance import max_sequences, memory
from tests.optimizer.performance.layouts_for_tests import layout, one

GIB = 2**30


def test_weights_of_405b_in_fp8_over_eight_gpus() -> None:
    bill = memory(layout(model="llama-4-405b", tp=8))
    assert pytest.approx(410.1e9 / 8 / GIB, rel=0.01) == one(bill.weights_gib)


def test_kv_of_405b_is_516096_bytes_a_token_at_16_bits() -> None:
    bill = memory(layout(model="llama-4-405b", tp=8))
    assert pytest.approx(516_096 / 8 / GIB) == one(bill.kv_gib_per_token)


def test_kv_at_8_bits_is_half() -> None:
    wide, narrow = memory(layout()), memory(layout(kv_dtype="fp8"))
    assert pytest.approx(one(wide.kv_gib_per_token) / 2) == one(narrow.kv_gib_per_token)


def test_kv_is_replicated_beyond_the_kv_heads() -> None:
    eight, sixteen = memory(layout(tp=8)), memory(layout(tp=16, nodes=2))
    assert pytest.approx(one(eight.kv_gib_per_token)) == one(sixteen.kv_gib_per_token)


def test_uneven_pipeline_stages_are_billed_by_the_fullest() -> None:
    bill = memory(layout(model="llama-4-405b", quantization="bf16", tp=1, pp=4, gpu="B200-SXM-180GB"))
    linear, head = 401.647e9 * 2 * 32 / 126, 128256 * 16384 * 2
    assert pytest.approx((linear + head) / GIB, rel=1e-3) == one(bill.weights_gib)


def test_a_model_that_does_not_fit_holds_no_sequence() -> None:
    assert max_sequences(layout(model="llama-4-405b", quantization="bf16", tp=8), 2048).tolist() == [0]


def test_longer_sequences_leave_room_for_fewer() -> None:
    counts = [int(max_sequences(layout(), tokens)[0]) for tokens in (512, 2048, 8192, 32768)]
    assert sorted(counts, reverse=True) == counts
    assert counts[-1] >= 1


def test_row_split_keeps_the_cache_on_one_gpu() -> None:
    rows = memory(layout(engine="llama.cpp", quantization="q4_k_m", tp=4))
    layers = memory(layout(engine="llama.cpp", quantization="q4_k_m", tp=1, pp=4))
    assert pytest.approx(4 * one(layers.kv_gib_per_token)) == one(rows.kv_gib_per_token)


def test_4090_pair_cannot_hold_70b_in_int4() -> None:
    bill = memory(layout(gpu="RTX-4090-24GB", quantization="bf16", tp=2))
    assert one(bill.kv_room_gib) < 0
