"""Relaxing: the fleet that covers the demand most cheaply without any limit, where it happens to keep every limit.

The cover is the optimum of a relaxation, so it is the optimum of the whole program as soon as it keeps all its rows;
and where no cover exists, or the cheapest is beyond the budget, there is no fleet. Every row is held against it, of
whatever constraint; a row about anything that a cover does not decide sends the question to the solver.
"""

from collections.abc import Mapping

import numpy as np

from optimizer.fleet.candidates import Candidates
from optimizer.fleet.cheapest import Fleet
from optimizer.fleet.choices import Choices
from optimizer.fleet.columns import Columns, assemble
from optimizer.fleet.constraints import rows_of
from optimizer.fleet.covering import Cover, cheapest_cover
from optimizer.fleet.problem import FleetProblem, Row, Variable
from optimizer.performance.tables import Ints

TOLERANCE = 1e-9
Values = Mapping[tuple[str, tuple[int, ...]], float]


def relaxed_fleet(candidates: Candidates, offers: Ints, choices: Choices) -> tuple[Columns, Fleet] | None:
    """Return the cheapest fleet where the relaxation finds it, or that there is none; None where the solver has to."""
    if len(candidates.demand.sizes) > 1 or candidates.request.survive_loss != "none":
        return None
    cover = cheapest_cover(candidates, offers, choices)
    if cover is None:
        return None
    columns = _columns(candidates, choices, cover)
    budget = candidates.request.limits.max_usd_per_hour
    if not cover.counts or (budget is not None and cover.cost_usd_per_hour > budget * (1 + TOLERANCE)):
        return columns, Fleet("infeasible", float("inf"), float("-inf"), {}, {}, {}, 0.0)
    fleet = _fleet(columns, cover)
    values = _values(columns.problem, fleet)
    return (columns, fleet) if all(_keeps(row, values) for row in rows_of(columns.problem)) else None


def _columns(candidates: Candidates, choices: Choices, cover: Cover) -> Columns:
    """Return one column for each item of a cover."""
    stock = candidates.ground.stock
    positions = stock.by_price(np.unique(np.array([item.position for item, _ in cover.counts], dtype=np.int64)))
    taken = {
        position: [choices.on(item.placement) for item, _ in cover.counts if item.position == position]
        for position in positions.tolist()
    }
    return assemble(candidates, candidates.request, taken, {})


def _fleet(columns: Columns, cover: Cover) -> Fleet:
    """Return the cover as a fleet: every instance full, all replicas equally loaded."""
    problem = columns.problem
    instances = [0] * len(problem.offers)
    replicas = [0] * len(problem.columns)
    place = {position: number for number, position in enumerate(columns.positions)}
    for item, count in cover.counts:
        offer = place[item.position]
        column = next(
            c for c in problem.columns_of[offer] if problem.columns[c].instances_per_replica == item.instances
        )
        instances[offer] += count * item.instances
        gpus = item.instances * problem.offers[offer].gpus
        replicas[column] += count * (gpus // problem.columns[column].gpus_per_replica)
    served = sum(count * column.capacity[0] for count, column in zip(replicas, problem.columns, strict=True))
    return Fleet(
        outcome="optimal",
        cost_usd_per_hour=sum(o.usd_per_hour * n for o, n in zip(problem.offers, instances, strict=True)),
        bound_usd_per_hour=cover.cost_usd_per_hour,
        instances={offer: count for offer, count in enumerate(instances) if count},
        replicas={column: count for column, count in enumerate(replicas) if count},
        share={
            (0, column): count * problem.columns[column].capacity[0] / served
            for column, count in enumerate(replicas)
            if count
        },
        seconds=0.0,
    )


def _values(problem: FleetProblem, fleet: Fleet) -> Values:
    """Return what a fleet decides: instances, replicas, shares, uses, and the changes of what runs already."""
    values: dict[tuple[str, tuple[int, ...]], float] = {("x", key): part for key, part in fleet.share.items()}
    for offer in range(len(problem.offers)):
        count = fleet.instances.get(offer, 0)
        values["n", (offer,)], values["used", (offer,)] = count, float(count > 0)
        values["moved", (offer,)] = abs(count - problem.limits.current.get(offer, 0))
    values.update({("r", (column,)): fleet.replicas.get(column, 0) for column in range(len(problem.columns))})
    return values


def _keeps(row: Row, values: Values) -> bool:
    total = 0.0
    for coefficient, variable in row.terms:
        value = values.get(_key(variable))
        if value is None:
            return False
        total += coefficient * value
    slack = TOLERANCE * max(1.0, abs(row.bound))
    above, below = total >= row.bound - slack, total <= row.bound + slack
    return {"<=": below, ">=": above, "=": above and below}[row.sense]


def _key(variable: Variable) -> tuple[str, tuple[int, ...]]:
    return variable.kind, variable.index
