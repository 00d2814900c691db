"""Searching: the cheapest fleet of a problem, with weightings of the sizes added until no loss breaks it.

With several sizes and losses to survive, a few offers give a fleet first: two fleets apart of which each serves all, or
those that the linear relaxation likes best. It says how many of each other offer a cheaper fleet could have (see
`narrowing`), and its search finds the weightings that matter while the problem is still small. The last problem has
every offer that could make a fleet cheaper: its bound proves the fleet. A search begins with the fleet known so far.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from optimizer.fleet.clock import Clock
from optimizer.fleet.constraints import rows_of
from optimizer.fleet.goals import Goal, cheapest_of, cost_terms, value_of, weights_within
from optimizer.fleet.losses import broken_weightings
from optimizer.fleet.narrowing import Narrowed, narrowed, whole
from optimizer.fleet.problem import FleetProblem, Row, Variable, replicas, used
from optimizer.fleet.solver import Solution
from optimizer.fleet.standing import Rest, rest_of

ROUNDS_OF_FRACTIONS = 8
Stages = tuple[tuple[int | None, ...], ...]
STAGES: Stages = ((9,), (9, 15, None))
"""How many offers are searched, the best by each linear relaxation; None: all that could make a fleet cheaper."""
FEW_OFFERS = 100
WORTH_MORE = 2  # times as many offers make a search of few of them worth its time


@dataclass(frozen=True, slots=True)
class Found:
    """The cheapest fleet as a solution of a narrowed problem; its outcome and bound are those of the whole one.

    Its objective is the cost. `rest` is what any fleet costs beside each offer, None where it was not asked. `in_order`
    says that it has the fewest kinds, then GPUs, of all that cost as much.
    """

    narrowed: Narrowed
    solution: Solution
    rest: Rest | None = None
    in_order: bool = False

    @property
    def instances(self) -> dict[int, int]:
        """Return how many instances of which offers of the whole problem."""
        found = self.narrowed
        counts = (self.solution.count(variable) for variable in found.problem.instance_variables)
        return {offer: count for offer, count in zip(found.offers, counts, strict=True) if count}

    @property
    def replicas(self) -> dict[int, int]:
        """Return how many replicas of which columns of the whole problem."""
        found = self.narrowed
        counts = (self.solution.count(variable) for variable in found.problem.replica_variables)
        return {column: count for column, count in zip(found.columns, counts, strict=True) if count}

    def start(self, part: Narrowed) -> dict[Variable, float] | None:
        """Return the fleet as a start for another part of the same problem; None where it has other offers."""
        rented, held = self.instances, self.replicas
        if not rented.keys() <= set(part.offers):
            return None
        values: dict[Variable, float] = {}
        for place, (offer, variable) in enumerate(zip(part.offers, part.problem.instance_variables, strict=True)):
            values[variable], values[used(place)] = rented.get(offer, 0), float(offer in rented)
        for column, variable in zip(part.columns, part.problem.replica_variables, strict=True):
            values[variable] = held.get(column, 0)
        return values


def cheapest(problem: FleetProblem, clock: Clock, stages: Stages = STAGES, *, in_order: bool = False) -> Found:
    """Return the cheapest fleet; with few kinds, then GPUs, if that is asked for and takes no search of its own."""
    if len(problem.demand) == 1 and len(problem.offers) <= FEW_OFFERS:
        problem, best = unbroken(problem, cheapest_of(problem), clock)
        return Found(whole(problem), best)
    return _in_stages(problem, clock, stages if problem.survives_losses else ((None,),), in_order=in_order)


def _in_stages(problem: FleetProblem, clock: Clock, stages: Stages, *, in_order: bool) -> Found:
    rest = rest_of(problem, clock)
    known = _among(problem, rest, clock)
    if known is not None:
        problem, stages = replace(problem, loss_weights=known.narrowed.problem.loss_weights), stages[-1:]
    goal, last = cheapest_of(problem), Solution("infeasible", math.inf, -math.inf, {}, 0.0)
    if not all(narrowed(problem, _most(problem, known, rest)).problem.servers):
        return Found(whole(problem), last)
    for counts in stages:
        order: list[int] = []
        if problem.survives_losses:
            part, relaxed = _with_weightings_of_the_relaxation(narrowed(problem, _most(problem, known, rest)), clock)
            problem = replace(problem, loss_weights=part.problem.loss_weights)
            order = [part.offers[offer] for offer in _by_reduced_cost(part.problem, relaxed)]
        for count in (count for count in counts if count is None or WORTH_MORE * count <= len(order)):
            most, left = _most(problem, known, rest), () if count is None else order[count:]
            part = narrowed(problem, [0 if offer in left else most[offer] for offer in range(len(most))])
            goal = _goal(part.problem, known, in_order=in_order and count is None)
            start = None if known is None else known.start(part)
            enough = math.inf if known is None else known.solution.objective
            enough = enough if start is None else value_of(goal.terms, start)
            solved, last = unbroken(part.problem, goal, clock, enough=enough, start=start)
            problem = replace(problem, loss_weights=solved.loss_weights)
            if last.values and last.objective < enough - goal.step:
                cost = value_of(cost_terms(solved), last.values)
                known = Found(replace(part, problem=solved), replace(last, objective=cost), rest)
    return _concluded(problem, known, last, goal)


def _goal(problem: FleetProblem, known: Found | None, *, in_order: bool) -> Goal:
    """Return what to search for: the order where it is asked for and what a fleet costs at most is known."""
    weights = weights_within(problem, known.solution.objective) if in_order and known is not None else None
    return cheapest_of(problem) if weights is None else weights.goal(problem)


def _most(problem: FleetProblem, known: Found | None, rest: Rest) -> tuple[int, ...]:
    """Return the most instances of each offer that a fleet as cheap as the known one has."""
    return rest.most(problem, math.inf if known is None else known.solution.objective)


def _concluded(problem: FleetProblem, known: Found | None, last: Solution, goal: Goal) -> Found:
    """Return the best fleet, proved where the search among all offers came to its end."""
    if known is None:
        return Found(whole(problem), last)
    best = known.solution
    if last.outcome in ("optimal", "infeasible"):
        proved = replace(best, outcome="optimal", bound=best.objective)
        return replace(known, solution=proved, in_order=goal.beside > 0)
    bound = min(best.objective, goal.least_usd_per_hour(last.bound))
    return replace(known, solution=replace(best, outcome="feasible", bound=bound))


def unbroken(
    problem: FleetProblem,
    goal: Goal,
    clock: Clock,
    fixed: Sequence[Row] = (),
    *,
    enough: float = math.inf,
    start: Mapping[Variable, float] | None = None,
) -> tuple[FleetProblem, Solution]:
    """Return the fleet with the least of a goal that no loss breaks, and the problem with its weightings.

    Where that is not below `enough`, a fleet that some loss breaks says so as well, and is returned.
    """
    while True:
        best = clock.solve(goal.terms, [*rows_of(problem), *goal.rows, *fixed], start=start)
        if not best.values or best.objective >= enough - goal.step:
            return problem, best
        broken = broken_by(problem, best)
        if not broken:
            return problem, best
        if clock.left <= 0:
            return problem, replace(best, outcome="time limit", values={})
        problem = replace(problem, loss_weights=(*problem.loss_weights, *broken))


def _among(problem: FleetProblem, rest: Rest, clock: Clock) -> Found | None:
    """Return the cheapest fleet on the offers of two fleets apart; None where limits leave none, or none are known."""
    if not rest.apart:
        return None
    part = narrowed(problem, [most if o in rest.apart else 0 for o, most in enumerate(problem.most_instances)])
    solved, best = unbroken(part.problem, cheapest_of(part.problem), clock)
    return Found(replace(part, problem=solved), best, rest) if best.values else None


def _with_weightings_of_the_relaxation(part: Narrowed, clock: Clock) -> tuple[Narrowed, Solution]:
    """Return a problem with the weightings that fleets of fractions break, and its linear relaxation."""
    problem = part.problem
    for _ in range(ROUNDS_OF_FRACTIONS):
        found = clock.solve(cost_terms(problem), rows_of(problem), relaxed=True)
        counts = {variable.index[0]: value for variable, value in found.values.items() if variable.kind == "r"}
        broken = [weights for weights in broken_weightings(problem, counts) if weights not in problem.loss_weights]
        if not broken:
            break
        problem = replace(problem, loss_weights=(*problem.loss_weights, *broken))
    return replace(part, problem=problem), found


def _by_reduced_cost(problem: FleetProblem, relaxed: Solution) -> list[int]:
    """Return the offers by what a full instance would add to the cost of the relaxation, the best first."""
    reduced = {(variable.kind, variable.index): value for variable, value in relaxed.reduced.items()}

    def added(offer: int) -> float:
        full = (
            problem.offers[offer].gpus / problem.columns[c].gpus_per_replica * reduced.get(("r", (c,)), 0.0)
            for c in problem.columns_of[offer]
        )
        return reduced.get(("n", (offer,)), 0.0) + min(full, default=math.inf)

    scores = [added(offer) for offer in range(len(problem.offers))]
    return sorted(range(len(scores)), key=lambda offer: (round(scores[offer], 9), offer))


def broken_by(problem: FleetProblem, solution: Solution) -> tuple[tuple[float, ...], ...]:
    """Return weightings, not in the problem yet, under which the fleet does not survive a loss."""
    counts = {index: float(solution.count(replicas(problem, index))) for index in range(len(problem.columns))}
    return tuple(weights for weights in broken_weightings(problem, counts) if weights not in problem.loss_weights)
