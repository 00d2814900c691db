import itertools

import pytest

from catalog import InvalidDataError, InvalidInputError
from optimizer.simulation import Group, poisson, read_trace, shipped_trace, simulate_fleet
from tests.optimizer.performance.layouts_for_tests import layout


def test_two_replicas_halve_the_load_of_each() -> None:
    requests = poisson(6.0, 120.0, 2048, 256, seed=1)
    single, double = (simulate_fleet((Group(layout(), n, 1.0),), requests, seed=2) for n in (1, 2))
    assert double.overall.ttft_s_p95 < single.overall.ttft_s_p95
    assert double.overall.tpot_s_mean < single.overall.tpot_s_mean


def test_every_request_is_counted_in_one_group() -> None:
    requests = poisson(4.0, 60.0, 512, 64, seed=1)
    found = simulate_fleet((Group(layout(), 1, 0.7), Group(layout(tp=2), 2, 0.3)), requests, seed=2, tpot_s=1.0)
    assert sum(group.requests for group in found.groups) == found.overall.requests == len(requests)
    assert found.groups[0].requests > found.groups[1].requests
    assert found.overall.within_target_fraction == 1.0


def test_a_fleet_without_replicas_is_refused() -> None:
    with pytest.raises(InvalidInputError):
        simulate_fleet((Group(layout(), 0, 1.0),), (), seed=1)


def test_the_shipped_trace_is_a_real_conversation_load() -> None:
    trace = shipped_trace()
    assert len(trace) == 1500
    assert trace[0].time_s == 0
    assert all(later.time_s >= earlier.time_s for earlier, later in itertools.pairwise(trace))
    assert 500 < sum(one.input_tokens for one in trace) / len(trace) < 2000


def test_a_trace_can_be_played_faster() -> None:
    assert shipped_trace(speed=2.0)[-1].time_s == pytest.approx(shipped_trace()[-1].time_s / 2)


@pytest.mark.parametrize(
    "text",
    ["a,b\n1,2\n", "TIMESTAMP,ContextTokens,GeneratedTokens\nnow,1,2\n", "TIMESTAMP,ContextTokens,GeneratedTokens\n"],
)
def test_a_trace_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidDataError):
        read_trace(text)


def test_the_trace_runs_on_a_fleet() -> None:
    found = simulate_fleet(
        (Group(layout(model="llama-3.1-8b", quantization="bf16", tp=1), 1, 1.0),), shipped_trace(), seed=1, ttft_s=2.0
    )
    assert found.overall.requests == 1500
    assert found.overall.within_target_fraction is not None
    assert found.overall.within_target_fraction > 0.9
