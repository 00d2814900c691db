"""Solve a budget problem exactly with few variables: bound it, look where the answer stands, part the months there.

Within a piece of its levels a month may mix them, so only the lower convex hull of the piece matters, and the optimum
of such a program is a proved bound. What it buys has a true cost. Where the two meet, that is the optimum; until then
every month is parted at the level on which it stands: there, and beyond, its cost is then exact.
"""

import math
import time
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from optimizer.fleet.solver import Outcome, SolverName, solve
from optimizer.forecast.problem import BudgetProblem, Level, buy, cost_terms, rows_of

RELATIVE_GAP = 1e-9
SLACK = 1e-9
Counts = Mapping[tuple[int, int], int]


@dataclass(frozen=True, slots=True)
class Purchases:
    """What to buy: `counts[commitment, month]`; its true cost and a proved bound, in discounted dollars."""

    outcome: Outcome
    usd: float
    bound_usd: float
    counts: Counts
    seconds: float


def cheapest_purchases(problem: BudgetProblem, *, seconds: float = 60, solver: SolverName = "highs") -> Purchases:
    """Return the cheapest purchases, or the best that were found in time with the bound that was proved."""
    started = time.perf_counter()
    if any(not levels for levels in problem.levels):
        return Purchases("infeasible", math.inf, -math.inf, {}, 0.0)
    nothing = true_cost(problem, {})
    best = Purchases("feasible" if math.isfinite(nothing) else "time limit", nothing, -math.inf, {}, 0.0)
    ends: list[list[int]] = [[len(levels)] for levels in problem.levels]
    while True:
        parted = replace(problem, pieces=tuple(map(_pieces, problem.levels, ends)))
        left = seconds - (time.perf_counter() - started)
        found = solve(cost_terms(parted), rows_of(parted), solver=solver, seconds=max(0.5, left))
        best = replace(best, seconds=time.perf_counter() - started)
        if not found.values:
            return replace(best, outcome="infeasible") if found.outcome == "infeasible" else best
        counts = {key: found.count(buy(problem, *key)) for key in problem.purchases}
        counts = {key: count for key, count in counts.items() if count > 0}
        best = replace(best, bound_usd=max(best.bound_usd, found.bound))
        if (usd := true_cost(problem, counts)) < best.usd:
            best = replace(best, usd=usd, counts=counts, outcome="feasible")
        if best.usd - best.bound_usd <= RELATIVE_GAP * abs(best.usd):
            return replace(best, outcome="optimal", bound_usd=min(best.bound_usd, best.usd))
        if not _part(problem, ends, counts) or left <= 0:
            return best


def alive_capacity(problem: BudgetProblem, counts: Counts, month: int) -> float:
    """Return the committed capacity of a month: what was held before and every purchase that is alive."""
    return problem.held[month] + math.fsum(
        count * problem.commitments[index].capacity
        for (index, bought), count in counts.items()
        if bought in problem.commitments[index].covers(month)
    )


def true_cost(problem: BudgetProblem, counts: Counts) -> float:
    """Return the discounted cost of purchases, infinite where they leave a month unserved."""
    bought = [(problem.commitments[index].usd[month] or 0.0) * count for (index, month), count in counts.items()]
    for month, levels in enumerate(problem.levels):
        place = _standing(levels, alive_capacity(problem, counts, month))
        bought.append(levels[place].usd if place >= 0 else math.inf)
    return math.fsum(bought)


def _standing(levels: Sequence[Level], capacity: float) -> int:
    """Return the highest level that a capacity reaches, -1 where it reaches none."""
    return bisect_right(levels, capacity * (1 + SLACK) + SLACK, key=lambda step: step.capacity) - 1


def _part(problem: BudgetProblem, ends: list[list[int]], counts: Counts) -> bool:
    """Part every month after the level on which it stands; return whether any was not parted there before."""
    grown = False
    for month, levels in enumerate(problem.levels):
        end = _standing(levels, alive_capacity(problem, counts, month)) + 1
        if end > 0 and end not in ends[month]:
            ends[month] = sorted({*ends[month], end})
            grown = True
    return grown


def _pieces(levels: Sequence[Level], ends: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Return the pieces that end before each of `ends`, the levels on the lower convex hull of each."""
    starts = (0, *ends[:-1])
    return tuple(_hull(levels, range(start, end)) for start, end in zip(starts, ends, strict=True))


def _hull(levels: Sequence[Level], numbers: range) -> tuple[int, ...]:
    """Return the levels, among these, that no mix of two others undercuts (Andrew's monotone chain)."""
    hull: list[int] = []
    for number in numbers:
        while len(hull) > 1 and _above(levels[hull[-2]], levels[hull[-1]], levels[number]):
            hull.pop()
        hull.append(number)
    return tuple(hull)


def _above(first: Level, middle: Level, last: Level) -> bool:
    """Return whether the middle level lies on or above the line between the others."""
    rise = (last.usd - first.usd) * (middle.capacity - first.capacity)
    return (middle.usd - first.usd) * (last.capacity - first.capacity) >= rise
