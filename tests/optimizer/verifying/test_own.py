"""A plan made with own runs keeps every rule, checked by code that knows them too, and no plan without them does."""

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from catalog import OwnEvidence
from optimizer.fleet.plan import Plan
from optimizer.fleet.planning import Reading, make_plan
from optimizer.request import read_request
from optimizer.verifying import broken_rules
from tests.optimizer.fleet.market import TWO_SIZES, catalog, offer, snapshot
from tests.optimizer.performance.test_own import run

SIZES = {"input_tokens": 1024, "output_tokens": 256}
WORKLOADS: dict[str, dict[str, Any]] = {
    "users": {"workload": {"users": 40, "tok_per_s_per_user": 30, **SIZES}},
    "users, surely": {"workload": {"users": 40, "tok_per_s_per_user": 30, **SIZES}, "confidence": 0.9},
    "rate": {"workload": {"request_rate_per_s": 5, **SIZES}, "slo": {"tpot_ms": 30, "ttft_s": 2}},
    "rate, surely": {"workload": {"request_rate_per_s": 5, **SIZES}, "slo": {"tpot_ms": 30}, "confidence": 0.8},
    "two sizes": {"workload": TWO_SIZES, "slo": {"tpot_ms": 40}},
}
OFFERS = snapshot(offer(8, gpus=4), offer(16, gpus=8))
OWN = OwnEvidence.of(
    (
        run(1, 0.016),
        run(32, 0.027, ttft_s=0.5, output_tok_per_s=1100.0),
        run(None, None, tp=2, link="nvswitch-gen4", output_tok_per_s=1500.0),
    )
)


@cache
def planned(name: str) -> Plan:
    request = {"model": "llama-3.1-70b", "allow": {"engines": ["vllm"]}, "quality": {"quantizations": ["fp8"]}}
    return make_plan(read_request({**request, **WORKLOADS[name]}), OFFERS, catalog().with_own(OWN), Reading("", ""))


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_plan_made_with_own_runs_holds(name: str) -> None:
    plan = planned(name)
    assert plan.lines
    assert plan.certificate.verified
    assert () == broken_rules(plan, OFFERS, catalog().with_own(OWN))


def test_it_does_not_hold_without_them() -> None:
    assert any("calibration_id" in rule for rule in broken_rules(planned("users"), OFFERS, catalog()))


def test_a_figure_that_own_runs_do_not_give_is_found() -> None:
    plan = planned("users")
    line = plan.lines[0]
    faster = replace(line.performance.tpot_ms, value=line.performance.tpot_ms.value * 0.9)
    forged = replace(
        plan, lines=(replace(line, performance=replace(line.performance, tpot_ms=faster)), *plan.lines[1:])
    )
    assert any("tpot_ms" in rule for rule in broken_rules(forged, OFFERS, catalog().with_own(OWN)))


def test_evidence_that_is_not_there_is_found() -> None:
    plan = planned("users")
    line = plan.lines[0]
    assert line.evidence.own is not None
    forged = replace(plan, lines=(replace(line, evidence=replace(line.evidence, own=None)), *plan.lines[1:]))
    assert any("evidence" in rule for rule in broken_rules(forged, OFFERS, catalog().with_own(OWN)))
