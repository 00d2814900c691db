"""The cheapest fleet: against trying every fleet, under changes whose effect is known, and on both solvers."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from optimizer.fleet.cheapest import Fleet, cheapest_fleet
from optimizer.fleet.problem import Column, FleetLimits, FleetProblem, Quota
from optimizer.request import LossScope
from tests.optimizer.fleet.oracle import cheapest_by_trying
from tests.optimizer.fleet.problems import offer, small_problems, two_clouds

CENT = 1e-6


def served(problem: FleetProblem, fleet: Fleet, replicas: dict[int, int]) -> float:
    """Return the users that replica counts serve, of a problem with one size."""
    return sum(problem.columns[column].capacity[0] * count for column, count in replicas.items())


@given(small_problems())
@settings(max_examples=60)
def test_cost_equals_the_best_of_all_fleets(problem: FleetProblem) -> None:
    assume(sum(problem.demand[0] / column.capacity[0] for column in problem.columns) < 40)
    assert cheapest_fleet(problem).cost_usd_per_hour == pytest.approx(cheapest_by_trying(problem), abs=CENT)


@given(small_problems(buckets=2))
@settings(max_examples=15)
def test_cost_equals_the_best_of_all_fleets_with_two_sizes(problem: FleetProblem) -> None:
    assume(sum(a / c for column in problem.columns for a, c in zip(problem.demand, column.capacity, strict=True)) < 9)
    assert cheapest_fleet(problem).cost_usd_per_hour == pytest.approx(cheapest_by_trying(problem), abs=CENT)


@given(small_problems(buckets=2))
@settings(max_examples=10)
def test_both_solvers_give_the_same_fleet(problem: FleetProblem) -> None:
    highs, cbc = cheapest_fleet(problem), cheapest_fleet(problem, solver="cbc")
    assert (highs.instances, highs.replicas) == (cbc.instances, cbc.replicas)


@given(small_problems(buckets=2), st.floats(1.01, 3))
@settings(max_examples=30)
def test_more_demand_never_costs_less(problem: FleetProblem, factor: float) -> None:
    more = replace(problem, demand=tuple(amount * factor for amount in problem.demand))
    assert cheapest_fleet(more).cost_usd_per_hour >= cheapest_fleet(problem).cost_usd_per_hour - CENT


@given(small_problems(), st.integers(50, 3000))
@settings(max_examples=30)
def test_one_more_offer_never_costs_more(problem: FleetProblem, cents: int) -> None:
    number = len(problem.offers)
    column = Column("extra", number, 4, 1, (3.0,), len(problem.columns))
    more = replace(
        problem,
        offers=(*problem.offers, offer(number, cents / 100, 8)),
        columns=(*problem.columns, column),
    )
    assert cheapest_fleet(more).cost_usd_per_hour <= cheapest_fleet(problem).cost_usd_per_hour + CENT


@given(small_problems(buckets=2))
@settings(max_examples=30)
def test_doubling_prices_doubles_the_cost_and_nothing_else(problem: FleetProblem) -> None:
    dearer = replace(problem, offers=tuple(replace(row, usd_per_hour=2 * row.usd_per_hour) for row in problem.offers))
    once, twice = cheapest_fleet(problem), cheapest_fleet(dearer)
    assert twice.cost_usd_per_hour == pytest.approx(2 * once.cost_usd_per_hour)
    assert twice.instances == once.instances


@given(small_problems(), st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_order_of_columns_changes_nothing_but_their_numbers(problem: FleetProblem, random: object) -> None:
    order = list(range(len(problem.columns)))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = replace(problem, columns=tuple(problem.columns[place] for place in order))
    fleet, other = cheapest_fleet(problem), cheapest_fleet(shuffled)
    assert other.instances == fleet.instances
    assert {order[place]: count for place, count in other.replicas.items()} == fleet.replicas


@given(small_problems())
@settings(max_examples=30)
def test_no_fleet_costs_less_than_the_bound(problem: FleetProblem) -> None:
    fleet = cheapest_fleet(problem)
    assert fleet.outcome == "optimal"
    assert fleet.bound_usd_per_hour == pytest.approx(fleet.cost_usd_per_hour, abs=CENT)


@given(small_problems(survive_loss="replica"))
@settings(max_examples=25)
def test_fleet_survives_the_loss_of_any_replica(problem: FleetProblem) -> None:
    fleet = cheapest_fleet(problem)
    for column in fleet.replicas:
        left = {**fleet.replicas, column: fleet.replicas[column] - 1}
        assert served(problem, fleet, left) >= problem.demand[0] - CENT


@given(small_problems(survive_loss="instance"))
@settings(max_examples=25)
def test_fleet_survives_the_loss_of_any_instance(problem: FleetProblem) -> None:
    fleet = cheapest_fleet(problem)
    for number, row in enumerate(problem.offers):
        left = dict(fleet.replicas)
        for column in problem.columns_of[number]:
            on_one = row.gpus // problem.columns[column].gpus_per_replica
            left[column] = max(0, left.get(column, 0) - on_one)
        assert served(problem, fleet, left) >= problem.demand[0] - CENT


@pytest.mark.parametrize("scope", ["zone", "provider"])
@given(data=st.data())
@settings(max_examples=25)
def test_fleet_survives_the_loss_of_any_place(scope: LossScope, data: st.DataObject) -> None:
    problem = data.draw(small_problems(survive_loss=scope))
    fleet = cheapest_fleet(problem)
    places = [row.zone if scope == "zone" else row.provider for row in problem.offers]
    if len(set(places)) == 1:
        assert fleet.outcome == "infeasible"
        return
    for lost in set(places):
        left = {c: n for c, n in fleet.replicas.items() if places[problem.columns[c].offer] != lost}
        assert served(problem, fleet, left) >= problem.demand[0] - CENT


@pytest.mark.parametrize(
    "limits",
    [
        FleetLimits(max_usd_per_hour=8.99),
        FleetLimits(max_instances=0),
        FleetLimits(quotas={"all": Quota(frozenset({0, 1}), 7, "gpus")}),
    ],
    ids=["budget", "instances", "quota"],
)
def test_limits_that_rule_everything_out_are_infeasible(limits: FleetLimits) -> None:
    assert cheapest_fleet(two_clouds(limits)).outcome == "infeasible"


def test_a_size_that_no_column_serves_is_infeasible() -> None:
    problem = replace(two_clouds(), columns=(Column("b", 1, 4, 1, (2.5, 0.0), 1),))
    assert cheapest_fleet(problem).outcome == "infeasible"


def test_max_kinds_keeps_to_one_kind() -> None:
    mixed = FleetProblem(
        offers=(offer(0, 10, 8), offer(1, 3, 2)),
        columns=(Column("big", 0, 8, 1, (10.0,), 0), Column("small", 1, 2, 1, (2.0,), 1)),
        demand=(12.0,),
    )
    assert cheapest_fleet(mixed).instances == {0: 1, 1: 1}
    one_kind = replace(mixed, limits=FleetLimits(max_kinds=1))
    assert cheapest_fleet(one_kind).instances == {1: 6}


def test_spot_keeps_to_its_share_of_the_gpus() -> None:
    problem = replace(two_clouds(FleetLimits(max_spot_fraction=0.0)), demand=(3.0, 0.5))
    fleet = cheapest_fleet(problem)
    assert set(fleet.instances) == {0}


def test_of_equal_fleets_the_one_with_fewest_kinds_then_gpus_is_taken() -> None:
    problem = FleetProblem(
        offers=(offer(0, 2, 8), offer(1, 1, 4), offer(2, 1, 2)),
        columns=(
            Column("a", 0, 8, 1, (2.0,), 0),
            Column("b", 1, 4, 1, (1.0,), 1),
            Column("c", 2, 2, 1, (1.0,), 2),
        ),
        demand=(2.0,),
    )
    assert cheapest_fleet(problem).instances == {2: 2}
