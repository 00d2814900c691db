"""The staircase form: from a market and loads to a BudgetProblem, where capacity is one number."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimizer.forecast.covering import SLACK, Covers, cheapest_covers
from optimizer.forecast.load import MonthLoad
from optimizer.forecast.market import Rental
from optimizer.forecast.money import Clock
from optimizer.forecast.problem import BudgetProblem, Commitment, Level, thinned
from optimizer.forecast.request import TERM_MONTHS, BudgetRequest
from optimizer.forecast.tail import Tail, cvar
from optimizer.performance.tables import Floats

MOST_SUMS = 5_000
GRID = 1_000


@dataclass(frozen=True, slots=True)
class Rounded:
    """A grid in place of the sums of commitments: `levels` a month; what is committed counts as the next below it.

    By that a cost is overstated, never understated: by no more than `usd`, discounted.
    """

    levels: int
    usd: float


@dataclass(frozen=True, slots=True)
class Staircase:
    """A budget problem and where its commitments come from: `rentals[o]` of commitment o.

    `rounded` says how far its levels are a grid, None where every level that can be reached is one.
    """

    problem: BudgetProblem
    rentals: tuple[Rental, ...]
    rounded: Rounded | None = None


@dataclass(frozen=True, slots=True)
class Futures:
    """Factors on the demand and on the price of rent, [future, month], over which a cost is the mean.

    With a `tail`, the dearest futures weigh more.
    """

    demand: Floats
    price: Floats
    tail: Tail | None = None


def staircase(
    asked: BudgetRequest,
    loads: Sequence[MonthLoad],
    covers: Covers,
    committed: Sequence[Rental],
    held: Sequence[float],
    clock: Clock,
    futures: Futures | None = None,
) -> Staircase:
    """Return the program of a budget, without the purchases that can save nothing; over `futures`, its mean."""
    peak = max(load.peak for load in loads) + covers.spare
    if futures is not None:
        peak *= float(futures.demand.max())
    rentals = _worth_buying(committed, peak)
    commitments = [_commitment(asked, rental, peak, clock) for rental in rentals]
    while True:
        sums = reachable([commitment.capacity for commitment in commitments], peak)
        levels = tuple(
            _levels(load, sums, held[month], covers, float(clock.flexible_factor[month]), _of(futures, month))
            for month, load in enumerate(loads)
        )
        tail = None if futures is None else futures.tail
        problem = BudgetProblem(levels, tuple(commitments), tuple(held), tail=tail)
        step = peak / (GRID - 1) if sums is None and futures is not None else 0.0
        pruned = list(without_what_saves_nothing(problem, step))
        if pruned == commitments or not covers.can_serve:
            return Staircase(problem, tuple(rentals), rounding(problem) if step else None)
        kept = [number for number, left in enumerate(pruned) if any(usd is not None for usd in left.usd)]
        commitments = [pruned[number] for number in kept]
        rentals = [rentals[number] for number in kept]


def without_what_saves_nothing(problem: BudgetProblem, step: float = 0.0) -> tuple[Commitment, ...]:
    """Return the commitments without the months of purchase that can save nothing; `step` is that of a grid."""
    return tuple(_that_can_save(problem, commitment, step) for commitment in problem.commitments)


def reachable(units: Sequence[float], most: float) -> Floats | None:
    """Return every sum of units up to the first that reaches `most`, rising; None where there are too many."""
    sums = np.array([0.0])
    for unit in sorted(units, reverse=True):
        copies = np.arange(math.ceil(most / unit - SLACK) + 1) * unit
        sums = np.unique(np.round(np.minimum((sums[:, None] + copies[None, :]).ravel(), most), 9))
        if len(sums) > MOST_SUMS:
            return None
    return sums


def _worth_buying(committed: Sequence[Rental], peak: float) -> list[Rental]:
    """Return the commitments of each term that no cheaper ones of the same term, or several of them, replace."""
    kept: list[Rental] = []
    for _, group in itertools.groupby(
        sorted(committed, key=lambda rental: (rental.offer.term, rental.usd_per_hour, -rental.capacity)),
        key=lambda rental: rental.offer.term,
    ):
        standing: list[Rental] = []
        for rental in group:
            served = min(rental.capacity, peak)
            others = cheapest_covers(standing, served)
            replaced = others.capacity[-1] >= served * (1 - SLACK) and (
                float(others.cost(np.array([served]))[0]) <= rental.usd_per_hour * (1 + SLACK)
            )
            if not replaced and served > 0:
                standing.append(rental)
        kept += standing
    return kept


def _commitment(asked: BudgetRequest, rental: Rental, peak: float, clock: Clock) -> Commitment:
    """Return a rental as a commitment, with its price in each month of purchase."""
    term = TERM_MONTHS[rental.offer.term]
    upfront = asked.upfront(rental.offer.term)
    usd = tuple(
        clock.commitment_usd(rental.usd_per_hour, bought, clock.paid_months(bought, term, asked.after_horizon), upfront)
        for bought in range(clock.months)
    )
    served = min(rental.capacity, peak)
    return Commitment(served, term, usd, math.ceil(peak / served - SLACK))


def _that_can_save(problem: BudgetProblem, commitment: Commitment, step: float) -> Commitment:
    """Return a commitment without the months of purchase in which one can never save what it costs.

    In a month that relies on any level, one unit less costs at most the largest fall of cost over one unit's width; so
    a unit whose price is no less than the sum of these over its months is better not bought. Where the tail weighs, a
    fall is measured as the cost is: CVaR is subadditive, so that it falls by no more than the CVaR of the falls. On a
    grid with so large a `step`, capacity between two levels may fall to the next.
    """
    most = [_largest_fall(levels, commitment.capacity + step, problem.tail) for levels in problem.levels]
    usd: list[float | None] = []
    for bought, price in enumerate(commitment.usd):
        saving = math.fsum(most[bought : bought + commitment.term_months])
        usd.append(price if price is not None and price < saving * (1 - SLACK) else None)
    return replace(commitment, usd=tuple(usd))


def _largest_fall(levels: Sequence[Level], width: float, tail: Tail | None) -> float:
    """Return the largest difference of cost between two levels of committed capacity that are `width` apart."""
    capacity = np.array([step.capacity for step in levels])
    usd = np.array([step.usd for step in levels])
    reached = np.searchsorted(capacity, np.append(capacity[1:], np.inf) + width, side="left") - 1
    mean = float((usd - usd[reached]).max())
    if tail is None:
        return mean
    each = np.array([step.each for step in levels])
    return (1 - tail.weight) * mean + tail.weight * cvar((each - each[reached]).max(axis=0), tail.alpha)


def rounding(problem: BudgetProblem) -> Rounded:
    """Return what levels on a grid may overstate: of every month, the largest fall from one level to the next.

    The capacity that is committed lies between the level that it counts as and the next, and so does the cost.
    """
    falls = [
        _largest_fall(levels, SLACK * (1 + levels[-1].capacity), problem.tail) for levels in problem.levels if levels
    ]
    return Rounded(GRID, math.fsum(falls))


def _of(futures: Futures | None, month: int) -> tuple[Floats, Floats, bool]:
    """Return the factors of a month, on demand and on price [future], and whether each future counts alone."""
    if futures is None:
        return np.ones(1), np.ones(1), False
    return futures.demand[:, month], futures.price[:, month], futures.tail is not None


def _levels(
    load: MonthLoad,
    sums: Floats | None,
    held: float,
    covers: Covers,
    factor: float,
    futures: tuple[Floats, Floats, bool],
) -> tuple[Level, ...]:
    """Return the levels of a month: what its hours cost beyond each sum of commitments, the mean over futures.

    Where the sums are too many, every capacity beyond which an hour class takes a cheaper step is a level; of several
    futures, a fine grid.
    """
    hours = np.array([hours.hours for hours in load.classes])
    amounts = np.array([hours.amount for hours in load.classes])[None, :] * futures[0][:, None]
    if sums is None and len(amounts) > 1:
        relied = np.linspace(0.0, float(amounts.max()), GRID)
    elif sums is None:
        relied = np.unique(np.maximum(np.round(amounts.ravel()[:, None] - covers.capacity[None, :], 9).ravel(), 0.0))
    else:
        relied = np.unique(np.minimum(sums + held, max(float(amounts.max()) + covers.spare, held)))
    each = np.zeros((len(relied), len(futures[1])))
    for number, (wanted, price) in enumerate(zip(amounts, futures[1], strict=True)):
        usd_per_hour = covers.cost_beside(wanted[None, :], relied[:, None])
        each[:, number] = (usd_per_hour * hours).sum(axis=1) * factor * price
    usd = each.mean(axis=1)
    able = np.isfinite(usd)
    kept = zip(relied[able].tolist(), usd[able].tolist(), each[able], strict=True)
    return thinned([Level(capacity, cost, tuple(own.tolist()) if futures[2] else ()) for capacity, cost, own in kept])
