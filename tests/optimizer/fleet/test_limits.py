"""Limits on the shape of a fleet: each holds on the plan, never makes it cheaper, and the verifier knows it."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from optimizer.fleet.plan import Plan
from optimizer.fleet.steps import steps
from optimizer.request import Limits
from optimizer.verifying import broken_rules
from tests.optimizer.fleet.market import CHAT, catalog, cost, offer, plan, request, snapshot, three_clouds

MANY = {**CHAT, "users": 60}
A100 = {"provider": "gcp", "region": "europe-west4", "instance_type": "8x-A100-SXM-80GB"}
L40S = {"provider": "lambda", "region": "us-west-2", "instance_type": "1x-L40S-48GB"}

LIMITS: dict[str, dict[str, Any]] = {
    "min replicas": {"min_replicas": 4},
    "zone": {"max_zone_fraction": 0.5},
    "provider": {"max_provider_fraction": 0.5},
    "availability": {"quotas": {"lambda/us-west-2/-/2x-H100-SXM-80GB/on_demand": 1}},
}
every_limit = pytest.mark.parametrize("limits", LIMITS.values(), ids=LIMITS)


def gpus(made: Plan, by: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for line in made.lines:
        counts[getattr(line, by)] += line.count * line.gpus_per_instance
    return counts


@every_limit
def test_a_limit_never_makes_a_fleet_cheaper_and_its_plan_is_verified(limits: dict[str, Any]) -> None:
    made = plan(request(MANY, limits=limits))
    assert made.certificate.verified
    assert (made.cost_usd_per_hour or 0.0) >= cost(request(MANY)) - 1e-6


def test_there_are_as_many_replicas_as_asked_for() -> None:
    assert sum(line.replicas for line in plan(request(limits={"min_replicas": 5})).lines) >= 5


@pytest.mark.parametrize(("name", "by"), [("max_provider_fraction", "provider"), ("max_zone_fraction", "region")])
def test_no_place_has_more_than_its_share(name: str, by: str) -> None:
    counts = gpus(plan(request(MANY, limits={name: 0.5})), by)
    assert max(counts.values()) <= 0.5 * sum(counts.values())


def test_a_share_that_no_two_places_can_keep_names_the_least_that_they_can() -> None:
    lonely = (offer("40.00"),)
    found = plan(request(limits={"max_provider_fraction": 0.5}), lonely)
    assert found.status == "infeasible"
    assert [("share of one provider", "at most 1")] == [
        (c.limit, c.needed) for c in found.conflicts if c.limit == "share of one provider"
    ]


@every_limit
def test_a_plan_that_breaks_a_limit_is_found_out(limits: dict[str, Any]) -> None:
    made = plan(request({**CHAT, "users": 120}))
    asked = made.request.model_copy(update={"limits": Limits(**limits)})
    line = max(made.lines, key=lambda line: line.count)
    alone = replace(made, request=asked, lines=(replace(line, count=3, replicas=3),))
    from optimizer.verifying.fleet import fleet_rules

    assert list(fleet_rules(alone, snapshot(*three_clouds()), catalog()))


def test_what_runs_already_is_kept_when_nothing_may_change() -> None:
    running = [{**A100, "count": 1}]
    made = plan(request(current=running, limits={"max_changes": 0}))
    assert made.certificate.verified
    assert [("8x-A100-SXM-80GB", 1)] == [(line.instance_type, line.count) for line in made.lines]
    assert made.changes == ()


def test_fewer_changes_never_cost_less() -> None:
    running = [{**A100, "count": 1}, {**L40S, "count": 1}]
    costs = [cost(request(current=running, limits={"max_changes": most})) for most in (8, 4, 3, 2, 1, 0)]
    assert sorted(costs) == costs
    assert costs[0] == pytest.approx(cost(request()))


def test_instances_are_rented_before_any_is_released() -> None:
    made = plan(request(current=[{**A100, "count": 2}]))
    actions = [step.action for step in made.changes]
    assert sorted(actions, key=["rent", "release"].index) == actions
    assert {"rent", "release"} == set(actions)


def test_changes_in_the_wrong_order_are_found_out() -> None:
    made = plan(request(current=[{**A100, "count": 2}]))
    broken = broken_rules(replace(made, changes=made.changes[::-1]), snapshot(*three_clouds()), catalog())
    assert any("out of order" in rule for rule in broken)


def test_changes_that_lead_elsewhere_are_found_out() -> None:
    made = plan(request(current=[{**A100, "count": 2}]))
    broken = broken_rules(replace(made, changes=made.changes[1:]), snapshot(*three_clouds()), catalog())
    assert any("do not lead" in rule for rule in broken)


def test_what_is_no_longer_offered_is_released() -> None:
    gone = {"provider": "aws", "region": "us-east-1", "instance_type": "p3.2xlarge", "count": 1}
    made = plan(request(current=[gone]))
    assert ("release", "p3.2xlarge", 1) in [(step.action, step.instance_type, step.count) for step in made.changes]


def test_nothing_running_needs_no_steps() -> None:
    assert steps(request(), plan(request()).lines) == ()
