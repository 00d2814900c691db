"""Searching: the cheapest fleet of a problem, with weightings of the sizes added until no loss breaks it.

With several sizes and losses to survive, a few offers that the linear relaxation likes best give a fleet first. It says
how many of each other offer a cheaper fleet could have (see `narrowing`), and its search finds the weightings that
matter while the problem is still small. The last problem has every offer that could make a fleet cheaper: its bound
proves the fleet.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from optimizer.fleet.constraints import CONSTRAINTS, ROUTING
from optimizer.fleet.losses import broken_weightings
from optimizer.fleet.narrowing import Narrowed, carefree, most_within, narrowed, places_of, whole
from optimizer.fleet.problem import FleetProblem, Row, Variable, instances, replicas
from optimizer.fleet.solver import Solution, SolverName, Terms, solve

ROUNDS_OF_FRACTIONS = 8
Stages = tuple[tuple[int | None, ...], ...]
STAGES: Stages = ((9,), (9, 15, None))
"""How many offers are searched, the best by each linear relaxation; None: all that could make a fleet cheaper."""
FEW_OFFERS = 100
SAME_USD_PER_HOUR = 1e-7


@dataclass(slots=True)
class Clock:
    """The seconds that a fleet may take, over all its solves, the work they took (simplex iterations), and how."""

    allowed: float
    solver: SolverName = "highs"
    gap_fraction: float = 0.0
    spent: float = 0.0
    work: int = 0

    @property
    def left(self) -> float:
        """Return the seconds that are left."""
        return max(0.0, self.allowed - self.spent)

    def solve(self, objective: Terms, rows: Iterable[Row]) -> Solution:
        """Solve in the time that is left, a second at least."""
        found = solve(objective, rows, solver=self.solver, seconds=max(1.0, self.left), gap_fraction=self.gap_fraction)
        self.spent += found.seconds
        self.work += found.work
        return found


@dataclass(frozen=True, slots=True)
class Found:
    """The cheapest fleet as a solution of a narrowed problem; its outcome and bound are those of the whole one.

    `rest[o]` is what any fleet costs at least beside offer o (see `rests`); empty where it was not asked.
    """

    narrowed: Narrowed
    solution: Solution
    rest: tuple[float, ...] = ()


def cheapest(problem: FleetProblem, clock: Clock, stages: Stages = STAGES) -> Found:
    """Return the cheapest fleet, ties aside."""
    if not problem.survives_losses or (len(problem.demand) == 1 and len(problem.offers) <= FEW_OFFERS):
        problem, best = unbroken(problem, cost_terms(problem), clock)
        return Found(whole(problem), best)
    return _in_stages(problem, clock, stages)


def _in_stages(problem: FleetProblem, clock: Clock, stages: Stages) -> Found:
    most, enough = list(problem.most_instances), math.inf
    known: Found | None = None
    last = Solution("infeasible", math.inf, -math.inf, {}, 0.0)
    for counts in stages:
        part, relaxed = _with_weightings_of_the_relaxation(narrowed(problem, most), clock)
        problem = replace(problem, loss_weights=part.problem.loss_weights)
        order = [part.offers[offer] for offer in _by_reduced_cost(part.problem, relaxed)]
        for count in (count for count in counts if count is None or count < len(order)):
            among = set(order[:count])
            part = narrowed(problem, [most[offer] if offer in among else 0 for offer in range(len(most))])
            solved, last = unbroken(part.problem, cost_terms(part.problem), clock, enough=enough)
            problem = replace(problem, loss_weights=solved.loss_weights)
            if last.values and last.objective < enough - SAME_USD_PER_HOUR:
                enough = last.objective
                rest = known.rest if known is not None else rests(problem, enough, clock)
                known = Found(replace(part, problem=solved), last, rest)
                most = list(most_within(problem, enough, rest))
    return _concluded(problem, known, last)


def _concluded(problem: FleetProblem, known: Found | None, last: Solution) -> Found:
    """Return the best fleet, proved where the search among all offers came to its end."""
    if known is None:
        return Found(whole(problem), last)
    best = known.solution
    if last.outcome in ("optimal", "infeasible"):
        return replace(known, solution=replace(best, outcome="optimal", bound=best.objective))
    return replace(known, solution=replace(best, outcome="feasible", bound=min(best.objective, last.bound)))


def unbroken(
    problem: FleetProblem, objective: Terms, clock: Clock, fixed: Sequence[Row] = (), *, enough: float = math.inf
) -> tuple[FleetProblem, Solution]:
    """Return the fleet with the least of an objective that no loss breaks, and the problem with its weightings.

    Where that is not below `enough`, a fleet that some loss breaks says so as well, and is returned.
    """
    while True:
        best = clock.solve(objective, [*rows_of(problem), *fixed])
        if not best.values or best.objective >= enough - SAME_USD_PER_HOUR:
            return problem, best
        broken = broken_by(problem, best)
        if not broken:
            return problem, best
        if clock.left <= 0:
            return problem, replace(best, outcome="time limit", values={})
        problem = replace(problem, loss_weights=(*problem.loss_weights, *broken))


def rests(problem: FleetProblem, cost_usd_per_hour: float, clock: Clock) -> tuple[float, ...]:
    """Return, per offer, the least that a fleet costs beside it: without the zone or provider that is lost with it.

    What is left then serves everything by itself. Only the places of the cheapest such fleet have to be tried: without
    any other place, it costs the same. Nothing is said of smaller losses.
    """
    if problem.survive_loss not in ("zone", "provider"):
        return (0.0,) * len(problem.offers)
    easy, places = carefree(problem), places_of(problem)
    affordable = most_within(easy, cost_usd_per_hour, (0.0,) * len(places))

    def least(lost: str | None) -> tuple[float, set[str]]:
        part = narrowed(easy, [0 if place == lost else most for place, most in zip(places, affordable, strict=True)])
        if any(not servers for servers in part.problem.servers):
            return cost_usd_per_hour, set()
        found = clock.solve(cost_terms(part.problem), rows_of(part.problem))
        used = {places[o] for n, o in enumerate(part.offers) if found.count(instances(part.problem, n))}
        return (found.bound if found.values else cost_usd_per_hour), used

    without_none, used = least(None)
    without = {place: least(place)[0] for place in sorted(used)}
    return tuple(without.get(place, without_none) for place in places)


def _with_weightings_of_the_relaxation(part: Narrowed, clock: Clock) -> tuple[Narrowed, Solution]:
    """Return a problem with the weightings that fleets of fractions break, and its linear relaxation."""
    problem = part.problem
    for _ in range(ROUNDS_OF_FRACTIONS):
        rows = [Row(row.name, _relaxed(row.terms), row.sense, row.bound) for row in rows_of(problem)]
        found = clock.solve(_relaxed(cost_terms(problem)), rows)
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


def rows_of(problem: FleetProblem) -> list[Row]:
    """Return the rows of every constraint, in the registry's order."""
    implied = ROUTING if problem.survives_losses else ()
    return [row for constraint in CONSTRAINTS if constraint not in implied for row in constraint(problem)]


def cost_terms(problem: FleetProblem) -> Terms:
    """Return the objective: sum_o usd_per_hour[o] n[o]."""
    return tuple((offer.usd_per_hour, instances(problem, index)) for index, offer in enumerate(problem.offers))


def _relaxed(terms: Terms) -> Terms:
    return tuple((coefficient, _fraction(variable)) for coefficient, variable in terms)


def _fraction(variable: Variable) -> Variable:
    return replace(variable, integer=False)
