"""Conflicts: when nothing fits, the change that is proposed is enough, and little less would not be."""

import re
from typing import Any

import pytest

from catalog import QUALITY_TIERS
from optimizer.fleet.candidates import find_candidates
from optimizer.fleet.changes import changed, lifted, with_speed
from optimizer.fleet.choosing import Patience
from optimizer.fleet.conflicts import conflicts
from optimizer.fleet.least import least_values
from optimizer.fleet.plan import Conflict, Plan
from optimizer.request import PlanRequest
from tests.optimizer.fleet.market import CHAT, catalog, cost, offer, plan, request, snapshot, three_clouds

INFINITE = float("inf")
BARELY = 0.9
ALIASES = {
    "budget": "max_usd_per_hour",
    "instances": "max_instances",
    "kinds": "max_kinds",
    "share of one provider": "max_provider_fraction",
    "min replicas": "min_replicas",
}


def only(made: Plan, limit: str) -> Conflict:
    """Return the conflict of a limit that stands alone."""
    (conflict,) = (conflict for conflict in made.conflicts if conflict.limit == limit)
    return conflict


def number(text: str) -> float:
    """Return the first number of a text such as `$1,234.50/h` or `42.9 tok/s per user`."""
    found = re.search(r"[\d,]*\.?\d+", text)
    assert found is not None
    return float(found.group().replace(",", ""))


def with_limits(asked: PlanRequest, **values: Any) -> PlanRequest:
    return changed(asked, "limits", **values)


@pytest.fixture(scope="module")
def over_budget() -> PlanRequest:
    return request(limits={"max_usd_per_hour": 1.5})


@pytest.fixture(scope="module")
def too_fast() -> PlanRequest:
    return request({"users": 1, "tok_per_s_per_user": 5000, "context_tokens": 8192})


@pytest.fixture(scope="module")
def too_soon() -> PlanRequest:
    return request(slo={"ttft_s": 0.001})


def test_an_infeasible_plan_rents_nothing(over_budget: PlanRequest) -> None:
    made = plan(over_budget)
    assert (made.status, made.lines, made.cost_usd_per_hour) == ("infeasible", (), None)


def test_a_feasible_plan_has_no_conflicts() -> None:
    assert plan(request()).conflicts == ()


def test_the_budget_of_a_conflict_is_enough(over_budget: PlanRequest) -> None:
    needed = number(only(plan(over_budget), "budget").needed)
    assert cost(with_limits(over_budget, max_usd_per_hour=needed)) < INFINITE


def test_a_cent_less_than_the_budget_of_a_conflict_is_not_enough(over_budget: PlanRequest) -> None:
    needed = number(only(plan(over_budget), "budget").needed)
    assert cost(with_limits(over_budget, max_usd_per_hour=needed - 0.01)) == INFINITE


def test_a_conflict_repeats_what_was_given(over_budget: PlanRequest) -> None:
    assert number(only(plan(over_budget), "budget").given) == 1.5


def test_the_speed_of_a_conflict_is_attainable(too_fast: PlanRequest) -> None:
    needed = number(only(plan(too_fast), "speed").needed)
    assert cost(with_speed(too_fast, needed)) < INFINITE


def test_a_little_more_than_the_speed_of_a_conflict_is_not_attainable(too_fast: PlanRequest) -> None:
    needed = number(only(plan(too_fast), "speed").needed)
    assert cost(with_speed(too_fast, needed / BARELY)) == INFINITE


def test_the_first_token_of_a_conflict_is_attainable(too_soon: PlanRequest) -> None:
    needed = number(only(plan(too_soon), "first token").needed)
    assert cost(changed(too_soon, "slo", ttft_s=needed)) < INFINITE


def test_much_sooner_than_the_first_token_of_a_conflict_is_not_attainable(too_soon: PlanRequest) -> None:
    needed = number(only(plan(too_soon), "first token").needed)
    assert cost(changed(too_soon, "slo", ttft_s=needed * BARELY)) == INFINITE


@pytest.mark.parametrize("key", ["lambda", "lambda/us-west-2", "L40S-48GB", "1x-L40S-48GB"])
def test_the_quota_of_a_conflict_is_the_least_that_is_enough(key: str) -> None:
    offers = [offer("1.10", "L40S-48GB", 1, provider="lambda", tier="neocloud", region="us-west-2")]
    asked = request({**CHAT, "users": 60}, model="llama-3.1-8b", limits={"quotas": {key: 1}})
    needed = round(number(only(plan(asked, offers), f"quota {key}").needed))
    assert cost(with_limits(asked, quotas={key: needed}), offers) < INFINITE
    assert cost(with_limits(asked, quotas={key: needed - 1}), offers) == INFINITE


def test_the_instances_of_a_conflict_are_the_fewest_that_are_enough() -> None:
    asked = request({**CHAT, "users": 400}, limits={"max_instances": 1})
    needed = round(number(only(plan(asked), "instances").needed))
    assert cost(with_limits(asked, max_instances=needed)) < INFINITE
    assert cost(with_limits(asked, max_instances=needed - 1)) == INFINITE


def test_a_region_that_cannot_is_named() -> None:
    small = offer("0.70", "L40S-48GB", 1, region="us-west-2")
    made = plan(request(allow={"regions": ["us-west-2"]}, model="llama-3.1-405b"), [offer("40"), small])
    assert only(made, "regions").given == "us-west-2"


def test_a_quality_that_nothing_reaches_is_named() -> None:
    made = plan(request(quality={"min_tier": "lossless"}), [offer("1.9", "RTX-6000-Ada-48GB", 1)])
    assert only(made, "quality").given == "lossless"


def test_a_context_that_does_not_fit_gets_the_longest_that_does() -> None:
    offers = [offer("1.9", "L40S-48GB", 1)]
    asked = request({"users": 1, "tok_per_s_per_user": 5, "context_tokens": 120_000})
    needed = round(number(only(plan(asked, offers), "context").needed))
    assert cost(changed(asked, "workload", context_tokens=needed), offers) < INFINITE
    assert cost(changed(asked, "workload", context_tokens=needed + 512), offers) == INFINITE


def test_conflicts_say_what_the_change_costs(over_budget: PlanRequest) -> None:
    conflict = only(plan(over_budget), "budget")
    assert f"(then {conflict.needed})" in conflict.smallest_change


def test_limits_that_only_help_together_are_given_together() -> None:
    made = plan(request({**CHAT, "users": 400}, limits={"max_instances": 1, "max_usd_per_hour": 2}))
    assert {"budget", "instances"} <= {conflict.limit for conflict in made.conflicts}


@pytest.mark.parametrize(
    "limits",
    [
        {"max_usd_per_hour": 0.01},
        {"max_instances": 1, "max_usd_per_hour": 2},
        {"quotas": {"H100-SXM-80GB": 0, "aws": 0}},
    ],
    ids=["one", "two", "quotas"],
)
def test_whatever_is_infeasible_has_a_way_out(limits: dict[str, Any]) -> None:
    made = plan(request({**CHAT, "users": 400}, limits=limits), [offer("40")])
    assert made.conflicts


def test_many_limits_that_clash_have_a_way_out() -> None:
    limits = {"max_usd_per_hour": 1, "max_instances": 1, "max_kinds": 1, "quotas": {"aws": 0, "H100-SXM-80GB": 1}}
    asked = request({**CHAT, "users": 400}, limits=limits, slo={"ttft_s": 0.05}, allow={"providers": ["aws"]})
    assert plan(asked).conflicts


def test_a_conflict_of_quality_names_the_nearest_that_fits() -> None:
    small = offer("1.9", "RTX-6000-Ada-48GB", 1)
    made = plan(request(quality={"min_tier": "lossless"}), [small])
    needed = only(made, "quality").needed.split()[0]
    better = QUALITY_TIERS[QUALITY_TIERS.index(needed) - 1]
    assert cost(request(quality={"min_tier": needed}), [small]) < INFINITE
    assert cost(request(quality={"min_tier": better}), [small]) == INFINITE


@pytest.mark.parametrize(
    "limits",
    [{"max_instances": 1}, {"max_kinds": 1, "max_usd_per_hour": 1}, {"quotas": {"aws": 0, "lambda": 0, "gcp": 0}}],
    ids=["instances", "kinds", "quota"],
)
def test_no_time_leaves_questions_open_and_proposes_nothing(limits: dict[str, Any]) -> None:
    candidates = find_candidates(request({**CHAT, "users": 500}, limits=limits), snapshot(*three_clouds()), catalog())
    found, given_up = conflicts(candidates, until=0.0)
    assert not found
    assert given_up > 0


@pytest.mark.parametrize(
    "limit", ["max_usd_per_hour", "max_instances", "max_kinds", "max_provider_fraction", "min_replicas"]
)
def test_without_time_no_least_value_is_claimed(limit: str) -> None:
    given = {"max_provider_fraction": 0.01, "max_usd_per_hour": 0.01, "min_replicas": 9000}.get(limit, 0)
    asked = request({**CHAT, "users": 500}, limits={limit: given or 1})
    free = find_candidates(request({**CHAT, "users": 500}), snapshot(*three_clouds()), catalog())
    (change,) = (change for change in lifted(asked, free.demand) if limit in ALIASES.get(change.limit, change.limit))
    patience = Patience(until=0.0)
    assert not list(least_values(free, change, patience))
    assert patience.given_up > 0
