"""Confidence: a surer plan costs no less, keeps its targets as surely as asked, and the verifier holds it to that."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.demand import demand_of
from optimizer.fleet.candidates import find_candidates
from optimizer.fleet.capacities import replica_capacity
from optimizer.fleet.confidence import shortfall, slowdown, target_probability
from optimizer.fleet.plan import LinePerformance
from optimizer.performance.estimates import Estimate
from optimizer.verifying import broken_rules
from tests.optimizer.fleet.market import (
    CHAT,
    ONE_SIZE,
    TWO_SIZES,
    catalog,
    cost,
    plan,
    request,
    snapshot,
    three_clouds,
)

SOON = {"ttft_s": 3.0}
every_load = pytest.mark.parametrize("workload", [CHAT, ONE_SIZE, TWO_SIZES], ids=["users", "rate", "two sizes"])


@every_load
def test_a_surer_plan_never_costs_less(workload: dict[str, object]) -> None:
    costs = [cost(request(workload, slo=SOON, confidence=sure)) for sure in (None, 0.5, 0.8, 0.95)]
    assert sorted(costs) == costs


@every_load
def test_capacity_with_confidence_never_exceeds_the_point_estimate(workload: dict[str, object]) -> None:
    candidates = find_candidates(request(workload, slo=SOON), snapshot(*three_clouds()), catalog())
    sure = replace(candidates.demand, confidence=0.9)
    layouts = candidates.grid.layouts
    assert (replica_capacity(layouts, sure) <= replica_capacity(layouts, candidates.demand) + 1e-9).all()


@pytest.mark.parametrize("workload", [CHAT, ONE_SIZE], ids=["users", "rate"])
@pytest.mark.parametrize("sure", [0.6, 0.9])
def test_each_line_keeps_its_targets_as_surely_as_asked(workload: dict[str, object], sure: float) -> None:
    made = plan(request(workload, slo=SOON, confidence=sure))
    assert made.lines
    for line in made.lines:
        assert line.performance.target_probability is not None
        assert line.performance.target_probability >= sure - 1e-3


DRAWS = 200_000


def kept_in_draws(performance: LinePerformance, tpot_ms: float | None, ttft_s: float | None, seed: int) -> float:
    """Return the share of drawn replicas that keep both targets.

    A replica is slower or faster at both times alike, so one draw moves both; each is lognormal with a tenth of the
    draws below `low` and a tenth above `high`.
    """
    drawn = np.random.default_rng(seed).standard_normal(DRAWS)
    kept = np.ones(DRAWS, dtype=bool)
    for estimate, limit in ((performance.tpot_ms, tpot_ms), (performance.ttft_s, ttft_s)):
        low, high = np.log(estimate.low), np.log(estimate.high)
        times = np.exp((low + high) / 2 + drawn * (high - low) / 2 / 1.2815515655446004)
        assert (times < estimate.low).mean() == pytest.approx(0.1, abs=0.004)
        assert (times > estimate.high).mean() == pytest.approx(0.1, abs=0.004)
        if limit is not None:
            kept &= times <= limit
    return float(kept.mean())


@pytest.mark.parametrize("slo", [SOON, {"ttft_s": 1.2, "tpot_ms": 45.0}, {"tpot_ms": 60.0}], ids=str)
@pytest.mark.parametrize("sure", [None, 0.6, 0.8, 0.95])
@pytest.mark.parametrize("workload", [CHAT, ONE_SIZE], ids=["users", "rate"])
def test_so_many_drawn_replicas_keep_the_targets(
    workload: dict[str, object], sure: float | None, slo: dict[str, float]
) -> None:
    if workload is CHAT and "tpot_ms" in slo:
        slo = {name: value for name, value in slo.items() if name != "tpot_ms"}
    asked = request(workload, slo=slo, **({} if sure is None else {"confidence": sure}))
    made, demand = plan(asked), demand_of(asked, catalog().model(asked.model))
    assert made.lines
    for number, line in enumerate(made.lines):
        tpot_ms = None if demand.tpot_s is None else demand.tpot_s * 1e3
        kept = kept_in_draws(line.performance, tpot_ms, demand.ttft_s, number)
        error = 4 * (0.25 / DRAWS) ** 0.5
        assert kept == pytest.approx(line.performance.target_probability or 1.0, abs=error)
        assert kept >= (sure or 0.0) - 1e-3 - error


@every_load
def test_the_verifier_agrees(workload: dict[str, object]) -> None:
    assert plan(request(workload, slo=SOON, confidence=0.8)).certificate.verified


def test_a_plan_that_claims_more_confidence_than_it_has_is_broken() -> None:
    made = plan(request(slo=SOON, confidence=0.6))
    line = made.lines[0]
    assert (line.performance.target_probability or 1.0) < 0.99
    surer = replace(line, performance=replace(line.performance, target_probability=1.0))
    broken = broken_rules(replace(made, lines=(surer, *made.lines[1:])), snapshot(*three_clouds()), catalog())
    assert any("target_probability" in rule for rule in broken)


@given(st.floats(0.5, 0.99), st.floats(0.5, 0.99))
@settings(max_examples=20)
def test_more_confidence_is_more_slowdown(one: float, other: float) -> None:
    candidates = find_candidates(request(), snapshot(*three_clouds()), catalog())
    layouts = candidates.grid.layouts.take(np.arange(5))
    low, high = sorted((one, other))
    assert (slowdown(layouts, "tpot_s", low) <= slowdown(layouts, "tpot_s", high)).all()
    assert (shortfall(layouts, "output_tok_per_s", low) >= shortfall(layouts, "output_tok_per_s", high)).all()


def test_the_interval_holds_its_80_percent() -> None:
    demand = demand_of(request(), catalog().model("llama-3.1-70b"))
    assert demand.tpot_s is not None
    limit_ms = demand.tpot_s * 1e3
    at_high = target_probability(demand, Estimate(limit_ms, limit_ms / 3, limit_ms), Estimate(1, 1, 1))
    at_low = target_probability(demand, Estimate(limit_ms, limit_ms, limit_ms * 3), Estimate(1, 1, 1))
    assert (at_high, at_low) == (pytest.approx(0.9), pytest.approx(0.1))


def test_without_targets_there_is_no_probability() -> None:
    made = plan(request({"users": 8, "context_tokens": 8192}))
    assert all(line.performance.target_probability is None for line in made.lines)
