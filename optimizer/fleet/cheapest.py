"""Solve a fleet problem: cost first, then ties in order, so that the same input gives the same fleet on any solver."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from optimizer.fleet.clock import Clock
from optimizer.fleet.goals import (
    TIE_TOLERANCE_USD_PER_HOUR,
    Goal,
    cost_terms,
    preference,
    tidiest,
    value_of,
    weights_at,
)
from optimizer.fleet.narrowing import Narrowed, narrowed
from optimizer.fleet.problem import FleetProblem, Row, share
from optimizer.fleet.routing import Shares, balanced_shares
from optimizer.fleet.searching import Found, cheapest, unbroken
from optimizer.fleet.solver import Outcome, Solution, SolverName, Terms
from optimizer.fleet.standing import rest_of

NO_WORSE = 1e-6  # of an objective, above the solvers' tolerance


@dataclass(frozen=True, slots=True)
class Fleet:
    """How many of what: `instances[o]`, `replicas[c]`, and `share[b, c]` of the demand. Costs in $/h.

    `bound_usd_per_hour` is a proved lower bound of the cost of any fleet. Only the positive counts are kept. `work`
    counts the solver's simplex iterations.
    """

    outcome: Outcome
    cost_usd_per_hour: float
    bound_usd_per_hour: float
    instances: Mapping[int, int]
    replicas: Mapping[int, int]
    share: Mapping[tuple[int, int], float]
    seconds: float
    work: int = 0

    @property
    def found(self) -> bool:
        """Return whether there is a fleet at all."""
        return self.outcome in ("optimal", "feasible")


def cheapest_fleet(
    problem: FleetProblem,
    *,
    solver: SolverName = "highs",
    seconds: float = 60,
    gap_fraction: float = 0.0,
    break_ties: bool = True,
) -> Fleet:
    """Return the cheapest fleet; among equally cheap ones the fewest kinds, then GPUs, then the preferred columns.

    Ties that the time limit leaves no time for are left as they are.
    """
    if any(not servers for servers in problem.servers):
        return Fleet("infeasible", float("inf"), float("-inf"), {}, {}, {}, 0.0)
    clock = Clock(seconds, solver, gap_fraction)
    found = cheapest(problem, clock, in_order=break_ties)
    if not found.solution.values:
        return Fleet(found.solution.outcome, float("inf"), found.solution.bound, {}, {}, {}, clock.spent, clock.work)
    chosen = found
    if break_ties and found.solution.outcome == "optimal":
        chosen = _tie_broken(problem, found, clock)
    even = break_ties or problem.survives_losses
    shares = balanced_shares(problem, chosen.replicas) if even else _solved_shares(problem, chosen)
    return _fleet(problem, found.solution, chosen, shares, clock)


def least(objective: Terms, problem: FleetProblem, seconds: float) -> Solution:
    """Return the fleet with the least of another objective, cost aside."""
    return unbroken(problem, Goal(objective), Clock(seconds))[1]


def _tie_broken(problem: FleetProblem, found: Found, clock: Clock) -> Found:
    """Return the preferred one of the fleets that cost as much as the one that was found.

    None of them has an offer that is too dear to be in it. What is reached already bounds the search. A preferred fleet
    that a loss breaks is solved again with the weighting that it breaks.
    """
    cost = found.solution.objective
    rest = found.rest or rest_of(problem, clock)
    aware = replace(problem, loss_weights=found.narrowed.problem.loss_weights)
    part = narrowed(aware, rest.most(problem, cost))
    fixed = [Row("fixed_cost", cost_terms(part.problem), "<=", cost + TIE_TOLERANCE_USD_PER_HOUR)]
    weights = weights_at(part.problem, cost, *_kinds_and_gpus(problem, found))
    order = tidiest(part.problem, cost) if weights is None else weights.goal(part.problem)
    if not found.in_order:
        tied = _preferred(part, order, found, fixed, clock)
        if tied is None:
            return found
        found = tied
    reached = value_of(order.terms, found.start(part) or {})
    in_order = [*order.rows, Row("fixed_order", order.terms, "<=", reached + order.step)]
    preferred = Goal(preference(part.problem))
    return _preferred(part, preferred, found, in_order if weights else [*fixed, *in_order], clock) or found


def _kinds_and_gpus(problem: FleetProblem, found: Found) -> tuple[int, int]:
    counts = found.instances
    return len(counts), sum(problem.offers[offer].gpus * count for offer, count in counts.items())


def _preferred(part: Narrowed, goal: Goal, found: Found, fixed: list[Row], clock: Clock) -> Found | None:
    """Return the fleet with the least of a goal, no worse than the one found; None where the time is too short."""
    part = replace(part, problem=replace(part.problem, loss_weights=found.narrowed.problem.loss_weights))
    start = found.start(part)
    no_worse = Row("no_worse", goal.terms, "<=", value_of(goal.terms, start or {}) + max(goal.step, NO_WORSE))
    solved, best = unbroken(part.problem, goal, clock, [*fixed, no_worse], start=start)
    return replace(found, narrowed=replace(part, problem=solved), solution=best) if best.outcome == "optimal" else None


def _fleet(problem: FleetProblem, best: Solution, chosen: Found, shares: Shares, clock: Clock) -> Fleet:
    counts, held = chosen.instances, chosen.replicas
    if not problem.limits.counts_parts:
        counts = {index: min(count, _needed(problem, index, held)) for index, count in counts.items()}
    return Fleet(
        outcome=best.outcome,
        cost_usd_per_hour=sum(problem.offers[index].usd_per_hour * count for index, count in counts.items()),
        bound_usd_per_hour=best.bound,
        instances={index: count for index, count in counts.items() if count > 0},
        replicas=held,
        share={key: value for key, value in shares.items() if value > 1e-9},
        seconds=clock.spent,
        work=clock.work,
    )


def _needed(problem: FleetProblem, offer: int, held: Mapping[int, int]) -> int:
    """Return the instances that hold an offer's replicas: an unproved fleet may rent more than that."""
    gpus = sum(problem.columns[c].gpus_per_replica * held.get(c, 0) for c in problem.columns_of[offer])
    return math.ceil(gpus / problem.offers[offer].gpus)


def _solved_shares(problem: FleetProblem, chosen: Found) -> Shares:
    """Return the shares that the solver happened to find; crumbs below its tolerance go to the rest.

    Where only the cost is asked for, one routing is as good as another.
    """
    shares: Shares = {}
    held = chosen.replicas
    for bucket in range(len(problem.demand)):
        found = {
            column: chosen.solution.values.get(share(bucket, number), 0.0)
            for number, column in enumerate(chosen.narrowed.columns)
            if column in held and problem.columns[column].capacity[bucket] > 0
        }
        whole = math.fsum(found.values())
        shares.update({(bucket, column): part / whole for column, part in found.items() if whole > 0})
    return shares
