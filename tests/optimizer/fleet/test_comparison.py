"""Comparing GPUs and saved plans: each side is the plan that asking for it alone gives."""

import pytest

from catalog import InvalidInputError
from optimizer.fleet.comparison import Comparison, compare_gpus, compare_plans
from optimizer.fleet.plan import Plan
from tests.optimizer.fleet.market import catalog, offer, plan, request, snapshot, three_clouds


def compared(*gpus: str) -> Comparison:
    return compare_gpus(request(), gpus, snapshot(*three_clouds()), catalog())


def test_each_gpu_costs_what_it_costs_alone() -> None:
    for side in compared("A100", "H100").sides:
        alone = plan(request(allow={"gpus": [side.label]}))
        assert alone.cost_usd_per_hour == side.cost_usd_per_hour
        assert [line.instance_type for line in alone.lines] == [line.instance_type for line in side.lines]


def test_the_cheapest_is_named_and_the_others_are_set_against_it() -> None:
    found = compared("A100", "H100")
    costs = {side.label: side.cost_usd_per_hour or 0.0 for side in found.sides}
    assert found.cheapest == min(costs, key=lambda label: costs[label])
    assert [side.times_the_cheapest for side in found.sides] == [cost / min(costs.values()) for cost in costs.values()]


def test_a_gpu_that_cannot_says_why() -> None:
    side = compare_gpus(request(), ("L40S", "H100"), snapshot(*three_clouds()), catalog()).sides[0]
    assert side.cost_usd_per_hour is None
    assert side.why_not == ("speed: 1 offer",)


def test_a_gpu_that_is_rented_on_other_terms_only_says_so() -> None:
    offers = (offer("40"), offer("8", "A100-SXM-80GB", term="spot"))
    side = compare_gpus(request(), ("A100", "H100"), snapshot(*offers), catalog()).sides[0]
    assert side.why_not == ("term not allowed: 1 offer",)


def test_a_gpu_without_a_price_says_so() -> None:
    side = compare_gpus(request(), ("T4", "H100"), snapshot(*three_clouds()), catalog()).sides[0]
    assert side.why_not == ("no offer of it is in the prices",)


@pytest.mark.parametrize("gpus", [(), ("A100",), ("A100", "A100")])
def test_one_gpu_is_no_comparison(gpus: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInputError, match="two GPUs"):
        compared(*gpus)


def saved() -> tuple[Plan, Plan]:
    return plan(request()), plan(request(allow={"gpus": ["A100"]}))


def test_saved_plans_keep_their_costs_and_names() -> None:
    one, other = saved()
    found = compare_plans([("one", one), ("other", other)])
    assert [("one", one.cost_usd_per_hour), ("other", other.cost_usd_per_hour)] == [
        (side.label, side.cost_usd_per_hour) for side in found.sides
    ]
    assert found.request is None


def test_saved_plans_of_one_request_name_it() -> None:
    one, _ = saved()
    assert compare_plans([("then", one), ("now", one)]).request == one.request


def test_one_saved_plan_is_no_comparison() -> None:
    with pytest.raises(InvalidInputError, match="two plans"):
        compare_plans([("one", saved()[0])])
