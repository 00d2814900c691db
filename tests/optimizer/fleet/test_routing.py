"""Routing: every size is served whole, no replica is fuller than has to be, and one answer comes out."""

from hypothesis import assume, given, settings
from scipy.optimize import linprog

from optimizer.fleet.cheapest import cheapest_fleet
from optimizer.fleet.problem import FleetProblem
from optimizer.fleet.routing import balanced_shares
from tests.optimizer.fleet.problems import small_problems

CLOSE = 1e-6


def fullest(problem: FleetProblem, replicas: dict[int, int], shares: dict[tuple[int, int], float]) -> float:
    """Return the load of the fullest column of replicas."""
    return max(
        sum(
            amount / problem.columns[column].capacity[bucket] * shares.get((bucket, column), 0.0)
            for bucket, amount in enumerate(problem.demand)
        )
        / count
        for column, count in replicas.items()
    )


def least_fullest(problem: FleetProblem, replicas: dict[int, int]) -> float:
    """Return the same of the most even routing, by another solver."""
    columns, sizes = list(replicas), range(len(problem.demand))
    width = len(columns) * len(sizes)
    loads, serve = [], []
    for place, column in enumerate(columns):
        row = [0.0] * width + [-float(replicas[column])]
        for size in sizes:
            row[place * len(sizes) + size] = problem.demand[size] / problem.columns[column].capacity[size]
        loads.append(row)
    for size in sizes:
        serve.append([1.0 if place % len(sizes) == size else 0.0 for place in range(width)] + [0.0])
    answer = linprog([0.0] * width + [1.0], loads, [0.0] * len(columns), serve, [1.0] * len(sizes))
    return float(answer.fun)


@given(small_problems(buckets=2))
@settings(max_examples=40, deadline=None)
def test_no_routing_is_more_even(problem: FleetProblem) -> None:
    fleet = cheapest_fleet(problem)
    assume(fleet.found)
    replicas = dict(fleet.replicas)
    shares = balanced_shares(problem, replicas)
    for size in range(len(problem.demand)):
        assert abs(1 - sum(share for (bucket, _), share in shares.items() if bucket == size)) < CLOSE
    assert abs(fullest(problem, replicas, shares) - least_fullest(problem, replicas)) < CLOSE


@given(small_problems())
@settings(max_examples=40, deadline=None)
def test_one_size_loads_all_replicas_the_same(problem: FleetProblem) -> None:
    replicas = dict(cheapest_fleet(problem).replicas)
    assume(replicas)
    shares = balanced_shares(problem, replicas)
    served = sum(problem.columns[column].capacity[0] * count for column, count in replicas.items())
    assert abs(fullest(problem, replicas, shares) - problem.demand[0] / served) < CLOSE


@given(small_problems(buckets=2))
@settings(max_examples=40, deadline=None)
def test_the_order_in_which_replicas_are_named_changes_nothing(problem: FleetProblem) -> None:
    replicas = dict(cheapest_fleet(problem).replicas)
    assume(replicas)
    one, other = balanced_shares(problem, replicas), balanced_shares(problem, dict(reversed(replicas.items())))
    assert all(abs(share - other[pair]) < CLOSE for pair, share in one.items())
