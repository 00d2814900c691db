import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.simulation import Request, outcome, poisson, serve, serve_users, step_costs
from tests.optimizer.performance.layouts_for_tests import layout

COSTS = step_costs(layout())
SMALL = step_costs(layout(gpu="L40S-48GB"))


def test_a_lone_request_takes_a_prefill_and_its_decode_steps() -> None:
    (served,), _ = serve(COSTS, [Request(0.0, 1000, 101)])
    assert served.ttft_s == pytest.approx(COSTS.prefill_s(1000, 1000 * 500) + COSTS.request_s)
    assert served.tpot_s == pytest.approx(COSTS.decode_s(1, 1051), rel=0.01)


def test_two_prompts_share_a_pass() -> None:
    served, _ = serve(COSTS, [Request(0.0, 1000, 2), Request(0.0, 1000, 2)])
    assert served[0].ttft_s == served[1].ttft_s
    assert served[0].ttft_s < 2 * COSTS.prefill_s(1000, 1000 * 500) + COSTS.request_s


def test_a_long_prompt_is_cut_and_stops_the_others_a_step_at_a_time() -> None:
    served, _ = serve(COSTS, [Request(0.0, 100, 400), Request(0.5, 40_000, 2)])
    long, short = sorted(served, key=lambda one: one.output_tokens)
    assert long.ttft_s > COSTS.prefill_s(8192, 8192 * 4096) * 4
    assert short.tpot_s > COSTS.decode_s(1, 300)


def test_requests_beyond_the_cache_wait_their_turn() -> None:
    size = int(SMALL.kv_tokens // 3)
    served, rejected = serve(SMALL, [Request(0.0, size, 64)] * 6)
    assert rejected == 0
    first, last = min(one.ttft_s for one in served), max(one.ttft_s for one in served)
    assert last > 2 * first


def test_a_request_larger_than_the_cache_is_turned_away() -> None:
    served, rejected = serve(SMALL, [Request(0.0, int(SMALL.kv_tokens) + 1, 10), Request(0.0, 100, 10)])
    assert (len(served), rejected) == (1, 1)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.floats(0, 30), st.integers(1, 9000), st.integers(1, 300)), min_size=1, max_size=40))
def test_every_request_is_served_once_and_never_before_it_came(wanted: list[tuple[float, int, int]]) -> None:
    served, rejected = serve(COSTS, [Request(*one) for one in wanted])
    assert len(served) + rejected == len(wanted)
    assert sorted(one.output_tokens for one in served) == sorted(one[2] for one in wanted)
    assert all(one.ttft_s >= COSTS.request_s and one.tpot_s >= 0 for one in served)


def test_users_send_all_their_rounds() -> None:
    assert len(serve_users(COSTS, users=5, input_tokens=200, output_tokens=20, rounds=4)) == 20


def test_progress_is_told() -> None:
    seen: list[int] = []
    serve(COSTS, poisson(4.0, 60.0, 200, 100, seed=3), seen.append)
    assert seen
    assert seen == sorted(seen)


def test_arrivals_repeat_with_their_seed() -> None:
    assert poisson(2.0, 100.0, 10, 10, seed=7) == poisson(2.0, 100.0, 10, 10, seed=7)
    assert poisson(2.0, 100.0, 10, 10, seed=7) != poisson(2.0, 100.0, 10, 10, seed=8)


def test_outcome_counts_what_was_turned_away_as_missed() -> None:
    served, rejected = serve(SMALL, [Request(0.0, int(SMALL.kv_tokens) + 1, 10), Request(0.0, 100, 10)])
    assert outcome(served, rejected, tpot_s=10.0).within_target_fraction == 0.5


def test_outcome_of_nothing() -> None:
    assert outcome(()).requests == 0
