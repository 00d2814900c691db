"""The budget problem as data: months, levels of committed capacity, commitments that can be bought.

    minimise   sum_{m,j} usd[m,j] level[m,j] + sum_{o,t} usd[o,t] buy[o,t]
    level[m,j]  the part of month m that relies on level j: at least capacity[m,j] of commitments; the rest is rented
    piece[m,p]  1 when month m stands in piece p of its levels
    buy[o,t]    commitments of rental o bought in month t, integer; they last term[o] months

What the hours cost beyond the commitments is a table, exact, made before (`covering`): so no hour is in the program.
With every level a piece of its own the program is exact; with fewer pieces a month may mix the levels of one, and the
program bounds the budget from below (`refining` makes the pieces).

Where the dearest futures weigh (`tail`), the levels cost their mean and CVaR in the form of Rockafellar and Uryasev:

    (1 - w) sum_{m,j} usd[m,j] level[m,j] + w (eta + 1 / ((1 - alpha) S) sum_s beyond[s]) + sum_{o,t} usd[o,t] buy[o,t]
    eta         at the optimum, the value at risk of the rent        beyond[s]  what future s costs more than eta
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from optimizer.fleet.problem import Row, Variable, VariableKind
from optimizer.forecast.tail import Tail

MOST_USD = 1e15


@dataclass(frozen=True, slots=True)
class Level:
    """A level of committed capacity, and what the hours of its month cost beyond it, discounted.

    `usd` is the mean over futures where there are several, `each` has the cost in each where the tail weighs.
    """

    capacity: float
    usd: float
    each: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Commitment:
    """A rental that can be committed to.

    `usd[t]` is the whole discounted price of one bought in month t, None where renting by the hour is never dearer;
    `most` is as many as any cheapest budget holds.
    """

    capacity: float
    term_months: int
    usd: tuple[float | None, ...]
    most: int

    def covers(self, month: int) -> range:
        """Return the months of purchase whose commitments are alive in a month."""
        return range(max(0, month - self.term_months + 1), month + 1)


@dataclass(frozen=True, slots=True)
class Ruler:
    """A measure of committed capacity (`rulers`): the length of each level of a month, and of a unit committed to."""

    levels: tuple[float, ...]
    units: tuple[float, ...]


@dataclass(frozen=True)
class BudgetProblem:
    """Everything the program needs; `held[m]` is the capacity of commitments that exist already.

    `pieces[m]` parts the levels of month m; without any, each level is a piece. `rulers[m]` are laid on month m.
    """

    levels: tuple[tuple[Level, ...], ...]
    commitments: tuple[Commitment, ...]
    held: tuple[float, ...]
    pieces: tuple[tuple[tuple[int, ...], ...], ...] = ()
    tail: Tail | None = None
    rulers: tuple[tuple[Ruler, ...], ...] = ()

    @property
    def futures(self) -> int:
        """Return the number of futures that the tail is over."""
        return max((len(step.each) for levels in self.levels for step in levels), default=0)

    @property
    def months(self) -> int:
        """Return the number of months."""
        return len(self.levels)

    @cached_property
    def purchases(self) -> tuple[tuple[int, int], ...]:
        """Return the (commitment, month) pairs that have a variable."""
        return tuple(
            (index, month)
            for index, commitment in enumerate(self.commitments)
            for month, usd in enumerate(commitment.usd)
            if usd is not None
        )

    def pieces_of(self, month: int) -> tuple[tuple[int, ...], ...]:
        """Return the pieces of a month, as the numbers of their levels."""
        return self.pieces[month] if self.pieces else tuple((number,) for number in range(len(self.levels[month])))


def level(month: int, number: int) -> Variable:
    """level[m,j]: the part of month m that relies on level j."""
    return Variable(cast("VariableKind", "level"), (month, number), integer=False, upper=1)


def piece(month: int, number: int) -> Variable:
    """piece[m,p]: 1 when month m stands in piece p."""
    return Variable(cast("VariableKind", "piece"), (month, number), integer=True, upper=1)


def buy(problem: BudgetProblem, commitment: int, month: int) -> Variable:
    """buy[o,t]: commitments bought."""
    return Variable(cast("VariableKind", "buy"), (commitment, month), True, problem.commitments[commitment].most)


def eta() -> Variable:
    """eta: the value at risk of the rent, in dollars; rent is never negative."""
    return Variable(cast("VariableKind", "eta"), (), integer=False, upper=MOST_USD)


def beyond(future: int) -> Variable:
    """beyond[s]: what future s costs more than eta."""
    return Variable(cast("VariableKind", "beyond"), (future,), integer=False, upper=MOST_USD)


def one_piece(problem: BudgetProblem) -> Iterable[Row]:
    """one_piece[m]: sum_p piece[m,p] = 1."""
    for month in range(problem.months):
        pieces = range(len(problem.pieces_of(month)))
        yield Row(f"one_piece_{month}", tuple((1.0, piece(month, number)) for number in pieces), "=", 1)


def within(problem: BudgetProblem) -> Iterable[Row]:
    """within[m,p]: sum_{j in p} level[m,j] = piece[m,p]."""
    for month in range(problem.months):
        for number, levels in enumerate(problem.pieces_of(month)):
            terms = [(1.0, level(month, j)) for j in levels]
            yield Row(f"within_{month}_{number}", (*terms, (-1.0, piece(month, number))), "=", 0)


def covered(problem: BudgetProblem) -> Iterable[Row]:
    """covered[m]: sum_j capacity[m,j] level[m,j] <= held[m] + sum_o capacity[o] sum_{m-term[o] < t <= m} buy[o,t]."""
    for month, levels in enumerate(problem.levels):
        relied = [
            (levels[j].capacity, level(month, j))
            for numbers in problem.pieces_of(month)
            for j in numbers
            if levels[j].capacity > 0
        ]
        alive = [
            (-commitment.capacity, buy(problem, index, bought))
            for index, commitment in enumerate(problem.commitments)
            for bought in commitment.covers(month)
            if commitment.usd[bought] is not None
        ]
        if relied:
            yield Row(f"covered_{month}", (*relied, *alive), "<=", problem.held[month])


def measured(problem: BudgetProblem) -> Iterable[Row]:
    """measured[m,r]: sum_j length[m,r,j] level[m,j] <= sum_o length[m,r,o] sum_{m-term[o] < t <= m} buy[o,t].

    No whole solution breaks it (`rulers`); it only keeps fractions of commitments from looking like whole ones.
    """
    for month, rulers in enumerate(problem.rulers):
        for number, ruler in enumerate(rulers):
            relied = [
                (ruler.levels[j], level(month, j))
                for numbers in problem.pieces_of(month)
                for j in numbers
                if ruler.levels[j] > 0
            ]
            alive = [
                (-ruler.units[index], buy(problem, index, bought))
                for index, commitment in enumerate(problem.commitments)
                for bought in commitment.covers(month)
                if commitment.usd[bought] is not None and ruler.units[index] > 0
            ]
            if relied:
                yield Row(f"measured_{month}_{number}", (*relied, *alive), "<=", 0)


def tail(problem: BudgetProblem) -> Iterable[Row]:
    """tail[s]: sum_{m,j} usd[m,j,s] level[m,j] - eta - beyond[s] <= 0, for every future s."""
    if problem.tail is None:
        return
    for future in range(problem.futures):
        rent = [
            (problem.levels[month][j].each[future], level(month, j))
            for month in range(problem.months)
            for numbers in problem.pieces_of(month)
            for j in numbers
        ]
        yield Row(f"tail_{future}", (*rent, (-1.0, eta()), (-1.0, beyond(future))), "<=", 0)


BUDGET_CONSTRAINTS = (one_piece, within, covered, measured, tail)


def cost_terms(problem: BudgetProblem) -> tuple[tuple[float, Variable], ...]:
    """Return the objective: levels at (1 - w) of their mean, w of CVaR, and purchases; w is 0 without a tail."""
    weight = 0.0 if problem.tail is None else problem.tail.weight
    terms = [
        ((1 - weight) * problem.levels[month][j].usd, level(month, j))
        for month in range(problem.months)
        for numbers in problem.pieces_of(month)
        for j in numbers
    ]
    if problem.tail is not None:
        each = problem.tail.per_future(problem.futures)
        terms += [(weight, eta()), *((each, beyond(future)) for future in range(problem.futures))]
    for index, month in problem.purchases:
        terms.append((problem.commitments[index].usd[month] or 0.0, buy(problem, index, month)))
    return tuple(terms)


def rows_of(problem: BudgetProblem) -> list[Row]:
    """Return the rows of every constraint."""
    return [row for constraint in BUDGET_CONSTRAINTS for row in constraint(problem)]


def thinned(levels: Sequence[Level]) -> tuple[Level, ...]:
    """Return the levels, rising, without those that cost no less than a lower one."""
    kept: list[Level] = []
    for step in sorted(levels, key=lambda step: (step.capacity, step.usd)):
        if not kept or step.usd < kept[-1].usd - 1e-9 * abs(kept[-1].usd):
            kept.append(step)
    return tuple(kept)
