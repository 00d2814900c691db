"""Losses of a solved fleet: the weighting of the sizes under which what is left falls short, for the program to add.

Replicas L[c] serve the demand if and only if sum_c v[u,c] L[c] >= 1 for every weighting u (see `constraints.survive`).
The worst u is a small linear program; a fleet that keeps all of them survives every loss.
"""

from collections.abc import Mapping

from optimizer.fleet.constraints.survive import losses
from optimizer.fleet.preempted import lefts_of_spot
from optimizer.fleet.problem import FleetProblem, Row, Variable
from optimizer.fleet.solver import solve

SHORT = 1e-6
Weights = tuple[float, ...]


def broken_weightings(problem: FleetProblem, counts: Mapping[int, float]) -> tuple[Weights, ...]:
    """Return the worst weighting for each loss after which `counts` replicas, whole or not, no longer serve all."""
    if len(problem.demand) == 1:
        return ()
    held = {column: count for column, count in counts.items() if count > 0}
    lefts = [loss.left_of(held) for loss in losses(problem)]
    lefts = [left for left in lefts if left != held]
    lefts += lefts_of_spot(problem, held)
    unique = {tuple(sorted(left.items())): left for left in lefts}
    found = (_worst(problem, left) for left in unique.values())
    return tuple(dict.fromkeys(weights for weights in found if weights is not None))


def _worst(problem: FleetProblem, left: Mapping[int, float]) -> Weights | None:
    """Minimise sum_c L[c] v[c] over weightings, v[c] >= u[b] capacity[b,c] / demand[b]; None where it is 1 or more."""
    sizes = range(len(problem.demand))
    weights = [Variable("u", (size,), integer=False, upper=1) for size in sizes]
    standing = [column for column, count in left.items() if count > 0]
    values = {column: Variable("v", (column,), integer=False, upper=1e9) for column in standing}
    rows = [Row("weights", tuple((1.0, weight) for weight in weights), "=", 1)]
    for column in standing:
        for size, amount in enumerate(problem.demand):
            worth = problem.columns[column].capacity[size] / amount
            if worth > 0:
                terms = ((worth, weights[size]), (-1.0, values[column]))
                rows.append(Row(f"value_{column}_{size}", terms, "<=", 0))
    objective = tuple((float(left[column]), values[column]) for column in standing)
    worst = solve(objective, rows)
    if worst.objective >= 1 - SHORT:
        return None
    return tuple(round(worst.values.get(weight, 0.0), 9) for weight in weights)
