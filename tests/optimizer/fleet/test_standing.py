"""Standing: what a fleet costs at least beside what is lost, and two fleets apart that survive every loss."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.fleet.cheapest import cheapest_fleet
from optimizer.fleet.clock import Clock
from optimizer.fleet.problem import Column, FleetLimits, FleetProblem
from optimizer.fleet.searching import cheapest
from optimizer.fleet.standing import rest_of
from optimizer.request import LossScope
from tests.optimizer.fleet.problems import offer, small_problems

SCOPES = ("replica", "instance", "zone", "provider")
THREE_CLOUDS = FleetProblem(
    offers=(
        offer(0, 2.0, 1, provider="aws"),
        offer(1, 3.0, 1, provider="gcp"),
        offer(2, 5.0, 1, provider="oci"),
    ),
    columns=tuple(Column(f"c{number}", number, 1, 1, (1.0, 1.0), number) for number in range(3)),
    demand=(0.5, 0.5),
    survive_loss="provider",
)


def test_beside_the_cheapest_place_a_fleet_costs_what_the_next_one_costs() -> None:
    assert (3.0, 2.0, 2.0) == pytest.approx(rest_of(THREE_CLOUDS, Clock(60.0)).beside)


def test_the_two_cheapest_places_are_apart() -> None:
    assert frozenset({0, 1}) == rest_of(THREE_CLOUDS, Clock(60.0)).apart


@pytest.mark.parametrize("scope", SCOPES)
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_no_cheapest_fleet_has_more_than_that(scope: LossScope, data: st.DataObject) -> None:
    problem = data.draw(small_problems(buckets=2, survive_loss=scope))
    best = cheapest_fleet(problem)
    if best.found:
        most = rest_of(problem, Clock(60.0)).most(problem, best.cost_usd_per_hour)
        assert all(count <= most[number] for number, count in best.instances.items())


@pytest.mark.parametrize("scope", [*SCOPES, "none"])
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_a_limit_that_the_fleets_apart_break_is_kept(scope: LossScope, data: st.DataObject) -> None:
    problem = data.draw(small_problems(buckets=2, survive_loss=scope))
    fleet = cheapest_fleet(problem)
    if fleet.found:
        limits = FleetLimits(max_instances=sum(fleet.instances.values()) - 1)
        limited = cheapest(FleetProblem(problem.offers, problem.columns, problem.demand, limits, scope), Clock(60.0))
        assert not limited.solution.values or sum(limited.instances.values()) <= (limits.max_instances or 0)
