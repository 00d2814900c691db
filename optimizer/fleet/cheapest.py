"""Solve a fleet problem: cost first, then ties in order, so that the same input gives the same fleet on any solver."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from optimizer.fleet.constraints import CONSTRAINTS, ROUTING, count_kinds
from optimizer.fleet.losses import balanced_shares, broken_weightings
from optimizer.fleet.problem import FleetProblem, Row, Variable, instances, replicas, share, used
from optimizer.fleet.solver import Outcome, Solution, SolverName, Terms, solve

# Absolute slack of a fixed objective: above the solvers' feasibility tolerance, below any difference of price.
TIE_TOLERANCE_USD_PER_HOUR = 1e-6
TIE_SECONDS = 2.0
ROUNDS_OF_FRACTIONS = 8
MOST_WEIGHTINGS_A_ROUND = 3


@dataclass(frozen=True, slots=True)
class Fleet:
    """How many of what: `instances[o]`, `replicas[c]`, and `share[b, c]` of the demand. Costs in $/h.

    `bound_usd_per_hour` is a proved lower bound of the cost of any fleet. Only the positive counts are kept.
    """

    outcome: Outcome
    cost_usd_per_hour: float
    bound_usd_per_hour: float
    instances: Mapping[int, int]
    replicas: Mapping[int, int]
    share: Mapping[tuple[int, int], float]
    seconds: float

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

    Where losses are to be survived, a fleet that breaks a weighting of the sizes is solved again with it, until none
    does. Ties that take longer than TIE_SECONDS are left as they are.
    """
    if any(not servers for servers in problem.servers):
        return Fleet("infeasible", float("inf"), float("-inf"), {}, {}, {}, 0.0)
    clock = _Clock(seconds)
    problem = _with_weightings_of_the_relaxation(problem, clock)
    while True:
        rows = rows_of(problem)
        best = solve(cost_terms(problem), rows, solver=solver, seconds=clock.left, gap_fraction=gap_fraction)
        clock.spend(best.seconds)
        if not best.values:
            return Fleet(best.outcome, float("inf"), best.bound, {}, {}, {}, clock.spent)
        broken, chosen = _broken(problem, best), best
        if not broken and break_ties and best.outcome == "optimal":
            chosen = _tie_broken(problem, rows, best, solver, clock)
            broken = _broken(problem, chosen)
        if not broken:
            return _fleet(problem, best, chosen, clock.spent)
        if clock.left <= 0:
            return Fleet("time limit", float("inf"), best.bound, {}, {}, {}, clock.spent)
        problem = replace(problem, loss_weights=(*problem.loss_weights, *broken))


def least(objective: Terms, problem: FleetProblem) -> Solution:
    """Return the fleet with the least of another objective, cost aside."""
    while True:
        found = solve(objective, rows_of(problem))
        broken = _broken(problem, found) if found.values else ()
        if not broken:
            return found
        problem = replace(problem, loss_weights=(*problem.loss_weights, *broken))


@dataclass(slots=True)
class _Clock:
    """The seconds that a fleet may take, over all its solves."""

    allowed: float
    spent: float = 0.0

    @property
    def left(self) -> float:
        return max(0.0, self.allowed - self.spent)

    def spend(self, seconds: float) -> None:
        self.spent += seconds


def _broken(problem: FleetProblem, solution: Solution) -> tuple[tuple[float, ...], ...]:
    """Return weightings, not in the problem yet, under which the fleet does not survive a loss."""
    counts = {index: float(solution.count(replicas(problem, index))) for index in range(len(problem.columns))}
    return tuple(weights for weights in broken_weightings(problem, counts) if weights not in problem.loss_weights)


def _with_weightings_of_the_relaxation(problem: FleetProblem, clock: _Clock) -> FleetProblem:
    """Return the problem with the weightings that fleets of fractions break, found by linear programs alone."""
    if not problem.survives_losses or len(problem.demand) == 1:
        return problem
    for _ in range(ROUNDS_OF_FRACTIONS):
        rows = [Row(row.name, _relaxed(row.terms), row.sense, row.bound) for row in rows_of(problem)]
        found = solve(_relaxed(cost_terms(problem)), rows, seconds=max(1.0, clock.left))
        clock.spend(found.seconds)
        counts = {variable.index[0]: value for variable, value in found.values.items() if variable.kind == "r"}
        broken = [weights for weights in broken_weightings(problem, counts) if weights not in problem.loss_weights]
        if not broken:
            break
        problem = replace(problem, loss_weights=(*problem.loss_weights, *broken[:MOST_WEIGHTINGS_A_ROUND]))
    return problem


def _relaxed(terms: Terms) -> Terms:
    return tuple((coefficient, replace(variable, integer=False)) for coefficient, variable in terms)


def _tie_broken(problem: FleetProblem, rows: list[Row], best: Solution, solver: SolverName, clock: _Clock) -> Solution:
    """Return the preferred one of the fleets that cost as much as the best."""
    chosen, cost = best, cost_terms(problem)
    rows = [*rows, Row("fixed_cost", cost, "<=", best.objective + TIE_TOLERANCE_USD_PER_HOUR)]
    if problem.limits.max_kinds is None:
        rows += count_kinds(problem)
    for number, objective in enumerate((_kinds_then_gpus(problem, best), _preference(problem))):
        tied = solve(objective, rows, solver=solver, seconds=min(TIE_SECONDS, max(1.0, clock.left)))
        clock.spend(tied.seconds)
        if tied.outcome != "optimal":
            break
        chosen = tied
        rows.append(Row(f"fixed_tie_{number}", objective, "<=", round(tied.objective) + 0.5))
    return chosen


def rows_of(problem: FleetProblem) -> list[Row]:
    """Return the rows of every constraint, in the registry's order."""
    implied = ROUTING if problem.survives_losses else ()
    return [row for constraint in CONSTRAINTS if constraint not in implied for row in constraint(problem)]


def cost_terms(problem: FleetProblem) -> Terms:
    """Return the objective: sum_o usd_per_hour[o] n[o]."""
    return tuple((offer.usd_per_hour, instances(problem, index)) for index, offer in enumerate(problem.offers))


def _kinds_then_gpus(problem: FleetProblem, best: Solution) -> Terms:
    """Return kinds x (all GPUs + 1) + GPUs: one more kind weighs more than any saving of GPUs."""
    all_gpus = sum(offer.gpus * best.count(instances(problem, index)) for index, offer in enumerate(problem.offers))
    terms: list[tuple[float, Variable]] = []
    for index, offer in enumerate(problem.offers):
        terms.append((float(all_gpus + 1), used(index)))
        terms.append((float(offer.gpus), instances(problem, index)))
    return tuple(terms)


def _preference(problem: FleetProblem) -> Terms:
    """Return sum_c sqrt(p_c) r[c] with p_c the primes in order of preference.

    Square roots of primes are linearly independent over the rationals, so no two fleets tie in it.
    """
    roots = [math.sqrt(prime) for prime in _primes(len(problem.columns))]
    return tuple((roots[column.preference], replicas(problem, index)) for index, column in enumerate(problem.columns))


def _primes(count: int) -> list[int]:
    """Return the first `count` primes, by a sieve up to n (ln n + ln ln n), which bounds the n-th prime for n >= 6."""
    n = max(count, 6)
    limit = math.ceil(n * (math.log(n) + math.log(math.log(n))))
    is_prime = bytearray([1]) * (limit + 1)
    for factor in range(2, math.isqrt(limit) + 1):
        if is_prime[factor]:
            is_prime[factor * factor :: factor] = bytes(len(range(factor * factor, limit + 1, factor)))
    return [number for number in range(2, limit + 1) if is_prime[number]][:count]


def _fleet(problem: FleetProblem, best: Solution, chosen: Solution, seconds: float) -> Fleet:
    counts = {index: chosen.count(instances(problem, index)) for index in range(len(problem.offers))}
    held = {index: chosen.count(replicas(problem, index)) for index in range(len(problem.columns))}
    held = {index: count for index, count in held.items() if count > 0}
    if not problem.limits.counts_parts:
        counts = {index: min(count, _needed(problem, index, held)) for index, count in counts.items()}
    return Fleet(
        outcome=best.outcome,
        cost_usd_per_hour=sum(problem.offers[index].usd_per_hour * count for index, count in counts.items()),
        bound_usd_per_hour=best.bound,
        instances={index: count for index, count in counts.items() if count > 0},
        replicas=held,
        share={key: value for key, value in _shares(problem, chosen, held).items() if value > 1e-9},
        seconds=seconds,
    )


def _needed(problem: FleetProblem, offer: int, held: Mapping[int, int]) -> int:
    """Return the instances that hold an offer's replicas: an unproved fleet may rent more than that."""
    gpus = sum(problem.columns[c].gpus_per_replica * held.get(c, 0) for c in problem.columns_of[offer])
    return math.ceil(gpus / problem.offers[offer].gpus)


def _shares(problem: FleetProblem, chosen: Solution, held: Mapping[int, int]) -> dict[tuple[int, int], float]:
    """Return the shares of the demand on columns with replicas; crumbs below the solver's tolerance go to the rest."""
    if problem.survives_losses:
        return balanced_shares(problem, held)
    shares = {}
    for bucket, servers in enumerate(problem.servers):
        found = {column: chosen.values.get(share(bucket, column), 0.0) for column in servers if column in held}
        whole = math.fsum(found.values())
        shares.update({(bucket, column): part / whole for column, part in found.items() if whole > 0})
    return shares
