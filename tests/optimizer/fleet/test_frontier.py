"""The frontier: no point beats another, and it is what solving every target of the ladder gives."""

from itertools import pairwise

import pytest

from catalog import QUALITY_TIERS
from optimizer.fleet.changes import changed, with_speed
from optimizer.fleet.frontier import Axis, Frontier, frontier
from optimizer.request import PlanRequest
from tests.optimizer.fleet.market import CHAT, TWO_SIZES, catalog, cost, request, snapshot, three_clouds

COARSE = 0.1


def found(axis: Axis, asked: PlanRequest | None = None) -> Frontier:
    prices = snapshot(*three_clouds())
    return frontier(asked or request(), prices, catalog(), axis=axis, tolerance_fraction=COARSE)


@pytest.mark.parametrize("axis", ["speed", "first-token", "load"])
def test_a_stricter_target_costs_more(axis: Axis) -> None:
    points = found(axis).points
    costs = [point.cost_usd_per_hour for point in points]
    strict = [float(point.target) * (-1 if axis == "first-token" else 1) for point in points]
    assert len(points) > 1
    assert sorted(set(costs)) == costs
    assert sorted(set(strict)) == strict


def test_every_point_attains_its_target() -> None:
    assert all(float(point.attained) >= float(point.target) * 0.999 for point in found("speed").points)
    assert all(float(point.attained) <= float(point.target) * 1.001 for point in found("first-token").points)


def test_each_point_costs_what_its_target_costs_alone() -> None:
    for point in found("speed").points:
        assert cost(with_speed(request(), float(point.target))) == pytest.approx(point.cost_usd_per_hour)


def test_beyond_a_point_by_the_tolerance_the_cost_is_the_next_one() -> None:
    points = found("speed").points
    for here, there in pairwise(points):
        beyond = with_speed(request(), float(here.target) * (1 + COARSE))
        assert cost(beyond) == pytest.approx(there.cost_usd_per_hour)


def test_nothing_is_faster_than_the_last_point() -> None:
    last = found("speed").points[-1]
    assert cost(with_speed(request(), float(last.target) * (1 + COARSE))) == float("inf")


def test_better_quality_costs_more() -> None:
    points = found("quality").points
    tiers = [QUALITY_TIERS.index(point.attained) for point in points]  # type: ignore[arg-type]  # a tier by name
    assert sorted(tiers, reverse=True) == tiers
    assert points[-1].cost_usd_per_hour == pytest.approx(cost(changed(request(), "quality", min_tier="lossless")))


def test_load_goes_from_an_eighth_to_eight_times() -> None:
    points = found("load").points
    assert float(points[-1].target) <= 8 * CHAT["users"]
    assert points[0].cost_usd_per_hour == pytest.approx(cost(request({**CHAT, "users": 1})))


def test_several_sizes_have_a_frontier_too() -> None:
    assert len(found("first-token", request(TWO_SIZES)).points) > 1


def test_without_time_the_tolerance_that_was_reached_is_stated() -> None:
    hurried = frontier(request(), snapshot(*three_clouds()), catalog(), tolerance_fraction=COARSE, seconds=0)
    assert hurried.tolerance_fraction > COARSE


def test_limits_of_the_request_hold_on_every_point() -> None:
    asked = request(limits={"max_usd_per_hour": 7})
    assert all(point.cost_usd_per_hour <= 7 for point in found("speed", asked).points)


def test_nothing_fits_nowhere() -> None:
    assert found("speed", request(limits={"max_usd_per_hour": 0.01})).points == ()


@pytest.mark.parametrize("workload", [CHAT, {"request_rate_per_s": 2, "input_tokens": 3000, "output_tokens": 400}])
@pytest.mark.parametrize("tolerance", [0.02, 0.5, 0.7])
def test_the_cheapest_plan_without_a_target_is_the_first_point(workload: dict[str, object], tolerance: float) -> None:
    asked = request(workload, slo={"ttft_s": 3.0, "tpot_ms": 60.0} if "users" not in workload else {"ttft_s": 3.0})
    points = frontier(
        asked, snapshot(*three_clouds()), catalog(), axis="first-token", tolerance_fraction=tolerance
    ).points
    assert cost(changed(asked, "slo", ttft_s=None)) == pytest.approx(points[0].cost_usd_per_hour)
