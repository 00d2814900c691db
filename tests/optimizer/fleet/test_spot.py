"""Fleets with spot: what is there on average serves everything, and so does what the worst losses leave."""

import itertools
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.documents import to_plain
from optimizer.fleet.cheapest import cheapest_fleet
from optimizer.fleet.document import candidates_document
from optimizer.fleet.preempted import ways
from optimizer.fleet.preemption import there_fraction
from optimizer.fleet.problem import FleetLimits, FleetProblem
from optimizer.request import PlanRequest
from tests.optimizer.fleet.market import CHAT, ONE_SIZE, TWO_SIZES, catalog, cost, offer, plan, request, snapshot
from tests.optimizer.fleet.outsider import cheapest
from tests.optimizer.fleet.problems import small_problems
from tests.optimizer.fleet.test_survive import document_of

MARKET = (
    offer("14.5", "A100-SXM-80GB", 4),
    offer("5.5", "A100-SXM-80GB", 4, term="spot"),
    offer("3.1", gpus=2, provider="lambda", tier="neocloud", region="us-west-2", term="spot"),
    offer("1.4", gpus=1, provider="gcp", region="us-east1", term="spot"),
)
WORKLOADS = {"users": {**CHAT, "users": 30}, "one size": ONE_SIZE, "two sizes": TWO_SIZES}
BOTH = {"terms": ["on_demand", "spot"]}
every_workload = pytest.mark.parametrize("name", WORKLOADS)


def asked(name: str, losses: int | None, **spot: Any) -> PlanRequest:
    return request(WORKLOADS[name], allow=BOTH, spot={"losses": losses, **spot})


def with_losses(problem: FleetProblem, losses: int) -> FleetProblem:
    return replace(problem, limits=FleetLimits(spot_losses=losses))


@pytest.mark.parametrize("buckets", [1, 2, 3])
@given(data=st.data(), losses=st.integers(0, 3))
@settings(max_examples=15)
def test_an_outsider_finds_the_cost_of_tolerating_any_preemptions(
    buckets: int, data: st.DataObject, losses: int
) -> None:
    problem = with_losses(data.draw(small_problems(buckets=buckets)), losses)
    assert cheapest_fleet(problem).cost_usd_per_hour == pytest.approx(cheapest(document_of(problem)), abs=1e-6)


@given(data=st.data(), losses=st.integers(0, 2))
@settings(max_examples=25)
def test_trying_every_fleet_finds_none_cheaper(data: st.DataObject, losses: int) -> None:
    drawn = data.draw(small_problems())
    problem = with_losses(replace(drawn, offers=drawn.offers[:2], columns=_on_the_first_two(drawn)), losses)
    assert cheapest_fleet(problem).cost_usd_per_hour == pytest.approx(_cheapest_by_trying(problem, losses), abs=1e-6)


def _on_the_first_two(problem: FleetProblem) -> tuple[Any, ...]:
    """Return a column for each of the first two offers, with capacity for at most four replicas."""
    kept = {column.offer: column for column in reversed(problem.columns) if column.offer < 2}
    least = problem.demand[0] / 4
    return tuple(
        replace(kept[number], capacity=(max(least, kept[number].capacity[0]),), preference=place)
        for place, number in enumerate(sorted(kept))
    )


def _cheapest_by_trying(problem: FleetProblem, losses: int) -> float:
    """Return the least cost over all counts of replicas, each loss tried on instances filled one after another."""
    most = 4 * 2 + losses * 8 + 8
    best = math.inf
    for counts in itertools.product(range(most + 1), repeat=len(problem.columns)):
        bill = sum(
            problem.offers[column.offer].usd_per_hour * math.ceil(count / _on_one(problem, column))
            for column, count in zip(problem.columns, counts, strict=True)
        )
        if bill < best and _holds(problem, counts, losses):
            best = bill
    return best


def _on_one(problem: FleetProblem, column: Any) -> int:
    return max(1, int(problem.offers[column.offer].gpus) // int(column.gpus_per_replica))


def _holds(problem: FleetProblem, counts: tuple[int, ...], losses: int) -> bool:
    capacity = [column.capacity[0] for column in problem.columns]
    spot = [problem.offers[column.offer].is_spot for column in problem.columns]
    average = sum(n * c * (0.9 if taken else 1.0) for n, c, taken in zip(counts, capacity, spot, strict=True))
    full = [
        [_on_one(problem, column)] * (count // _on_one(problem, column)) + [count % _on_one(problem, column)]
        for column, count in zip(problem.columns, counts, strict=True)
    ]
    instances = sorted((held * capacity[c] for c in range(len(counts)) if spot[c] for held in full[c]), reverse=True)
    every = sum(n * c for n, c in zip(counts, capacity, strict=True))
    if not any(offer.is_spot for offer in problem.offers):
        return every >= problem.demand[0] - 1e-9
    return min(average, every - sum(instances[:losses])) >= problem.demand[0] - 1e-9


@every_workload
@pytest.mark.parametrize("losses", [0, 1, 2])
def test_an_outsider_finds_the_cost_of_a_plan_that_tolerates_preemptions(name: str, losses: int) -> None:
    wanted = asked(name, losses, interruptions_per_month=200.0)
    document = to_plain(candidates_document(wanted, snapshot(*MARKET), catalog()))
    assert plan(wanted, MARKET).cost_usd_per_hour == pytest.approx(cheapest(document), abs=1e-6)


@every_workload
@pytest.mark.parametrize("losses", [0, 1, 2])
def test_a_plan_that_tolerates_preemptions_is_verified(name: str, losses: int) -> None:
    assert plan(asked(name, losses), MARKET).certificate.verified


@every_workload
def test_more_preemptions_never_cost_less(name: str) -> None:
    costs = [cost(asked(name, losses), MARKET) for losses in (None, 0, 1, 2, 3)]
    assert sorted(costs) == costs


@every_workload
@pytest.mark.parametrize("losses", [1, 2])
def test_the_load_is_carried_on_average_and_at_the_worst(name: str, losses: int) -> None:
    risk = plan(asked(name, losses), MARKET).spot_risk
    assert risk is not None
    assert min(risk.expected_capacity_fraction, risk.worst_case_capacity_fraction) >= 1 - 1e-6


@every_workload
def test_what_is_there_on_average_lies_between_the_worst_and_all(name: str) -> None:
    risk = plan(asked(name, 1), MARKET).spot_risk
    assert risk is not None
    parts = [risk.worst_case_capacity_fraction, risk.expected_capacity_fraction, risk.capacity_fraction]
    assert sorted(parts) == parts


def test_what_cannot_be_taken_back_is_worth_more_than_spot_that_is_a_little_cheaper() -> None:
    prices = [offer("14.50"), offer("14.00", term="spot")]
    assert (14.0, 14.5) == (cost(request(allow=BOTH), prices), cost(request(allow=BOTH, spot={"losses": 1}), prices))


def test_a_plan_without_spot_has_no_spot_risk() -> None:
    assert plan(request(WORKLOADS["users"]), MARKET).spot_risk is None


def test_a_plan_on_one_spot_instance_says_that_nothing_is_left_without_it() -> None:
    risk = plan(request(allow=BOTH), [offer("16.20", term="spot")]).spot_risk
    assert risk is not None
    assert (1, 0.0) == (risk.losses, risk.worst_case_capacity_fraction)


def test_the_price_of_tolerating_one_preemption_is_said() -> None:
    made = plan(request(allow=BOTH), [offer("16.20", term="spot")])
    costs = {ask.change: ask.cost_usd_per_hour for ask in made.explanation.what_if}
    assert costs["tolerate one preemption"] == pytest.approx(32.40)


def test_fewer_preemptions_are_offered_as_a_saving() -> None:
    made = plan(request(allow=BOTH, spot={"losses": 2}), [offer("16.20", term="spot")])
    savings = {limit.limit: limit.saving_usd_per_hour for limit in made.explanation.binding}
    assert savings["spot losses"] == pytest.approx(16.20)


def test_preemptions_that_no_quota_allows_for_are_a_conflict() -> None:
    made = plan(
        request(allow={"terms": ["spot"]}, spot={"losses": 2}, limits={"max_instances": 2}),
        [offer("16.20", term="spot")],
    )
    changes = {conflict.limit: conflict.needed for conflict in made.conflicts}
    assert ("3", "1 at once") == (changes["instances"], changes["spot losses"])


def test_often_interrupted_spot_is_held_to_its_average() -> None:
    rare = cost(asked("users", 0, interruptions_per_month=0.1), MARKET)
    assert cost(asked("users", 0, interruptions_per_month=5000.0), MARKET) > rare


def test_an_instance_that_is_away_as_long_as_it_runs_is_there_half_the_time() -> None:
    wanted = asked("users", 0, interruptions_per_month=730.0, replace_minutes=60.0)
    assert there_fraction(MARKET[1], wanted, catalog()) == pytest.approx(0.5)


def test_what_is_not_spot_is_always_there() -> None:
    assert 1.0 == there_fraction(MARKET[0], asked("users", 0, interruptions_per_month=5000.0), catalog())


def test_every_way_to_take_from_piles_takes_as_much_as_there_is() -> None:
    assert [(0, 2), (1, 1)] == list(ways([1, 3], 2))
    assert [(1, 3)] == list(ways([1, 3], 9))
