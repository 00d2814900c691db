"""Solve a fleet problem: cost first, then ties in order, so that the same input gives the same fleet on any solver."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from optimizer.fleet.constraints import count_kinds
from optimizer.fleet.losses import balanced_shares
from optimizer.fleet.narrowing import most_within, narrowed
from optimizer.fleet.problem import FleetProblem, Row, Variable, instances, replicas, share, used
from optimizer.fleet.searching import Clock, Found, cheapest, cost_terms, rests, unbroken
from optimizer.fleet.solver import Outcome, Solution, SolverName, Terms

# Absolute slack of a fixed objective: above the solvers' feasibility tolerance, below any difference of price.
TIE_TOLERANCE_USD_PER_HOUR = 1e-6


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
    found = cheapest(problem, clock)
    if not found.solution.values:
        return Fleet(found.solution.outcome, float("inf"), found.solution.bound, {}, {}, {}, clock.spent, clock.work)
    chosen = found
    if break_ties and found.solution.outcome == "optimal":
        chosen = _tie_broken(problem, found, clock)
    return _fleet(problem, found.solution, chosen, clock)


def least(objective: Terms, problem: FleetProblem) -> Solution:
    """Return the fleet with the least of another objective, cost aside."""
    return unbroken(problem, objective, Clock(60.0))[1]


def _tie_broken(problem: FleetProblem, found: Found, clock: Clock) -> Found:
    """Return the preferred one of the fleets that cost as much as the one that was found.

    None of them has an offer that is too dear to be in it. What is reached already bounds the search. A preferred fleet
    that a loss breaks is solved again with the weighting that it breaks.
    """
    cost, before = found.solution.objective, found.narrowed.problem
    rest = found.rest or rests(problem, cost, clock)
    part = narrowed(replace(problem, loss_weights=before.loss_weights), most_within(problem, cost, rest))
    gpus = sum(offer.gpus * found.solution.count(instances(before, index)) for index, offer in enumerate(before.offers))
    fixed = [Row("fixed_cost", cost_terms(part.problem), "<=", cost + TIE_TOLERANCE_USD_PER_HOUR)]
    if problem.limits.max_kinds is None:
        fixed += count_kinds(part.problem)
    kinds = sum(found.solution.count(instances(before, index)) > 0 for index in range(len(before.offers)))
    chosen, reached = found, float(kinds * (gpus + 1) + gpus)
    for number, objective in enumerate((_kinds_then_gpus(part.problem, gpus), _preference(part.problem))):
        no_worse = Row(f"no_worse_{number}", objective, "<=", reached + 0.5)
        solved, tied = unbroken(part.problem, objective, clock, [*fixed, no_worse])
        if tied.outcome != "optimal":
            break
        part = replace(part, problem=solved)
        chosen = Found(part, tied)
        fixed.append(Row(f"fixed_tie_{number}", objective, "<=", round(tied.objective) + 0.5))
        reached = tied.value_of(_preference(part.problem))
    return chosen


def _kinds_then_gpus(problem: FleetProblem, all_gpus: int) -> Terms:
    """Return kinds x (all GPUs + 1) + GPUs: one more kind weighs more than any saving of GPUs."""
    terms: list[tuple[float, Variable]] = []
    for index, offer in enumerate(problem.offers):
        terms.append((float(all_gpus + 1), used(index)))
        terms.append((float(offer.gpus), instances(problem, index)))
    return tuple(terms)


def _preference(problem: FleetProblem) -> Terms:
    """Return sum_c sqrt(p_c) r[c] with p_c the primes in order of preference.

    Square roots of primes are linearly independent over the rationals, so no two fleets tie in it.
    """
    last = max(column.preference for column in problem.columns)
    roots = [math.sqrt(prime) for prime in _primes(last + 1)]
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


def _fleet(problem: FleetProblem, best: Solution, chosen: Found, clock: Clock) -> Fleet:
    part, solution = chosen.narrowed.problem, chosen.solution
    counts = {o: solution.count(instances(part, number)) for number, o in enumerate(chosen.narrowed.offers)}
    held = {c: solution.count(replicas(part, number)) for number, c in enumerate(chosen.narrowed.columns)}
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
        seconds=clock.spent,
        work=clock.work,
    )


def _needed(problem: FleetProblem, offer: int, held: Mapping[int, int]) -> int:
    """Return the instances that hold an offer's replicas: an unproved fleet may rent more than that."""
    gpus = sum(problem.columns[c].gpus_per_replica * held.get(c, 0) for c in problem.columns_of[offer])
    return math.ceil(gpus / problem.offers[offer].gpus)


def _shares(problem: FleetProblem, chosen: Found, held: Mapping[int, int]) -> dict[tuple[int, int], float]:
    """Return the shares of the demand on columns with replicas; crumbs below the solver's tolerance go to the rest."""
    if problem.survives_losses:
        return balanced_shares(problem, held)
    shares: dict[tuple[int, int], float] = {}
    for bucket in range(len(problem.demand)):
        found = {
            column: chosen.solution.values.get(share(bucket, number), 0.0)
            for number, column in enumerate(chosen.narrowed.columns)
            if column in held and problem.columns[column].capacity[bucket] > 0
        }
        whole = math.fsum(found.values())
        shares.update({(bucket, column): part / whole for column, part in found.items() if whole > 0})
    return shares
