"""Narrowing: what is left out is in no fleet that costs as little, and what is searched in stages is found whole."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.fleet.cheapest import cheapest_fleet
from optimizer.fleet.clock import Clock
from optimizer.fleet.goals import cheapest_of
from optimizer.fleet.narrowing import most_within, narrowed, whole
from optimizer.fleet.problem import FleetLimits, FleetProblem, Quota
from optimizer.fleet.searching import cheapest, unbroken
from optimizer.fleet.standing import rest_of
from optimizer.request import LossScope
from tests.optimizer.fleet.problems import small_problems, two_clouds

CENT = 1e-6
SCOPES = ("none", "replica", "instance", "zone", "provider")


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("buckets", [1, 2])
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_what_is_left_out_makes_no_fleet_cheaper(scope: LossScope, buckets: int, data: st.DataObject) -> None:
    problem = data.draw(small_problems(buckets=buckets, survive_loss=scope))
    best = cheapest_fleet(problem, break_ties=False)
    if not best.found:
        return
    most = most_within(problem, best.cost_usd_per_hour, rest_of(problem, Clock(60.0)).beside)
    smaller = cheapest_fleet(narrowed(problem, most).problem, break_ties=False)
    assert smaller.cost_usd_per_hour == pytest.approx(best.cost_usd_per_hour, abs=CENT)


@pytest.mark.parametrize("scope", ["zone", "provider"])
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_no_cheapest_fleet_has_more_than_that(scope: LossScope, data: st.DataObject) -> None:
    problem = data.draw(small_problems(survive_loss=scope))
    best = cheapest_fleet(problem)
    if best.found:
        most = most_within(problem, best.cost_usd_per_hour, rest_of(problem, Clock(60.0)).beside)
        assert all(count <= most[offer] for offer, count in best.instances.items())


@pytest.mark.parametrize("scope", SCOPES)
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_stages_find_what_one_search_finds(scope: LossScope, data: st.DataObject) -> None:
    problem = data.draw(small_problems(buckets=2, survive_loss=scope))
    staged = cheapest(problem, Clock(60.0), stages=((1,), (2, None)))
    _, at_once = unbroken(problem, cheapest_of(problem), Clock(60.0))
    assert staged.solution.outcome == at_once.outcome
    assert staged.solution.objective == pytest.approx(at_once.objective, abs=CENT)


def test_a_narrowed_problem_knows_the_way_back() -> None:
    quota = Quota(frozenset({0, 1}), 9, "instances")
    problem = two_clouds(FleetLimits(quotas={"both": quota}, current={0: 2, 1: 1}, released=1))
    part = narrowed(problem, (0, 3))
    assert ((1,), (1, 2)) == (part.offers, part.columns)
    assert part.problem.most_instances[0] <= 3
    assert frozenset({0}) == part.problem.limits.quotas["both"].offers
    assert ({0: 1}, 3) == (part.problem.limits.current, part.problem.limits.released)
    assert [column.preference for column in part.problem.columns] == [1, 2]


def test_nothing_narrowed_is_the_problem_itself() -> None:
    problem: FleetProblem = two_clouds()
    assert problem == whole(problem).problem
    assert problem == replace(narrowed(problem, problem.most_instances).problem, ceilings=())
