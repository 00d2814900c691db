import pytest

from catalog import InvalidInputError
from optimizer.performance import KINDS, Speculation, Workload, predict
from tests.optimizer.performance.layouts_for_tests import layout


def test_a_prediction_is_complete() -> None:
    done = predict(layout(), Workload(2048, 256, concurrency=8))
    assert done.fits
    assert done.reason is None
    assert done.bottleneck in {"weights", "matmul", "kv", "communication", "overhead"}
    assert done.evidence.kind in KINDS
    assert len(done.evidence.nearest) == 3


@pytest.mark.parametrize("load", [{"concurrency": 8.0}, {"saturated": True}, {"request_rate_per_s": 0.5}])
def test_every_estimate_lies_in_its_interval(load: dict[str, float]) -> None:
    done = predict(layout(), Workload(2048, 256, **load))  # type: ignore[arg-type]
    for estimate in (done.ttft_s, done.tpot_ms, done.tok_per_s_per_user, done.output_tok_per_s, done.requests_per_s):
        assert estimate is not None
        assert 0 < estimate.low <= estimate.value <= estimate.high


def test_the_breakdown_adds_up_to_tpot() -> None:
    done = predict(layout(), Workload(2048, 256, concurrency=8))
    assert done.breakdown_ms is not None
    assert done.tpot_ms is not None
    parts = done.breakdown_ms
    total = parts.weights + parts.matmul + parts.kv + parts.communication + parts.overhead + parts.prefill_interference
    assert pytest.approx(done.tpot_ms.value, rel=1e-6) == total


def test_what_does_not_fit_says_how_much_is_missing() -> None:
    done = predict(layout(model="llama-4-405b", tp=4), Workload(2048, 256, concurrency=1))
    assert not done.fits
    assert done.reason is not None
    assert done.reason.startswith("needs ")
    assert done.ttft_s is None


def test_an_impossible_layout_says_why() -> None:
    done = predict(layout(tp=3), Workload(2048, 256, concurrency=1))
    assert done.reason == "tensor parallel does not divide the attention heads"


def test_too_high_a_rate_is_a_warning_without_times() -> None:
    done = predict(layout(), Workload(2048, 256, request_rate_per_s=900.0))
    assert done.ttft_s is None
    assert any("grows without end" in text for text in done.warnings)


@pytest.mark.parametrize(
    "workload",
    [
        Workload(0, 256, concurrency=1),
        Workload(2048, -1, concurrency=1),
        Workload(200_000, 256, concurrency=1),
        Workload(2048, 256),
        Workload(2048, 256, concurrency=1, saturated=True),
        Workload(2048, 256, concurrency=0),
        Workload(2048, 256, request_rate_per_s=-1.0),
        Workload(2048, 256, request_rate_per_s=1.0, percentile=100),
        Workload(float("nan"), 256, concurrency=1),
    ],
)
def test_absurd_workloads_are_refused(workload: Workload) -> None:
    with pytest.raises(InvalidInputError):
        predict(layout(), workload)


@pytest.mark.parametrize("given", [{"draft_tokens": 0, "acceptance": 0.5}, {"draft_tokens": 4, "acceptance": 1.0}])
def test_absurd_speculation_is_refused(given: dict[str, float]) -> None:
    with pytest.raises(InvalidInputError):
        Speculation(**given)  # type: ignore[arg-type]


def test_accepted_tokens_of_speculation() -> None:
    assert pytest.approx(1 + 0.5 + 0.25) == Speculation(draft_tokens=2, acceptance=0.5).tokens_per_step
