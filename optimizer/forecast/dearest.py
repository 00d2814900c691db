"""Decide where the dearest futures weigh: bound the tail by weightings of the futures, then solve what is left open.

CVaR is the largest mean over the weightings q of the futures with q[s] <= 1 / ((1 - alpha) S) (its dual). So for any
one q, the budget whose months cost (1 - w) mean + w sum_s q[s] usd[m,j,s] costs no more than the true one: a proved
bound, by a program without a tail. What it buys is a candidate, and the futures that are dearest for it make the next
q; the mean of all q so far closes in on the worst (fictitious play: Brown 1951, Robinson 1951). Neighbours of the best
candidate are tried too. The program with the tail in it then proves or improves what was found.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from optimizer.fleet.solver import SolverName
from optimizer.forecast.problem import BudgetProblem, Level
from optimizer.forecast.refining import (
    MOST_BOXES,
    TAIL_GAP,
    Counts,
    Purchases,
    cheapest_purchases,
    future_costs,
    true_cost,
)
from optimizer.forecast.tail import Tail
from optimizer.performance.tables import Floats

MOST_SWAPS = 500
ROUNDS = 8
ROUNDS_OF_MANY = 40
"""Where the levels are too many to stand in the program one by one, the weightings must do more of the proof."""


def cheapest_of_dearest(problem: BudgetProblem, *, seconds: float = 60, solver: SolverName = "highs") -> Purchases:
    """Return the cheapest purchases in the sense of the problem's tail, or the best found in time with its bound."""
    started = time.perf_counter()
    if problem.tail is None:
        return cheapest_purchases(problem, solver=solver, seconds=seconds)

    def left() -> float:
        return seconds - (time.perf_counter() - started)

    best = _by_weightings(problem, problem.tail, left, solver)
    if best.outcome != "infeasible" and best.outcome != "optimal" and left() > 0:
        best = cheapest_purchases(problem, solver=solver, seconds=left(), start=best)
    return replace(best, seconds=time.perf_counter() - started)


def _by_weightings(problem: BudgetProblem, tail: Tail, left: Callable[[], float], solver: SolverName) -> Purchases:
    """Return the best candidate of the weightings with the best of their bounds."""
    each = [np.array([step.each for step in levels]) for levels in problem.levels]
    weights = np.full(problem.futures, 1 / problem.futures)
    best = Purchases("time limit", math.inf, -math.inf, {}, 0.0)
    many = sum(map(len, problem.levels)) > MOST_BOXES
    for number in range(ROUNDS_OF_MANY if many else ROUNDS):
        plain = replace(problem, levels=_weighed(problem, tail, each, weights), tail=None)
        found = cheapest_purchases(plain, solver=solver, seconds=max(1.0, left()))
        if found.outcome == "infeasible":
            return found
        best = replace(best, bound_usd=max(best.bound_usd, found.bound_usd))
        if math.isfinite(found.usd):
            counts, usd = _improved(problem, found.counts, left)
            if usd < best.usd:
                best = replace(best, usd=usd, counts=counts, outcome="feasible")
            weights = weights + (_dearest(problem, tail, found.counts) - weights) / (number + 1)
        if best.usd - best.bound_usd <= TAIL_GAP * abs(best.usd):
            return replace(best, outcome="optimal", bound_usd=min(best.bound_usd, best.usd))
        if left() <= 0:
            break
    return best


def _weighed(
    problem: BudgetProblem, tail: Tail, each: Sequence[Floats], weights: Floats
) -> tuple[tuple[Level, ...], ...]:
    """Return the levels at their cost under one weighting of the futures."""
    return tuple(
        tuple(
            Level(step.capacity, (1 - tail.weight) * step.usd + tail.weight * dear)
            for step, dear in zip(levels, (own @ weights).tolist(), strict=True)
        )
        for levels, own in zip(problem.levels, each, strict=True)
    )


def _dearest(problem: BudgetProblem, tail: Tail, counts: Counts) -> Floats:
    """Return the weighting under which purchases cost the most: all of it on their dearest futures."""
    usd = future_costs(problem, counts)
    most = 1 / ((1 - tail.alpha) * len(usd))
    weights = np.zeros(len(usd))
    weights[np.argsort(-usd, kind="stable")] = np.clip(1 - most * np.arange(len(usd)), 0.0, most)
    return weights


def _improved(problem: BudgetProblem, counts: Counts, left: Callable[[], float]) -> tuple[Counts, float]:
    """Return purchases after every step to a cheaper neighbour, while there is time, and their cost."""
    usd, grown = true_cost(problem, counts), True
    while grown:
        grown = False
        for other in _neighbours(problem, counts):
            if left() <= 0:
                return counts, usd
            if (cost := true_cost(problem, other)) < usd * (1 - 1e-12):
                usd, counts, grown = cost, other, True
                break
    return counts, usd


def _neighbours(problem: BudgetProblem, counts: Counts) -> Iterator[Counts]:
    """Yield the purchases with one commitment more or less, or, where these are not many, bought as another."""
    fewer = [{**counts, key: count - 1} for key, count in counts.items() if count > 0]
    yield from fewer
    swaps = fewer if len(fewer) * len(problem.purchases) <= MOST_SWAPS else []
    for start in (dict(counts), *swaps):
        for key in problem.purchases:
            if start.get(key, 0) < problem.commitments[key[0]].most:
                yield {**start, key: start.get(key, 0) + 1}
