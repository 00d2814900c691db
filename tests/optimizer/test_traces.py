"""A workload from a trace: nothing is lost of its requests and tokens, however few sizes stand for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import InvalidInputError
from optimizer.simulation import shipped_trace
from optimizer.simulation.arrivals import Request
from optimizer.traces import MOST_BUCKETS, workload_of_trace

requests_of_any_size = st.lists(
    st.builds(Request, st.floats(0, 1000), st.integers(0, 100_000), st.integers(1, 4000)), min_size=1, max_size=60
)


@given(requests_of_any_size, st.integers(1, 12))
def test_shares_add_up_to_all_requests(requests: list[Request], most: int) -> None:
    workload = workload_of_trace(requests, request_rate_per_s=1.0, most_buckets=most)
    assert len(workload.buckets) <= most
    assert sum(bucket.share for bucket in workload.buckets) == pytest.approx(1)


@given(requests_of_any_size, st.integers(1, 12))
def test_tokens_are_kept(requests: list[Request], most: int) -> None:
    workload = workload_of_trace(requests, request_rate_per_s=1.0, most_buckets=most)
    for field in ("input_tokens", "output_tokens"):
        mean = sum(bucket.share * getattr(bucket, field) for bucket in workload.buckets)
        assert mean == pytest.approx(sum(max(1, getattr(r, field)) for r in requests) / len(requests), abs=0.51)


def test_requests_of_one_size_are_one_bucket() -> None:
    workload = workload_of_trace([Request(float(second), 1000, 200) for second in range(11)])
    assert [(1000, 200, 1.0)] == [(b.input_tokens, b.output_tokens, b.share) for b in workload.buckets]
    assert workload.request_rate_per_s == pytest.approx(1.1)


def test_the_shipped_trace_has_its_own_rate_and_at_most_twelve_sizes() -> None:
    requests = shipped_trace()
    workload = workload_of_trace(requests)
    seconds = requests[-1].time_s - requests[0].time_s
    assert workload.request_rate_per_s == pytest.approx(len(requests) / seconds)
    assert len(workload.buckets) == MOST_BUCKETS


def test_a_trace_of_one_moment_needs_a_rate() -> None:
    with pytest.raises(InvalidInputError, match="no rate"):
        workload_of_trace([Request(0.0, 1000, 200)])
