"""Routing: which part of each size the replicas of a fleet serve, so that all of them are as evenly loaded as can be.

So what is spare stands beside the rest and carries its part, instead of waiting idle. A fleet has one such routing,
whichever solver found the fleet: among equally even ones it is the least of a sum that tells all of them apart.
"""

import math
from collections.abc import Mapping

from optimizer.fleet.goals import roots_of_primes
from optimizer.fleet.problem import FleetProblem, Row, Variable, share
from optimizer.fleet.solver import Terms, solve

SAME_LOAD = 1e-9
Shares = dict[tuple[int, int], float]


def balanced_shares(problem: FleetProblem, counts: Mapping[int, int]) -> Shares:
    """Return the shares x[b,c] of `counts` replicas, least t with sum_b demand[b] / capacity[b,c] x[b,c] <= t r[c].

    With one size that loads all replicas the same. With several, a second program takes, of all shares with that t,
    those with the least sum of sqrt(p) x over distinct primes p.
    """
    if len(problem.demand) == 1:
        served = {column: count * problem.columns[column].capacity[0] for column, count in counts.items()}
        whole = math.fsum(served.values())
        return {(0, column): part / whole for column, part in served.items()}
    fullest = Variable("t", (), integer=False, upper=2)
    pairs = [
        (bucket, column)
        for column in sorted(counts)
        for bucket, capacity in enumerate(problem.columns[column].capacity)
        if capacity > 0
    ]
    rows = [*_whole(pairs, len(problem.demand)), *_loads(problem, counts, pairs, fullest)]
    least = solve(((1.0, fullest),), rows).objective
    even = Row("even", ((1.0, fullest),), "<=", least * (1 + SAME_LOAD))
    order: Terms = tuple((root, share(*pair)) for root, pair in zip(roots_of_primes(len(pairs)), pairs, strict=True))
    values = solve(order, [*rows, even]).values
    return {pair: values[share(*pair)] for pair in pairs}


def _whole(pairs: list[tuple[int, int]], sizes: int) -> list[Row]:
    """serve[b]: sum_c x[b,c] = 1, over the columns that have replicas."""
    return [
        Row(f"serve_{size}", tuple((1.0, share(*pair)) for pair in pairs if pair[0] == size), "=", 1)
        for size in range(sizes)
    ]


def _loads(
    problem: FleetProblem, counts: Mapping[int, int], pairs: list[tuple[int, int]], fullest: Variable
) -> list[Row]:
    """load[c]: sum_b demand[b] / capacity[b,c] x[b,c] <= t r[c]."""
    rows = []
    for column, count in counts.items():
        capacity = problem.columns[column].capacity
        load = tuple((problem.demand[pair[0]] / capacity[pair[0]], share(*pair)) for pair in pairs if pair[1] == column)
        rows.append(Row(f"load_{column}", (*load, (-float(count), fullest)), "<=", 0))
    return rows
