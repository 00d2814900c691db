"""Deciding under limits: commitments whose hours are fleet programs, tied together by what is bought.

    minimise   sum_{m,h,o} hours[m,h] usd[m,o] n[m,h,o] + sum_{o,t} usd[o,t] buy[o,t]
    for every hour class h of month m, every row of `forecast.hours` with
    n[m,h,o] = held[m,o] + sum_{m-term[o] < t <= m} buy[o,t] for an offer o that is committed to

Any purchases have a true cost, each hour alone (`stairs`); the program gives a bound and a candidate, the budget
without limits another bound, and neighbours of the best candidate are tried while there is time.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from optimizer.fleet.problem import Row, Variable, VariableKind
from optimizer.fleet.solver import SolverName, solve
from optimizer.forecast.bill import Tally
from optimizer.forecast.deciding import Decision, existing_rate, existing_usd
from optimizer.forecast.hours import Committed, Ground, hour_cost, hour_rows, of_hour
from optimizer.forecast.request import TERM_MONTHS
from optimizer.forecast.stairs import Stairs

Purchased = Mapping[tuple[str, int], int]
MOST_COLUMNS = 20_000
"""Columns of all hours together, above which the program is not solved as one."""
GAP = 1e-6
SHARE_OF_TIME = 0.6


@dataclass
class Limited:
    """The costs of purchases under limits; stairs are kept by what is held and, where spending is limited, price."""

    tally: Tally
    ground: Ground
    known: dict[tuple[object, ...], Stairs] = field(default_factory=dict)

    def stairs(self, purchases: Purchased, month: int) -> Stairs:
        """Return the stairs of a month beside purchases."""
        spending = self.ground.problem.limits.max_usd_per_hour is not None
        held = self.held(purchases, month)
        drift = self.tally.clock.drift[month] if spending else 1.0
        prices = tuple(one.usd_per_hour for one in held.values()) if spending else ()
        key = (tuple((offer, one.count) for offer, one in held.items()), drift, prices, self.ground.by_the_hour)
        return self.known.setdefault(key, Stairs(self.ground, held, drift))

    def held(self, purchases: Purchased, month: int) -> dict[int, Committed]:
        """Return the committed instances of a month, by offer, with the mean price of one."""
        counts: dict[str, int] = {}
        usd: dict[str, float] = {}
        for name, count, price in self._alive(purchases, month):
            counts[name] = counts.get(name, 0) + count
            usd[name] = usd.get(name, 0.0) + count * price
        return {
            index: Committed(counts[offer.offer_id], usd[offer.offer_id] / counts[offer.offer_id],
                             most=counts[offer.offer_id])
            for index, offer in enumerate(self.ground.market_offers) if counts.get(offer.offer_id)
        }  # fmt: skip

    def _alive(self, purchases: Purchased, month: int) -> Iterator[tuple[str, int, float]]:
        asked = self.tally.asked
        for number, existing in enumerate(asked.existing):
            if month < existing.months_left:
                yield existing.offer, existing.count, existing_rate(asked, self.tally.market, number)
        for (name, bought), count in purchases.items():
            if count and bought <= month < bought + TERM_MONTHS[name.rsplit("/", 1)[1]]:
                yield name, count, float(self.tally.price(name, bought))

    def rent(self, purchases: Purchased) -> list[float]:
        """Return the discounted rent of each month, infinite where the limits allow no fleet."""
        found = []
        for month, load in enumerate(self.tally.loads):
            stairs, usd = self.stairs(purchases, month), 0.0
            for hours in load.classes:
                step = stairs.step(hours.amount)
                usd += math.inf if step is None else step.usd_per_hour * hours.hours
            found.append(usd * float(self.tally.clock.flexible_factor[month]))
        return found

    def price(self, name: str, month: int) -> float:
        """Return the discounted price of one instance bought in a month."""
        asked, clock, term = self.tally.asked, self.tally.clock, name.rsplit("/", 1)[1]
        months = clock.paid_months(month, TERM_MONTHS[term], asked.after_horizon)
        return clock.commitment_usd(float(self.tally.price(name, 0)), month, months, asked.upfront(term))

    def usd(self, purchases: Purchased) -> float:
        """Return the discounted cost of purchases, existing commitments and rent."""
        bought = [count * self.price(name, month) for (name, month), count in purchases.items() if count]
        held = existing_usd(self.tally.asked, self.tally.market, self.tally.clock)
        return math.fsum((*bought, held, *self.rent(purchases)))


def decide_limited(costs: Limited, free: Decision, *, seconds: float = 60, solver: SolverName = "highs") -> Decision:
    """Return the cheapest decision within the limits; `free` is the one without them, whose cost is a bound."""
    started = time.perf_counter()

    def left() -> float:
        return seconds - (time.perf_counter() - started)

    bound = free.bound_usd if free.found else -math.inf
    best: Purchased = {}
    usd = costs.usd({})
    if free.found and free.purchases and left() > 0 and (other := costs.usd(free.purchases)) < usd:
        best, usd = free.purchases, other
    infeasible = False
    lost_alone = costs.ground.problem.survive_loss != "none"
    small = _size(costs) <= MOST_COLUMNS and (not lost_alone or math.isinf(usd))
    if costs.tally.asked.purchase_terms and not _proved(usd, bound) and small and left() > 0:
        candidate, own, infeasible = _program(costs, max(1.0, left() * SHARE_OF_TIME), solver)
        bound = max(bound, own)
        if candidate is not None and (other := costs.usd(candidate)) < usd:
            best, usd = candidate, other
    elif not costs.tally.asked.purchase_terms:
        bound, infeasible = usd, math.isinf(usd)
    if not (_proved(usd, bound) or math.isinf(usd)):
        best, usd = _improved(costs, best, usd, left)
    if math.isinf(usd):
        return Decision("infeasible" if infeasible else "time limit", math.inf, -math.inf, left(), {}, ())
    proved = _proved(usd, bound)
    return Decision(
        "optimal" if proved else "feasible", usd, min(bound, usd), time.perf_counter() - started,
        {key: count for key, count in best.items() if count}, _rented(costs, best),
    )  # fmt: skip


def _proved(usd: float, bound: float) -> bool:
    return math.isfinite(usd) and usd - bound <= GAP * abs(usd)


def _size(costs: Limited) -> int:
    hours = sum(hours.amount > 0 for load in costs.tally.loads for hours in load.classes)
    return hours * len(costs.ground.problem.columns)


def _program(costs: Limited, seconds: float, solver: SolverName) -> tuple[Purchased | None, float, bool]:
    """Solve all hours as one program: purchases, a proved bound, and whether there can be no budget at all."""
    rows, cost = program(costs)
    found = solve(cost, rows, solver=solver, seconds=seconds, gap_fraction=GAP / 10)
    held = existing_usd(costs.tally.asked, costs.tally.market, costs.tally.clock)
    if not found.values:
        return None, found.bound + held, found.outcome == "infeasible"
    offers = costs.ground.market_offers
    bought = {
        (offers[variable.index[0]].offer_id, variable.index[1]): round(value)
        for variable, value in found.values.items()
        if str(variable.kind) == "buy" and round(value) > 0
    }
    return bought, found.bound + held, False


def program(costs: Limited) -> tuple[list[Row], tuple[tuple[float, Variable], ...]]:
    """Return the rows and the objective of all hours, tied by what is bought."""
    tally, ground = costs.tally, costs.ground
    peak = ground.hour(max(load.peak for load in tally.loads))
    names = {
        index: offer.offer_id for index, offer in enumerate(ground.market_offers)
        if offer.term in tally.asked.purchase_terms and offer.offer_id in ground.allowed
    }  # fmt: skip
    buys = {
        (index, month): Variable(cast("VariableKind", "buy"), (index, month), True, peak.most_instances[index])
        for index in names
        for month in range(len(tally.loads))
    }
    rows: list[Row] = []
    cost = [(costs.price(names[index], month), buy) for (index, month), buy in buys.items()]
    number = 0
    for month, load in enumerate(tally.loads):
        held = _tied(costs, names, buys, month)
        for hours in load.classes:
            if hours.amount <= 0:
                continue
            drift = tally.clock.drift[month]
            rows += of_hour(number, hour_rows(ground, hours.amount, held, drift), frozenset({"buy"}))
            cost += [
                (usd * hours.hours, Variable(n.kind, (number, *n.index), n.integer, n.upper))
                for usd, n in hour_cost(ground, ground.hour(hours.amount), tally.clock, month)
            ]
            number += 1
    return rows, tuple(cost)


def _tied(
    costs: Limited, names: Mapping[int, str], buys: Mapping[tuple[int, int], Variable], month: int
) -> dict[int, Committed]:
    """Return what is held in a month, as numbers and as terms of the purchases that are alive then."""
    held = costs.held({}, month)
    for index, name in names.items():
        term = TERM_MONTHS[name.rsplit("/", 1)[1]]
        alive = range(max(0, month - term + 1), month + 1)
        own = held.get(index, Committed(0, 0.0))
        held[index] = Committed(
            own.count,
            own.usd_per_hour,
            tuple((1.0, buys[index, bought]) for bought in alive),
            tuple(float(costs.tally.price(name, bought)) for bought in alive),
            own.count + round(sum(buys[index, bought].upper for bought in alive)),
        )
    return held


def _improved(costs: Limited, best: Purchased, usd: float, left: Callable[[], float]) -> tuple[Purchased, float]:
    """Return purchases after steps to cheaper neighbours, while there is time."""
    grown = True
    while grown and left() > 0:
        grown = False
        for key in _moves(costs, best):
            for step in (1, -1):
                if left() <= 0:
                    break
                tried = {**best, key: best.get(key, 0) + step}
                if tried[key] >= 0 and (other := costs.usd(tried)) < usd * (1 - GAP):
                    best, usd, grown = tried, other, True
    return best, usd


def _moves(costs: Limited, best: Purchased) -> list[tuple[str, int]]:
    """Return the purchases worth changing: those made, and the cheapest of each term and pool in the first month."""
    terms = costs.tally.asked.purchase_terms
    offers = [o for o in costs.ground.market_offers if o.term in terms and o.offer_id in costs.ground.allowed]
    first = {(offer.term, offer.gpu_id, offer.gpu_count): offer.offer_id
             for offer in sorted(offers, key=lambda offer: -offer.usd_per_hour)}  # fmt: skip
    return sorted({*best, *((name, 0) for name in first.values())})


def _rented(costs: Limited, purchases: Purchased) -> tuple[tuple[dict[str, int], ...], ...]:
    """Return what is rented by the hour in each class of each month."""
    offers = costs.ground.market_offers
    months = []
    for month, load in enumerate(costs.tally.loads):
        stairs = costs.stairs(purchases, month)
        steps = [stairs.step(hours.amount) for hours in load.classes]
        months.append(tuple(
            {} if step is None else {offers[o].offer_id: count for o, count in sorted(step.rented.items())}
            for step in steps
        ))  # fmt: skip
    return tuple(months)
