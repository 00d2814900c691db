"""Months taken apart: the price that one more unit of committed capacity is worth in each month.

Let k[m,d] be the units of size d that month m relies on. Taken apart, a month is the best of all its whole numbers of
units, and only purchases tie the months (Dantzig and Wolfe, Decomposition principle for linear programs, 1960):

    minimise   sum_{m,p} usd[m,p] part[m,p] + sum_{o,t} usd[o,t] buy[o,t]
    one[m]     sum_p part[m,p] = 1
    alive[m,d] sum_p k[p,d] part[m,p] <= sum_{o of size d} sum_{m-term[o] < t <= m} buy[o,t]

The points p are found as they are needed: at prices of units, the cheapest way to reach every level of a month is a
covering knapsack. The duals of `alive` are the prices.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizer.forecast.problem import BudgetProblem
from optimizer.forecast.staircase import reachable
from optimizer.performance.tables import Floats, Ints

REACH = 1e-7
"""What a level may lack, relative to it, and be reached: far above rounding, so that what is derived always holds."""
COARSE = 1_001
MOST_ROUNDS = 60
POINTS_A_MONTH = 3


@dataclass(frozen=True)
class Sizes:
    """The distinct capacities of a problem's commitments, `capacity[d]`, and the sums that whole units of them have.

    `of[o]` is the size of commitment o, `need[m][j]` the number of the sum that level j of month m needs,
    `before[i,d]` the sum that is left of sum i beside one unit of size d. Where the sums are too many, a grid stands
    for them, rounded down: what a level costs is then bounded from below.
    """

    capacity: Floats
    of: tuple[int, ...]
    sums: Floats
    need: tuple[Ints, ...]
    before: Ints

    @classmethod
    def of_problem(cls, problem: BudgetProblem) -> "Sizes":
        """Return the sizes of a problem that has commitments."""
        capacity = np.unique([commitment.capacity for commitment in problem.commitments])
        of = tuple(int(np.searchsorted(capacity, commitment.capacity)) for commitment in problem.commitments)
        needs = [beyond_held(problem, month) for month in range(problem.months)]
        top = max(float(need[-1]) for need in needs)
        sums = reachable(capacity.tolist(), top) if top > 0 else np.zeros(1)
        exact = sums is not None
        grid = sums if sums is not None else np.linspace(0.0, top, COARSE)

        def place(wanted: Floats) -> Ints:
            if exact:
                return np.minimum(np.searchsorted(grid, wanted - REACH * (1 + top)), len(grid) - 1)
            return np.maximum(np.searchsorted(grid, wanted, side="right") - 1, 0)

        before = place(np.maximum(grid[:, None] - capacity[None, :], 0.0))
        before = np.maximum(np.minimum(before, np.arange(len(grid))[:, None] - 1), 0)
        return cls(capacity, of, grid, tuple(place(need) for need in needs), before)

    def reach(self, prices: Floats) -> tuple[Floats, Ints]:
        """Return the price of reaching each sum in each month, [month, sum], and the last unit taken for it."""
        usd = np.zeros((len(prices), len(self.sums)))
        last = np.zeros((len(prices), len(self.sums)), dtype=np.int64)
        for number in range(1, len(self.sums)):
            ways = prices + usd[:, self.before[number]]
            last[:, number] = ways.argmin(axis=1)
            usd[:, number] = ways.min(axis=1)
        return usd, last

    def units(self, last: Ints, place: int) -> tuple[int, ...]:
        """Return the units of each size that reach a sum, from the `last` of one month."""
        counts = [0] * len(self.capacity)
        while place > 0:
            size = int(last[place])
            counts[size] += 1
            place = int(self.before[place, size])
        return tuple(counts)


def beyond_held(problem: BudgetProblem, month: int) -> Floats:
    """Return what each level of a month needs of purchases."""
    capacity = np.array([level.capacity for level in problem.levels[month]])
    return np.asarray(np.maximum(capacity - problem.held[month], 0.0))


def unit_prices(
    problem: BudgetProblem,
    sizes: Sizes,
    within: Sequence[range] | None = None,
    alive: Sequence[Sequence[int]] | None = None,
) -> tuple[Floats, float]:
    """Return the price of one unit of each size in each month, [month, size], and the bound that they prove.

    `within[m]` restricts month m to some of its levels, where the bound is that of the problem with those alone;
    `alive[m]` are units that reach one of them.
    """
    usd = [np.array([level.usd for level in levels]) for levels in problem.levels]
    spans = [range(len(levels)) for levels in problem.levels] if within is None else within
    master = _Master(problem, sizes)
    for month, span in enumerate(spans):
        if problem.levels[month][span.start].capacity <= problem.held[month]:
            master.add(month, (0,) * len(sizes.capacity), float(usd[month][span.start]))
        if alive is not None:
            master.add(month, tuple(alive[month]), float(usd[month][span.stop - 1]))
    best, bound = np.zeros((problem.months, len(sizes.capacity))), -np.inf
    for _ in range(MOST_ROUNDS):
        prices, least = master.solved()
        reach, last = sizes.reach(prices)
        proved, grown = master.purchases_at(prices), False
        for month, span in enumerate(spans):
            need = sizes.need[month][span.start : span.stop]
            whole = usd[month][span.start : span.stop] + reach[month, need]
            proved += float(whole.min())
            for place in np.argsort(whole, kind="stable")[:POINTS_A_MONTH]:
                if whole[place] < least[month] - 1e-9 * (1 + abs(least[month])):
                    units = sizes.units(last[month], int(need[place]))
                    grown |= master.add(month, units, float(usd[month][span.start + place]))
        if proved > bound:
            best, bound = prices, proved
        if not grown:
            break
    return best, bound


class _Master:
    """The linear program over the points found so far."""

    def __init__(self, problem: BudgetProblem, sizes: Sizes) -> None:
        self.problem, self.sizes = problem, sizes
        self.points: dict[tuple[int, tuple[int, ...]], float] = {}
        self.never = 1.0 + 10 * sum(level.usd for levels in problem.levels for level in levels[:1])
        self.never += sum((problem.commitments[o].usd[t] or 0.0) * problem.commitments[o].most
                          for o, t in problem.purchases)  # fmt: skip

    def add(self, month: int, units: tuple[int, ...], usd: float) -> bool:
        """Add a point; return whether it is new or cheaper than it was."""
        if self.points.get((month, units), np.inf) <= usd:
            return False
        self.points[month, units] = usd
        return True

    def solved(self) -> tuple[Floats, Floats]:
        """Return the price of a unit, [month, size], and what a month costs at them with its points, [month]."""
        from scipy.sparse import csr_matrix  # scipy is slow to import and seldom needed

        months, sizes = self.problem.months, len(self.sizes.capacity)
        bought, points = self.problem.purchases, list(self.points.items())
        cost = [self.problem.commitments[o].usd[t] or 0.0 for o, t in bought]
        cost += [usd for _, usd in points] + [self.never] * months
        entries: list[tuple[int, int, float]] = []
        for column, (commitment, month) in enumerate(bought):
            size = self.sizes.of[commitment]
            entries += [(m * sizes + size, column, -1.0) for m in self._alive(commitment, month)]
        first = len(bought)
        for column, ((month, units), _) in enumerate(points, first):
            entries += [(month * sizes + size, column, float(count)) for size, count in enumerate(units) if count]
        rows, columns, values = zip(*entries, strict=True) if entries else ((), (), ())
        ties = csr_matrix((values, (rows, columns)), shape=(months * sizes, len(cost)))
        months_of = [month for (month, _), _ in points] + list(range(months))
        one = csr_matrix((np.ones(len(months_of)), (months_of, range(first, len(cost)))), shape=(months, len(cost)))
        most = [float(self.problem.commitments[o].most) for o, _ in bought] + [np.inf] * len(months_of)
        prices = _prices(np.array(cost), ties, one, np.array(most)).reshape(months, sizes)
        least = np.full(months, self.never)
        for (month, units), usd in points:
            least[month] = min(least[month], usd + float(np.dot(prices[month], units)))
        return prices, least

    def purchases_at(self, prices: Floats) -> float:
        """Return the least that purchases cost beyond what their units are worth at the prices."""
        usd = 0.0
        for commitment, month in self.problem.purchases:
            own = self.problem.commitments[commitment]
            worth = float(prices[self._alive(commitment, month), self.sizes.of[commitment]].sum())
            usd += min(0.0, (own.usd[month] or 0.0) - worth) * own.most
        return usd

    def _alive(self, commitment: int, month: int) -> list[int]:
        last = min(self.problem.months, month + self.problem.commitments[commitment].term_months)
        return list(range(month, last))


def _prices(cost: Floats, ties: Any, one: Any, most: Floats) -> Floats:
    """Return the duals of `ties @ x <= 0` where `one @ x = 1`; none where the solver fails, which bounds nothing."""
    from scipy.optimize import linprog

    bounds = [(0.0, float(high)) for high in most]
    found = linprog(cost, ties, np.zeros(ties.shape[0]), one, np.ones(one.shape[0]), bounds, method="highs")
    return np.maximum(-found.ineqlin.marginals, 0.0) if found.status == 0 else np.zeros(ties.shape[0])


def alive_units(problem: BudgetProblem, sizes: Sizes, counts: Mapping[tuple[int, int], int]) -> list[list[int]]:
    """Return the units of each size that purchases have alive in each month, [month][size]."""
    alive = [[0] * len(sizes.capacity) for _ in range(problem.months)]
    for (commitment, bought), count in counts.items():
        last = min(problem.months, bought + problem.commitments[commitment].term_months)
        for month in range(bought, last):
            alive[month][sizes.of[commitment]] += count
    return alive
