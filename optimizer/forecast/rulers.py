"""Rulers: measures of committed capacity under which whole commitments do not look like fractions of larger ones.

Capacity alone lets the program take 8/7 of a unit of 7 for a level of 8. A ruler is a rising function f with f(0) = 0
and f(x + y) <= f(x) + f(y): whole units that reach a level reach it on every ruler,

    f(need[j]) <= sum_o f(capacity[o]) units[o]

so each is a row that no whole solution breaks (Gomory and Johnson's subadditive functions, 1972). Two kinds are laid:
`ceil(x / size)` for every size of commitment, and the cheapest price of whole units that reach x, at the prices of
units that the months taken apart have (`apart`): with those, the relaxation proves at least what the months apart do.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from optimizer.forecast.apart import REACH, Sizes, alive_units, beyond_held, unit_prices
from optimizer.forecast.problem import BudgetProblem, Ruler

ALIKE = 4
"""Decimals to which two rulers, each with its longest unit as 1, are the same."""


@dataclass
class Rulers:
    """The rulers laid on each month so far; `bound_usd` is what the months taken apart prove."""

    problem: BudgetProblem
    sizes: Sizes | None
    by_month: list[list[Ruler]]
    bound_usd: float = -math.inf
    seen: set[tuple[int, tuple[float, ...]]] = field(default_factory=set)

    @classmethod
    def of(cls, problem: BudgetProblem) -> "Rulers":
        """Return the rulers of a problem without futures: of every size and, of several, at the prices of units."""
        if problem.tail is not None or not problem.commitments:
            return cls(problem, None, [[] for _ in range(problem.months)])
        sizes = Sizes.of_problem(problem)
        whole = [[_ceiling(problem, month, float(size)) for size in sizes.capacity] for month in range(problem.months)]
        if len(sizes.capacity) == 1:
            return cls(problem, None, whole)
        made = cls(problem, sizes, whole)
        made.bound_usd = made._priced(None, None)
        return made

    def lay(self, within: Sequence[range], counts: dict[tuple[int, int], int]) -> None:
        """Lay rulers at the prices of months that keep to some of their levels, those on which purchases stand."""
        if self.sizes is not None:
            self._priced(within, alive_units(self.problem, self.sizes, counts))

    def _priced(self, within: Sequence[range] | None, alive: Sequence[Sequence[int]] | None) -> float:
        assert self.sizes is not None
        prices, bound = unit_prices(self.problem, self.sizes, within, alive)
        reach, _ = self.sizes.reach(prices)
        for month, own in enumerate(prices):
            longest = float(own.max())
            alike = (month, tuple((own / longest).round(ALIKE).tolist())) if longest > 0 else None
            if alike is not None and alike not in self.seen:
                self.seen.add(alike)
                lengths = reach[month, self.sizes.need[month]] / longest
                units = tuple(float(own[size]) / longest for size in self.sizes.of)
                self.by_month[month].append(Ruler(tuple(lengths.tolist()), units))
        return bound


def _ceiling(problem: BudgetProblem, month: int, size: float) -> Ruler:
    """Return the ruler ceil(x / size); what a level may lack and still be reached is taken off it first."""
    needs = beyond_held(problem, month)
    lack = REACH * (1 + float(needs[-1]))
    lengths = tuple(float(max(0, math.ceil((need - lack) / size))) for need in needs.tolist())
    return Ruler(lengths, tuple(float(math.ceil(one.capacity / size - 1e-12)) for one in problem.commitments))
