"""Goals: what a search minimises; the cost alone, or cost, kinds and GPUs in order as one whole number.

With prices in multiples of a unit, at most K kinds and G GPUs in any fleet that costs no more than a known one,

    order(fleet) = (K + 1)(G + 1) cost / unit + (G + 1) kinds + GPUs

is least for the cheapest fleet, among equally cheap ones that of the fewest kinds, among those that of the fewest GPUs:
K (G + 1) + G never outweighs one unit. So one search proves the cost and breaks its ties; a second one would go through
the same fleets again. Beyond LARGEST a solver cannot tell neighbouring whole numbers apart, and they are asked apart.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from optimizer.fleet.constraints import count_kinds
from optimizer.fleet.problem import FleetProblem, Row, Variable, instances, replicas, used
from optimizer.fleet.solver import Terms

LARGEST = 1e9
LAMBDA = 1e5
PLACES = 6  # of a price, behind the point
SAME_USD_PER_HOUR = 1e-7
TIE_TOLERANCE_USD_PER_HOUR = 1e-6
"""Absolute slack of a fixed cost: above the solvers' feasibility tolerance, below any difference of price."""


@dataclass(frozen=True, slots=True)
class Goal:
    """An objective with the rows that define it; `step` tells its values apart.

    A dollar per hour is worth `per_usd`, everything else in it at most `beside`.
    """

    terms: Terms
    rows: tuple[Row, ...] = ()
    step: float = SAME_USD_PER_HOUR
    per_usd: float = 1.0
    beside: float = 0.0

    def least_usd_per_hour(self, bound: float) -> float:
        """Return what every fleet costs at least where no fleet is below a bound of the goal."""
        return (bound - self.beside) / self.per_usd


@dataclass(frozen=True, slots=True)
class Weights:
    """What cost, one kind and one GPU weigh in the order: `per_unit` each `unit_usd_per_hour`, `per_kind`, and 1."""

    unit_usd_per_hour: float
    per_unit: int
    per_kind: int

    def goal(self, problem: FleetProblem) -> Goal:
        """Return the order as a goal for a problem, or one that was narrowed from it."""
        cost = tuple(
            (float(round(offer.usd_per_hour / self.unit_usd_per_hour) * self.per_unit), instances(problem, index))
            for index, offer in enumerate(problem.offers)
        )
        per_usd = self.per_unit / self.unit_usd_per_hour
        return Goal((*cost, *_tidy_terms(problem, self.per_kind)), _rows_of_kinds(problem), 0.5, per_usd, self.per_unit)


def cheapest_of(problem: FleetProblem) -> Goal:
    """Return the cost as a goal: sum_o usd_per_hour[o] n[o]."""
    return Goal(cost_terms(problem))


def tidiest(problem: FleetProblem, cost_usd_per_hour: float) -> Goal:
    """Return the fewest kinds, then GPUs, as a goal among fleets that cost the same.

    Their cost is in it, so that a linear relaxation keeps to it; within a fixed cost's slack it stays below a step.
    """
    tidy = _tidy_terms(problem, most_gpus(problem, cost_usd_per_hour) + 1)
    cost = ((LAMBDA * price, variable) for price, variable in cost_terms(problem))
    return Goal((*cost, *tidy), _rows_of_kinds(problem), 0.5)


def weights_within(problem: FleetProblem, cost_usd_per_hour: float) -> Weights | None:
    """Return the weights of the order among fleets that cost no more; None where its numbers were too large."""
    kinds, gpus = most_kinds(problem, cost_usd_per_hour), most_gpus(problem, cost_usd_per_hour)
    return _weights(problem, cost_usd_per_hour, (kinds + 1) * (gpus + 1), gpus + 1)


def weights_at(problem: FleetProblem, cost_usd_per_hour: float, kinds: int, gpus: int) -> Weights | None:
    """Return the weights of the order among fleets that cost the same as a known one, and have no more kinds or GPUs.

    The cost being fixed, it only has to outweigh what is known, so that a linear relaxation keeps to it.
    """
    per_kind = most_gpus(problem, cost_usd_per_hour) + 1
    return _weights(problem, cost_usd_per_hour, kinds * per_kind + gpus + 1, per_kind)


def _weights(problem: FleetProblem, cost_usd_per_hour: float, per_unit: int, per_kind: int) -> Weights | None:
    unit = _unit([offer.usd_per_hour for offer in problem.offers])
    if unit is None or (cost_usd_per_hour / unit + 1) * per_unit > LARGEST:
        return None
    return Weights(unit, per_unit, per_kind)


def most_kinds(problem: FleetProblem, cost_usd_per_hour: float) -> int:
    """Return the most kinds that a fleet can have for the money: one instance each of the cheapest."""
    left, kinds = cost_usd_per_hour + TIE_TOLERANCE_USD_PER_HOUR, 0
    for price in sorted(offer.usd_per_hour for offer in problem.offers):
        left -= price
        if left < 0:
            break
        kinds += 1
    return kinds


def most_gpus(problem: FleetProblem, cost_usd_per_hour: float) -> int:
    """Return the most GPUs that a fleet can have for the money, with all there are of those that cost nothing."""
    allowed, free, per_usd = cost_usd_per_hour + TIE_TOLERANCE_USD_PER_HOUR, 0, 0.0
    for offer, most in zip(problem.offers, problem.most_instances, strict=True):
        if offer.usd_per_hour > 0:
            per_usd = max(per_usd, offer.gpus / offer.usd_per_hour)
        else:
            free += offer.gpus * most
    return free + math.floor(allowed * per_usd)


def cost_terms(problem: FleetProblem) -> Terms:
    """Return sum_o usd_per_hour[o] n[o]."""
    return tuple((offer.usd_per_hour, instances(problem, index)) for index, offer in enumerate(problem.offers))


def preference(problem: FleetProblem) -> Terms:
    """Return sum_c sqrt(p_c) r[c] with p_c the primes in order of preference.

    Square roots of primes are linearly independent over the rationals, so no two fleets tie in it.
    """
    roots = roots_of_primes(max(column.preference for column in problem.columns) + 1)
    return tuple((roots[column.preference], replicas(problem, index)) for index, column in enumerate(problem.columns))


def roots_of_primes(count: int) -> list[float]:
    """Return the square roots of the first `count` primes."""
    return [math.sqrt(prime) for prime in _primes(count)]


def value_of(terms: Terms, values: Mapping[Variable, float]) -> float:
    """Return the value of an objective."""
    return math.fsum(coefficient * values.get(variable, 0.0) for coefficient, variable in terms)


def _tidy_terms(problem: FleetProblem, per_kind: int) -> Terms:
    """Return kinds x weight + GPUs; with a weight of more than all GPUs, one more kind weighs more than any saving."""
    terms: list[tuple[float, Variable]] = []
    for index, offer in enumerate(problem.offers):
        terms += [(float(per_kind), used(index)), (float(offer.gpus), instances(problem, index))]
    return tuple(terms)


def _rows_of_kinds(problem: FleetProblem) -> tuple[Row, ...]:
    """Return the rows that count kinds, where no limit brings them."""
    return tuple(count_kinds(problem)) if problem.limits.max_kinds is None else ()


def _unit(prices: list[float]) -> float | None:
    """Return the largest amount of which every price is a multiple; None where some has more than PLACES decimals."""
    scale = 10**PLACES
    exact = [Decimal(repr(price)) * scale for price in prices]
    if any(price != int(price) for price in exact):
        return None
    return math.gcd(*map(int, exact)) / scale or None


def _primes(count: int) -> list[int]:
    """Return the first `count` primes, by a sieve up to n (ln n + ln ln n), which bounds the n-th prime for n >= 6."""
    n = max(count, 6)
    limit = math.ceil(n * (math.log(n) + math.log(math.log(n))))
    is_prime = bytearray([1]) * (limit + 1)
    for factor in range(2, math.isqrt(limit) + 1):
        if is_prime[factor]:
            is_prime[factor * factor :: factor] = bytes(len(range(factor * factor, limit + 1, factor)))
    return [number for number in range(2, limit + 1) if is_prime[number]][:count]
