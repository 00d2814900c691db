import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.performance import at_rate, join, load, max_rate, max_sequences, max_users, saturated
from tests.optimizer.performance.layouts_for_tests import layout, one

seconds = st.floats(0.012, 0.3)


def test_max_users_is_the_last_concurrency_that_holds() -> None:
    chosen = layout()
    users = int(max_users(chosen, 1024, 256, tpot_s=0.03)[0])
    assert one(load(chosen, 1024, 256, users).tpot_s) <= 0.03
    assert one(load(chosen, 1024, 256, users + 1).tpot_s) > 0.03


def test_max_users_without_targets_is_the_room_in_the_cache() -> None:
    chosen = layout(gpu="L40S-48GB")
    assert int(max_sequences(chosen, 4096 + 512)[0]) == int(max_users(chosen, 4096, 512)[0])


@given(seconds, seconds)
def test_more_patient_users_are_never_fewer(first: float, second: float) -> None:
    strict, patient = (int(max_users(layout(), 2048, 256, tpot_s=limit)[0]) for limit in sorted((first, second)))
    assert strict <= patient


@given(st.floats(0.1, 20), st.floats(0.1, 20))
def test_a_looser_first_token_limit_never_lowers_the_rate(first: float, second: float) -> None:
    strict, patient = (one(max_rate(layout(), 2048, 256, ttft_s=limit)) for limit in sorted((first, second)))
    assert strict <= patient * (1 + 1e-9)


@pytest.mark.parametrize("percentile", [50, 90, 95, 99])
def test_targets_hold_at_the_sustained_rate(percentile: float) -> None:
    rate = max_rate(layout(), 2048, 256, tpot_s=0.04, ttft_s=1.0, percentile=percentile)
    done = at_rate(layout(), 2048, 256, rate, percentile)
    assert one(rate) > 0
    assert one(done.tpot_s) <= 0.04 * 1.001
    assert one(done.ttft_s) <= 1.0 * 1.001


def test_stricter_percentiles_sustain_less() -> None:
    rates = [one(max_rate(layout(), 2048, 256, ttft_s=0.5, percentile=p)) for p in (50, 90, 95, 99)]
    assert sorted(rates, reverse=True) == rates


def test_the_sustained_rate_is_below_the_offline_maximum() -> None:
    assert one(max_rate(layout(), 2048, 256)) < one(saturated(layout(), 2048, 256).requests_per_s)


def test_a_rate_beyond_capacity_has_no_finite_first_token() -> None:
    done = at_rate(layout(), 2048, 256, 1000.0, 95)
    assert np.isinf(one(done.ttft_s))
    assert one(done.utilization) > 1


def test_concurrency_follows_littles_law() -> None:
    done = at_rate(layout(), 1024, 256, 2.0)
    assert pytest.approx(2.0 * (one(done.ttft_s) + 256 * one(done.tpot_s)), rel=0.02) == one(done.concurrency)


def test_what_does_not_fit_serves_nobody() -> None:
    both = join([layout(model="llama-4-405b", tp=8), layout(model="llama-4-405b", tp=2)])
    assert (max_users(both, 1024, 256) > 0).tolist() == [True, False]
    assert (max_rate(both, 1024, 256) > 0).tolist() == [True, False]


def test_streams_beyond_the_cache_queue_for_their_first_token() -> None:
    chosen = layout(gpu="L40S-48GB")
    room = int(max_sequences(chosen, 4096 + 512)[0])
    within, beyond = load(chosen, 4096, 512, room), load(chosen, 4096, 512, room * 4)
    assert one(beyond.ttft_s) > 10 * one(within.ttft_s)
    assert one(beyond.output_tok_per_s) < 1.5 * one(within.output_tok_per_s)


def test_arrays_of_loads_match_single_ones() -> None:
    rows = join([layout(tp=2), layout(tp=4), layout(tp=8)])
    together = load(rows, 1024, 256, np.array([1.0, 8.0, 64.0]))
    apart = [one(load(rows.take(np.array([i])), 1024, 256, n).tpot_s) for i, n in enumerate((1, 8, 64))]
    assert pytest.approx(apart) == together.tpot_s.tolist()
