"""Every offer alone: what one offer does without any other, held against the plan."""

import pytest

from api.alone import Alone, offers_alone
from api.answering import Answerer
from api.charts.candidates import candidates_chart
from optimizer.request import PlanRequest

CROWD = PlanRequest.model_validate(
    {"model": "llama-3.1-8b", "workload": {"users": 300, "tok_per_s_per_user": 20, "context_tokens": 4096}}
)
ANSWERER = Answerer.shipped()


@pytest.fixture(scope="module")
def alone() -> list[Alone]:
    return offers_alone(CROWD, ANSWERER.snapshot, ANSWERER.catalog)


def test_the_cheapest_come_first(alone: list[Alone]) -> None:
    costs = [offer.usd_per_hour for offer in alone]
    assert costs == sorted(costs)


def test_each_keeps_the_targets(alone: list[Alone]) -> None:
    assert min(offer.tok_per_s_per_user for offer in alone) >= 20 * (1 - 1e-6)


def test_a_load_may_take_several_instances(alone: list[Alone]) -> None:
    assert max(offer.instances for offer in alone) > 1


def test_no_plan_costs_more_than_one_offer_alone(alone: list[Alone]) -> None:
    plan = ANSWERER.plan(CROWD)
    assert plan.cost_usd_per_hour is not None
    assert plan.cost_usd_per_hour <= alone[0].usd_per_hour + 1e-6


def test_the_chart_has_a_dot_for_each_and_a_ring_for_the_plan(alone: list[Alone]) -> None:
    spec = candidates_chart(ANSWERER.plan(CROWD), alone).to_dict()
    dots, ring = (spec["datasets"][spec["layer"][place]["data"]["name"]] for place in (0, -1))
    assert len(alone) == len(dots)
    assert ["this plan"] == [row["label"] for row in ring]
