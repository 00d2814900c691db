"""The lean way ends in the plan that the full way makes, whatever was solved before."""

from typing import Any

import pytest

from api.answering import Answerer
from api.sweeps.lean import PointSolver
from api.sweeps.outcomes import Outcome
from catalog import load_catalog
from optimizer.fleet.candidates import find_candidates
from optimizer.fleet.choosing import choose
from optimizer.fleet.lines import plan_lines
from optimizer.fleet.plan import Line
from optimizer.request import read_request
from pricing import Snapshot, load_snapshot

SAME = (
    "provider", "region", "instance_type", "term", "gpu", "gpus_per_instance", "count",
    "quantization", "engine", "tensor_parallel", "pipeline_parallel", "replicas",
)  # fmt: skip
SOLVER = PointSolver(load_snapshot(), load_catalog())
USERS = {"users": 6, "tok_per_s_per_user": 15, "context_tokens": 8192}
RATE = {"request_rate_per_s": 3.0, "input_tokens": 900, "output_tokens": 200}
MIX = {
    "request_rate_per_s": 4.0,
    "buckets": [
        {"input_tokens": 200, "output_tokens": 100, "share": 0.7},
        {"input_tokens": 3000, "output_tokens": 300, "share": 0.3},
    ],
}
REQUESTS: list[dict[str, Any]] = [
    {"workload": USERS},
    {"workload": {**USERS, "users": 90}},
    {"workload": USERS, "quality": {"min_tier": "near-lossless"}},
    {"workload": USERS, "allow": {"terms": ["on_demand", "spot"]}, "limits": {"max_spot_fraction": 0.5}},
    {"workload": RATE, "model": "llama-3.1-70b", "slo": {"ttft_s": 1.5}},
    {"workload": MIX, "model": "llama-3.1-70b"},
    {"workload": USERS, "survive_loss": "instance"},
    {"workload": USERS, "limits": {"max_usd_per_hour": 0.01}},
]


@pytest.mark.parametrize("document", REQUESTS, ids=str)
def test_a_point_is_what_the_plain_way_finds(document: dict[str, Any]) -> None:
    candidates = find_candidates(read_request(document), load_snapshot(), load_catalog())
    chosen = choose(candidates, break_ties=True)
    outcome = SOLVER.outcome(7, document, 60)
    if not chosen.parts:
        assert (7, "infeasible", None) == (outcome.point, outcome.status, outcome.cost_usd_per_hour)
        return
    assert (7, "optimal", len(chosen.parts)) == (outcome.point, outcome.status, outcome.lines)
    assert chosen.exact_usd_per_hour == outcome.cost_usd_per_hour
    assert_line(plan_lines(candidates, chosen.parts[:1])[0], outcome)


def test_a_point_is_the_plan() -> None:
    plan = Answerer(load_catalog(), load_snapshot()).plan(read_request(REQUESTS[0]))
    outcome = SOLVER.outcome(7, REQUESTS[0], 60)
    assert (plan.status, plan.plan_id) == (outcome.status, outcome.plan_id)
    assert plan.cost_usd_per_hour == outcome.cost_usd_per_hour
    assert_line(plan.lines[0], outcome)


def assert_line(line: Line, outcome: Outcome) -> None:
    does = line.performance
    for name in SAME:
        assert getattr(line, name) == getattr(outcome, name)
    assert does.tok_per_s_per_user.value == outcome.tok_per_s_per_user
    assert does.output_tok_per_s.value == outcome.output_tok_per_s


FAILURES = [
    ({"workload": {**USERS, "context_tokens": 9_000_000}}, "tokens of context"),
    ({"workload": {**USERS, "request_rate_per_s": 1.0}}, "give exactly one of"),
    ({"workload": USERS, "allow": {"providers": ["nowhere"]}}, "unknown provider"),
    ({"workload": USERS, "as_of": "2001-01-01"}, "by then"),
]


@pytest.mark.parametrize(("document", "said"), FAILURES, ids=lambda part: part if isinstance(part, str) else "")
def test_what_is_wrong_with_a_point_is_its_outcome(document: dict[str, Any], said: str) -> None:
    outcome = SOLVER.outcome(0, document, 60)
    assert ("error", None) == (outcome.status, outcome.cost_usd_per_hour)
    assert said in (outcome.error or "")


def test_a_day_without_prices_is_an_error_of_its_points() -> None:
    outcome = PointSolver(Snapshot("none", (), {}), load_catalog()).outcome(0, {"workload": USERS}, 60)
    assert "error" == outcome.status
