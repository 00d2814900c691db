"""Goals: one whole number puts fleets in the order of cost, kinds and GPUs; against trying every fleet."""

import itertools
import math
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings

from optimizer.fleet.cheapest import Fleet, cheapest_fleet
from optimizer.fleet.goals import LARGEST, most_gpus, most_kinds, weights_within
from optimizer.fleet.problem import Column, FleetProblem
from tests.optimizer.fleet.problems import offer, small_problems

Counts = tuple[int, ...]
SQUARE_ROOTS = [math.sqrt(prime) for prime in (2, 3, 5, 7, 11, 13)]


def fleets(problem: FleetProblem) -> list[tuple[tuple[float, int, int, float], Counts]]:
    """Return (cost, kinds, GPUs, preference) and replicas of every fleet that serves one size, without the solver."""
    most = [math.ceil(problem.demand[0] / column.capacity[0]) for column in problem.columns]
    found = []
    for counts in itertools.product(*(range(top + 1) for top in most)):
        served = sum(column.capacity[0] * count for column, count in zip(problem.columns, counts, strict=True))
        if served < problem.demand[0] - 1e-9:
            continue
        gpus = [0] * len(problem.offers)
        for column, count in zip(problem.columns, counts, strict=True):
            gpus[column.offer] += column.gpus_per_replica * count
        rented = [math.ceil(taken / row.gpus) for taken, row in zip(gpus, problem.offers, strict=True)]
        cost = round(sum(row.usd_per_hour * n for row, n in zip(problem.offers, rented, strict=True)), 6)
        whole = sum(row.gpus * n for row, n in zip(problem.offers, rented, strict=True))
        liking = sum(root * count for root, count in zip(SQUARE_ROOTS, counts, strict=False))
        found.append(((cost, sum(n > 0 for n in rented), whole, liking), counts))
    return found


@given(small_problems())
@settings(max_examples=60)
def test_ties_fall_to_the_fewest_kinds_then_gpus_then_the_preferred_columns(problem: FleetProblem) -> None:
    assume(math.prod(problem.demand[0] / column.capacity[0] + 2 for column in problem.columns) < 20_000)
    level = replace(problem, offers=tuple(replace(row, usd_per_hour=row.gpus * 1.0) for row in problem.offers))
    _, best = min(fleets(level))
    assert counts_of(level, cheapest_fleet(level)) == best


def counts_of(problem: FleetProblem, fleet: Fleet) -> Counts:
    return tuple(fleet.replicas.get(column, 0) for column in range(len(problem.columns)))


@given(small_problems())
@settings(max_examples=60)
def test_the_order_is_that_of_cost_then_kinds_then_gpus(problem: FleetProblem) -> None:
    assume(math.prod(problem.demand[0] / column.capacity[0] + 2 for column in problem.columns) < 2_000)
    every = fleets(problem)
    dearest = max(cost for (cost, *_), _ in every)
    weights = weights_within(problem, dearest)
    assume(weights is not None)
    assert weights is not None

    def order(fleet: tuple[float, int, int, float]) -> int:
        cost, kinds, gpus, _ = fleet
        return round(cost / weights.unit_usd_per_hour) * weights.per_unit + kinds * weights.per_kind + gpus

    keys = [key for key, _ in every]
    assert sorted(order(key) for key in keys) == [order(key) for key in sorted(keys, key=lambda key: key[:3])]


def one_gpu_each(*prices: float) -> FleetProblem:
    offers = tuple(offer(number, price, 1) for number, price in enumerate(prices))
    columns = tuple(Column(f"c{number}", number, 1, 1, (1.0,), number) for number in range(len(prices)))
    return FleetProblem(offers, columns, (2.0,))


def test_money_buys_one_of_each_of_the_cheapest_kinds() -> None:
    assert [most_kinds(one_gpu_each(3, 1, 2), money) for money in (0.5, 1, 2.99, 3, 6)] == [0, 1, 1, 2, 3]


def test_money_buys_most_gpus_of_the_cheapest() -> None:
    assert 4 == most_gpus(one_gpu_each(3, 1, 2), 4.5)


def test_prices_of_too_many_decimals_are_not_put_in_one_number() -> None:
    assert weights_within(one_gpu_each(1.0000001, 2), 4) is None


def test_numbers_too_large_for_a_solver_are_not_put_in_one() -> None:
    assert weights_within(one_gpu_each(0.000001, 2), LARGEST) is None


@pytest.mark.parametrize("prices", [(1.0000001, 1.0000001), (1.25, 1.25)], ids=["apart", "in one"])
def test_ties_are_broken_either_way(prices: tuple[float, float]) -> None:
    assert cheapest_fleet(one_gpu_each(*prices)).instances == {0: 2}
