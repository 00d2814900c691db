"""Own runs: measured where they were taken, corrected near them, the model as it was everywhere else."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import NO_OWN, Catalog, OwnEvidence, OwnRun
from optimizer.performance import Layouts, Prediction, Workload, calibration_id, predict, service
from optimizer.performance.own import corrected
from optimizer.performance.own.correction import maps
from optimizer.performance.own.curves import Curve, rising
from optimizer.performance.own.kernel import METRICS, correlation, places_of
from optimizer.performance.own.share import RUN_SPREAD, Z_OF_90_PERCENT
from tests.optimizer.performance.layouts_for_tests import catalog, layout, one

SIZES = (1024.0, 256.0)


def run(concurrency: float | None, tpot_s: float | None, **changes: Any) -> OwnRun:
    usual = OwnRun(
        source_id="mine", source_date="2026-11-20", model="llama-3.1-70b", gpu="H100-SXM-80GB", quantization="fp8",
        engine="vllm", kv_bits=16, link="nvswitch-gen4", tp=4, pp=1, nodes=1, input_tokens=SIZES[0],
        output_tokens=SIZES[1], concurrency=concurrency, request_rate_per_s=None, tpot_s=tpot_s, ttft_s=None,
        output_tok_per_s=None,
    )  # fmt: skip
    return replace(usual, **changes)


def knowing(*runs: OwnRun) -> Catalog:
    return catalog().with_own(OwnEvidence.of(runs))


def on(known: Catalog, **given: Any) -> Layouts:
    return replace(layout(**given), catalog=known)


def predicted(known: Catalog, concurrency: float, **given: Any) -> Prediction:
    return predict(on(known, **given), Workload(*SIZES, concurrency=concurrency))


SLOW = knowing(run(1, 0.016), run(32, 0.027, ttft_s=0.5, output_tok_per_s=1100.0))


def test_a_measured_load_is_the_value() -> None:
    found = predicted(SLOW, 32)
    assert found.tpot_ms
    assert found.ttft_s
    assert found.output_tok_per_s
    assert pytest.approx(27.0) == found.tpot_ms.value
    assert pytest.approx(0.5) == found.ttft_s.value
    assert pytest.approx(1100.0) == found.output_tok_per_s.value
    assert found.evidence.own
    assert found.evidence.own.measured
    assert "measured" == found.evidence.kind


def test_a_measured_interval_is_the_spread_between_runs() -> None:
    found = predicted(SLOW, 32).tpot_ms
    assert found
    spread = np.exp(Z_OF_90_PERCENT * RUN_SPREAD["tpot"])
    assert pytest.approx((found.value / spread, found.value * spread), rel=1e-4) == (found.low, found.high)


def test_between_measured_loads_the_correction_is_between_theirs() -> None:
    ratios = []
    for concurrency in (1, 8, 32):
        plain, own = predicted(catalog(), concurrency).tpot_ms, predicted(SLOW, concurrency).tpot_ms
        assert plain
        assert own
        ratios.append(own.value / plain.value)
    assert min(ratios[0], ratios[2]) < ratios[1] < max(ratios[0], ratios[2])


@pytest.mark.parametrize("near", [{"tp": 8}, {"tp": 2}])
def test_another_parallelism_is_corrected_less_and_narrowed_less(near: dict[str, Any]) -> None:
    plain, own, exact = predicted(catalog(), 32, **near), predicted(SLOW, 32, **near), predicted(SLOW, 32)
    assert own.evidence.own
    assert exact.evidence.own
    assert plain.tpot_ms
    assert own.tpot_ms
    assert 1 < own.evidence.own.tpot_ratio < exact.evidence.own.tpot_ratio
    assert 0 < own.evidence.own.trust_fraction < exact.evidence.own.trust_fraction
    assert own.tpot_ms.high / own.tpot_ms.low < plain.tpot_ms.high / plain.tpot_ms.low


@pytest.mark.parametrize(
    "far",
    [
        {"gpu": "H200-SXM-141GB"},
        {"engine": "sglang"},
        {"model": "llama-3.1-8b", "tp": 1},
        {"model": "llama-4-405b", "tp": 8},
    ],
    ids=str,
)
def test_elsewhere_the_model_stands(far: dict[str, Any]) -> None:
    plain, own = predicted(catalog(), 32, **far), predicted(SLOW, 32, **far)
    assert plain.tpot_ms
    assert own.tpot_ms
    assert plain.tpot_ms.value == own.tpot_ms.value
    assert own.tpot_ms.high / own.tpot_ms.low <= plain.tpot_ms.high / plain.tpot_ms.low  # the hardware was measured
    assert own.evidence.own is None


def test_a_model_of_the_same_shape_is_the_same_to_a_gpu() -> None:
    known = knowing(run(1, 0.04, model="llama-3.1-405b", tp=8))
    found = predict(on(known, model="llama-4-405b", tp=8), Workload(*SIZES, concurrency=1)).tpot_ms
    assert found
    assert pytest.approx(40.0, rel=1e-3) == found.value


def test_throughput_alone_corrects_the_speed_too() -> None:
    plain = service.load(layout(), *SIZES, 32)
    known = knowing(run(32, None, output_tok_per_s=one(plain.output_tok_per_s) / 1.2))
    found = corrected.load(on(known), *SIZES, 32)
    assert pytest.approx(1.2 * one(plain.tpot_s)) == one(found.tpot_s)


def test_an_unlimited_queue_is_the_value_of_a_saturated_replica() -> None:
    found = corrected.saturated(on(knowing(run(None, None, output_tok_per_s=2500.0))), *SIZES)
    assert pytest.approx(2500.0) == one(found.output_tok_per_s)


def test_a_run_far_from_the_model_has_no_say() -> None:
    assert predicted(catalog(), 32) == predicted(knowing(run(32, 0.5)), 32)


@pytest.mark.parametrize("target_s", [0.02, 0.0275, 0.03, 0.04])
def test_the_most_users_keep_their_target_and_one_more_would_not(target_s: float) -> None:
    layouts = on(SLOW)
    most = int(corrected.max_users(layouts, *SIZES, tpot_s=target_s)[0])
    assert one(corrected.load(layouts, *SIZES, most).tpot_s) <= target_s * (1 + 1e-6)
    assert one(corrected.load(layouts, *SIZES, most + 1).tpot_s) > target_s


@pytest.mark.parametrize("target_s", [0.025, 0.03])
def test_the_most_requests_keep_their_target(target_s: float) -> None:
    layouts = on(SLOW)
    rate = one(corrected.max_rate(layouts, *SIZES, tpot_s=target_s))
    done = corrected.at_rate(layouts, *SIZES, rate)
    assert one(done.tpot_s) <= target_s * (1 + 1e-6)
    assert pytest.approx(rate) == one(done.requests_per_s)
    assert rate < one(service.max_rate(layout(), *SIZES, tpot_s=target_s))


def test_speeds_never_turn_around_with_the_load() -> None:
    known = knowing(run(1, 0.020), run(8, 0.017), run(64, 0.060))  # the second contradicts the first
    times = [one(corrected.load(on(known), *SIZES, users).tpot_s) for users in range(1, 200)]
    assert sorted(times) == times


def test_without_own_runs_nothing_is_asked() -> None:
    assert {} == maps(layout(), *SIZES)
    assert corrected.load(layout(), *SIZES, 8.0).own is None


def test_the_calibration_is_told_apart_by_own_runs() -> None:
    ids = [calibration_id(known) for known in (catalog(), SLOW, knowing(run(1, 0.02)), SLOW.with_own(NO_OWN))]
    assert 3 == len(set(ids))
    assert ids[0] == ids[3]


LOGARITHMS = st.lists(st.floats(-6, 3), min_size=1, max_size=8)


@given(modelled=LOGARITHMS, gaps=st.lists(st.floats(-1.3, 1.3), min_size=8, max_size=8))
def test_a_curve_never_turns_the_order_around(modelled: Sequence[float], gaps: Sequence[float]) -> None:
    u = np.array(modelled)
    curve = Curve(*rising(u, u + np.array(gaps[: len(u)])), alone=0.0, reach=1.5)
    at = np.linspace(-9, 6, 400)
    real = at + curve.shift(at)
    assert (np.diff(real) >= -1e-9).all()


@given(modelled=LOGARITHMS)
def test_a_curve_goes_through_its_knots(modelled: Sequence[float]) -> None:
    u = np.array(sorted(set(np.round(modelled, 3))))
    curve = Curve(*rising(u, u + 0.25), alone=0.0, reach=1.5)
    assert pytest.approx(np.full(len(u), 0.25)) == curve.shift(u)
    assert pytest.approx(np.zeros(len(u))) == curve.distance(u)


PLACES = st.lists(
    st.tuples(*(st.integers(0, 1) for _ in range(3)), *(st.floats(0, 4) for _ in range(2)), *(st.floats(4, 14),) * 2),
    min_size=1,
    max_size=8,
    unique=True,
)


@pytest.mark.parametrize("metric", METRICS)
@given(keys=PLACES)
def test_the_correlations_are_those_of_something(metric: str, keys: list[tuple[float, ...]]) -> None:
    at = places_of(keys)
    among = correlation(metric, at, at)
    assert pytest.approx(np.ones(len(keys))) == np.diag(among)
    assert np.linalg.eigvalsh(among).min() > -1e-9


@given(real=st.floats(0.005, 0.5))
def test_the_map_back_is_the_inverse(real: float) -> None:
    found = maps(on(SLOW), *SIZES)["tpot"]
    modelled = found.modelled(np.array([real]))
    assert pytest.approx(real, rel=1e-6) == one(found.real(modelled))
