"""Solve a budget problem exactly with few variables: bound it, look where the answer stands, part the months there.

Within a piece of its levels a month may mix them, so only the lower convex hull of the piece matters (where the tail
weighs, boxes of levels), and the optimum of such a program is a proved bound. What it buys has a true cost. Where the
two meet, that is the optimum; until then every month is parted at the level on which it stands: its cost is then exact
there. Rulers (`rulers`) keep fractions of commitments from filling levels cheaply, and are laid anew on the pieces on
which months stand.
"""

import math
import time
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimizer.fleet.solver import Outcome, SolverName, solve
from optimizer.forecast.folding import folded
from optimizer.forecast.problem import BudgetProblem, Level, Ruler, buy, cost_terms, rows_of
from optimizer.forecast.rulers import Rulers
from optimizer.performance.tables import Floats

RELATIVE_GAP = 1e-9
SLACK = 1e-9
TAIL_GAP = 1e-7
"""A solver's tolerance on rows of dollars: the rows of the tail are as long as the whole budget."""
LEAST_BOXES = 8
MOST_BOXES = 4000
"""Levels that stand in the rows of the tail, of all months together."""
Counts = Mapping[tuple[int, int], int]


@dataclass(frozen=True, slots=True)
class Purchases:
    """What to buy: `counts[commitment, month]`; its true cost and a proved bound, in discounted dollars."""

    outcome: Outcome
    usd: float
    bound_usd: float
    counts: Counts
    seconds: float


def cheapest_purchases(
    problem: BudgetProblem, *, seconds: float = 60, solver: SolverName = "highs", start: Purchases | None = None
) -> Purchases:
    """Return the cheapest purchases, or the best that were found in time with the bound that was proved.

    `start` is what is known already.
    """
    started = time.perf_counter()
    if any(not levels for levels in problem.levels):
        return Purchases("infeasible", math.inf, -math.inf, {}, 0.0)
    if (fold := folded(problem)) is not None:
        longer = cheapest_purchases(fold.problem, seconds=seconds, solver=solver)
        beside = fold.unfold(longer.counts)
        return replace(longer, counts=beside, usd=true_cost(problem, beside))
    nothing = true_cost(problem, {})
    best = Purchases("feasible" if math.isfinite(nothing) else "time limit", nothing, -math.inf, {}, 0.0)
    if start is not None and start.usd <= best.usd:
        best = start
    ends: list[list[int]] = [[len(levels)] for levels in problem.levels]
    rulers = Rulers.of(problem)
    best = replace(best, bound_usd=max(best.bound_usd, rulers.bound_usd))
    while True:
        parted = _parted(replace(problem, rulers=tuple(map(tuple, rulers.by_month))), ends)
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
        if best.usd - best.bound_usd <= (RELATIVE_GAP if problem.tail is None else TAIL_GAP) * abs(best.usd):
            return replace(best, outcome="optimal", bound_usd=min(best.bound_usd, best.usd))
        if not _part(problem, ends, counts) or left <= 0:
            return best
        rulers.lay(_standing_pieces(problem, ends, counts), counts)


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
    places = [_standing(levels, alive_capacity(problem, counts, month)) for month, levels in enumerate(problem.levels)]
    if any(place < 0 for place in places):
        return math.inf
    if problem.tail is not None:
        return math.fsum(bought) + problem.tail.measure(future_costs(problem, counts))
    return math.fsum((*bought, *(levels[place].usd for levels, place in zip(problem.levels, places, strict=True))))


def future_costs(problem: BudgetProblem, counts: Counts) -> Floats:
    """Return what is rented beside purchases that leave no month unserved, in each future."""
    places = [_standing(levels, alive_capacity(problem, counts, month)) for month, levels in enumerate(problem.levels)]
    return np.asarray(
        np.array([levels[place].each for levels, place in zip(problem.levels, places, strict=True)]).sum(axis=0)
    )


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


def _standing_pieces(problem: BudgetProblem, ends: Sequence[Sequence[int]], counts: Counts) -> list[range]:
    """Return the levels of the piece on which each month stands, or of its first where it reaches none."""
    found = []
    for month, levels in enumerate(problem.levels):
        place = max(0, _standing(levels, alive_capacity(problem, counts, month)))
        number = bisect_right(ends[month], place)
        found.append(range(ends[month][number - 1] if number else 0, ends[month][number]))
    return found


def _parted(problem: BudgetProblem, ends: Sequence[Sequence[int]]) -> BudgetProblem:
    """Return the problem with its months parted before `ends`, a piece of each month no larger than it must be."""
    if problem.tail is None:
        return replace(problem, pieces=tuple(map(_pieces, problem.levels, ends, problem.rulers)))
    levels: list[tuple[Level, ...]] = []
    pieces = []
    all_levels = sum(map(len, problem.levels))
    most = all_levels if all_levels <= MOST_BOXES else max(LEAST_BOXES, MOST_BOXES // problem.months)
    for found, stops in zip(problem.levels, ends, strict=True):
        standing: list[Level] = []
        numbers = []
        for start, end in zip((0, *stops[:-1]), stops, strict=True):
            first = len(standing)
            standing += boxes(found[start:end], most)
            numbers.append(tuple(range(first, len(standing))))
        levels.append(tuple(standing))
        pieces.append(tuple(numbers))
    return replace(problem, levels=tuple(levels), pieces=tuple(pieces))


def boxes(levels: Sequence[Level], most: int) -> list[Level]:
    """Return at most so many levels that bound these from below, the last of them as it is.

    A box has the least capacity of its levels and the cost of the last, which in every future is the least of them.
    """
    if not levels:
        return []
    size = max(1, math.ceil((len(levels) - 1) / max(1, most - 1)))
    groups = [levels[first : first + size] for first in range(0, len(levels) - 1, size)]
    groups = [group if group[-1] is not levels[-1] else group[:-1] for group in groups]
    return [*(replace(group[-1], capacity=group[0].capacity) for group in groups if group), levels[-1]]


def _pieces(levels: Sequence[Level], ends: Sequence[int], rulers: Sequence[Ruler]) -> tuple[tuple[int, ...], ...]:
    """Return the pieces that end before each of `ends`, the levels of each that no mix of two others undercuts."""
    starts = (0, *ends[:-1])
    return tuple(_hull(levels, range(start, end), rulers) for start, end in zip(starts, ends, strict=True))


def _hull(levels: Sequence[Level], numbers: range, rulers: Sequence[Ruler]) -> tuple[int, ...]:
    """Return the levels, among these, that no mix of two others undercuts (Andrew's monotone chain)."""
    hull: list[int] = []
    for number in numbers:
        while len(hull) > 1 and _above(levels, (hull[-2], hull[-1], number), rulers):
            hull.pop()
        hull.append(number)
    return tuple(hull)


def _above(levels: Sequence[Level], numbers: tuple[int, int, int], rulers: Sequence[Ruler]) -> bool:
    """Return whether some mix of the outer levels costs no more than the middle one and is no longer on any ruler.

    The share of the last level is as large as the capacity and every ruler allow.
    """
    first, middle, last = (levels[number] for number in numbers)
    share = (middle.capacity - first.capacity) / (last.capacity - first.capacity)
    for ruler in rulers:
        start, between, end = (ruler.levels[number] for number in numbers)
        if end > start:
            share = min(share, (between - start) / (end - start))
    return middle.usd - first.usd >= share * (last.usd - first.usd)
