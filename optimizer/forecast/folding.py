"""Fold commitments of one month into the levels of their month: they tie no two months, so they need no variable.

What a month costs beyond the capacity c of longer commitments, with blocks of one month bought for it:

    usd'[m](c) = min_j usd[m,j] + price[m](capacity[m,j] - c)
    price[m](x)    the cheapest whole blocks of month m that serve x (the unbounded covering knapsack)

Exact, since purchases of blocks are whole and count in their own month alone.
"""

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimizer.forecast.problem import BudgetProblem, Level, thinned
from optimizer.forecast.staircase import reachable, without_what_saves_nothing
from optimizer.performance.tables import Floats, Ints

SLACK = 1e-9
MOST_STEPS = 5_000
MOST_PAIRS = 1_000_000
"""Sums of longer commitments times levels, of one month, that are looked at."""


@dataclass(frozen=True)
class Blocks:
    """The cheapest blocks of one month for any amount: step i serves `capacity[i]` for `usd[i]`, rising; 0 is none.

    Step i is step `before[i]` and one of commitment `last[i]` more.
    """

    capacity: Floats
    usd: Floats
    before: tuple[int, ...]
    last: tuple[int, ...]

    def steps(self, need: Floats) -> Ints:
        """Return the step of each need, one beyond the last where no step serves it."""
        return np.searchsorted(self.capacity, need - SLACK * (1 + np.abs(need)))

    def price(self, need: Floats) -> Floats:
        """Return the price of each need, infinite where no step serves it."""
        return np.asarray(np.append(self.usd, np.inf)[self.steps(need)])

    def counts(self, need: float) -> Counter[int]:
        """Return how many of each commitment the step of a need has."""
        found: Counter[int] = Counter()
        step = int(self.steps(np.array([need]))[0])
        while step > 0:
            found[self.last[step]] += 1
            step = self.before[step]
        return found


@dataclass(frozen=True)
class Folded:
    """A problem without its commitments of one month: `problem` has `longer[o]`, `blocks[m]` are in its levels."""

    original: BudgetProblem
    problem: BudgetProblem
    longer: tuple[int, ...]
    blocks: tuple[Blocks, ...]

    def unfold(self, counts: Mapping[tuple[int, int], int]) -> dict[tuple[int, int], int]:
        """Return purchases of the folded problem as those of the original one, with the cheapest blocks beside them."""
        found = {(self.longer[index], month): count for (index, month), count in counts.items()}
        for month, (levels, blocks) in enumerate(zip(self.original.levels, self.blocks, strict=True)):
            alive = self.original.held[month] + sum(
                count * self.problem.commitments[index].capacity
                for (index, bought), count in counts.items()
                if bought in self.problem.commitments[index].covers(month)
            )
            needs = np.array([level.capacity for level in levels]) - alive
            whole = np.array([level.usd for level in levels]) + blocks.price(needs)
            cheapest = int(whole.argmin())
            if np.isfinite(whole[cheapest]):  # else nothing serves the month
                taken = blocks.counts(float(needs[cheapest]))
                found |= {(commitment, month): count for commitment, count in sorted(taken.items())}
        return found


def folded(problem: BudgetProblem) -> Folded | None:
    """Return the problem with its one-month commitments folded; None where that is not exact.

    So it is where there are none, with a tail, with too many sums, or fewer of one size than could serve alone.
    """
    short = [o for o, own in enumerate(problem.commitments) if own.term_months == 1]
    if not short or problem.tail is not None or not all(problem.levels):
        return None
    longer = tuple(o for o, own in enumerate(problem.commitments) if own.term_months > 1)
    top = max(level.capacity for levels in problem.levels for level in levels)
    if any(problem.commitments[o].most * problem.commitments[o].capacity < top * (1 - SLACK) for o in short):
        return None  # a limit on blocks would bind, and the knapsack knows none
    sums = reachable([problem.commitments[o].capacity for o in longer], top) if top > 0 else np.zeros(1)
    if sums is None or len(sums) * max(map(len, problem.levels)) > MOST_PAIRS:
        return None
    blocks = [_blocks(problem, short, month, top) for month in range(problem.months)]
    if any(len(own.capacity) >= MOST_STEPS for own in blocks):
        return None
    levels = tuple(_levels(problem.levels[month], own, sums + problem.held[month]) for month, own in enumerate(blocks))
    commitments = tuple(problem.commitments[o] for o in longer)
    while True:
        left = replace(problem, levels=levels, commitments=commitments, rulers=(), pieces=())
        pruned = without_what_saves_nothing(left)
        if pruned == commitments:
            return Folded(problem, left, longer, tuple(blocks))
        kept = [o for o, own in enumerate(pruned) if any(usd is not None for usd in own.usd)]
        commitments, longer = tuple(pruned[o] for o in kept), tuple(longer[o] for o in kept)


def _blocks(problem: BudgetProblem, short: Sequence[int], month: int, most: float) -> Blocks:
    """Return the staircase of one month's blocks: each kept step serves more than every cheaper one."""
    units = [(usd, o) for o in short if (usd := problem.commitments[o].usd[month]) is not None]
    kept = [(0.0, 0.0, 0, -1)]  # price, capacity, before, last
    ahead: list[tuple[float, float, int, int]] = []

    def grow(step: int, price: float, served: float) -> None:
        for usd, o in units:
            heapq.heappush(ahead, (price + usd, -(served + problem.commitments[o].capacity), step, o))

    grow(0, 0.0, 0.0)
    while ahead and kept[-1][1] < most and len(kept) < MOST_STEPS:
        price, negative, before, last = heapq.heappop(ahead)
        if -negative > kept[-1][1] * (1 + SLACK) + SLACK:
            kept.append((price, -negative, before, last))
            grow(len(kept) - 1, price, -negative)
    prices, capacities, befores, lasts = zip(*kept, strict=True)
    return Blocks(np.array(capacities), np.array(prices), befores, lasts)


def _levels(levels: Sequence[Level], blocks: Blocks, relied: Floats) -> tuple[Level, ...]:
    """Return the levels of a month by the capacity of longer commitments alone, with blocks in their cost."""
    capacity = np.array([level.capacity for level in levels])
    usd = np.array([level.usd for level in levels])
    reached = np.unique(np.minimum(relied, max(float(capacity[-1]), float(relied[0]))))
    best = (usd[None, :] + blocks.price(capacity[None, :] - reached[:, None])).min(axis=1)
    able = np.isfinite(best)
    return thinned([Level(own, cost) for own, cost in zip(reached[able].tolist(), best[able].tolist(), strict=True)])
