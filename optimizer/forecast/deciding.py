"""Deciding: what to commit to and what to rent in each hour class, from a market and the loads of the months."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from catalog import InvalidInputError
from optimizer.fleet.solver import Outcome, SolverName
from optimizer.forecast.covering import SLACK, Covers
from optimizer.forecast.dearest import cheapest_of_dearest
from optimizer.forecast.load import MonthLoad
from optimizer.forecast.market import Market, rentals_of
from optimizer.forecast.money import Clock
from optimizer.forecast.refining import alive_capacity
from optimizer.forecast.request import TERM_MONTHS, BudgetRequest
from optimizer.forecast.staircase import Futures, Rounded, staircase

ROUNDING_GAP = 1e-9
Instances = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a budget decides: `purchases[(offer id, month)]` and `rented[month][class]`, in instances.

    `usd` is the discounted cost that was minimised, with every payment a commitment owes; `bound_usd` is proved.
    `rounded` says so where commitments were counted on a grid: the bound then allows for it, and `usd` for no less.
    """

    outcome: Outcome
    usd: float
    bound_usd: float
    seconds: float
    purchases: Mapping[tuple[str, int], int]
    rented: tuple[tuple[Instances, ...], ...]
    rounded: Rounded | None = None

    @property
    def found(self) -> bool:
        """Return whether there is a budget at all."""
        return self.outcome in ("optimal", "feasible")


def decide(
    asked: BudgetRequest,
    loads: Sequence[MonthLoad],
    market: Market,
    covers: Covers,
    futures: Futures | None = None,
    *,
    seconds: float = 60,
    solver: SolverName = "highs",
) -> Decision:
    """Return the cheapest commitments and hourly rents where capacity is one number."""
    clock = Clock.of(asked, market.candidates.request.hours_per_month)
    held = held_capacity(asked, market)
    form = staircase(asked, loads, covers, market.rentals(asked.purchase_terms), held, clock, futures)
    found = cheapest_of_dearest(form.problem, solver=solver, seconds=seconds)
    if found.outcome not in ("optimal", "feasible"):
        return Decision(found.outcome, math.inf, -math.inf, found.seconds, {}, ())
    purchases: Counter[tuple[str, int]] = Counter()
    for (index, month), count in found.counts.items():
        rental = form.rentals[index]
        purchases[rental.offer.offer_id, month] += count * rental.instances
    capacities = [alive_capacity(form.problem, found.counts, month) for month in range(len(loads))]
    constant = existing_usd(asked, market, clock)
    lost = 0.0 if form.rounded is None else form.rounded.usd
    return Decision(
        "feasible" if lost > ROUNDING_GAP * abs(found.usd) else found.outcome,
        found.usd + constant,
        found.bound_usd - lost + constant,
        found.seconds,
        {key: count for key, count in purchases.items() if count > 0},
        tuple(_rented(load, covers, capacity) for load, capacity in zip(loads, capacities, strict=True)),
        form.rounded,
    )


def capacity_of(market: Market, offer_id: str, count: int) -> float:
    """Return what `count` instances of an offer serve, the best of its rentals."""
    offers = [offer.offer_id for offer in market.columns.offers]
    found = rentals_of(market, offers.index(offer_id)) if offer_id in offers else []
    return max((count // rental.instances * rental.capacity for rental in found), default=0.0)


def held_capacity(asked: BudgetRequest, market: Market) -> list[float]:
    """Return the capacity of existing commitments in each month."""
    return [
        math.fsum(
            capacity_of(market, existing.offer, existing.count)
            for existing in asked.existing
            if month < existing.months_left
        )
        for month in range(asked.months)
    ]


def existing_usd(asked: BudgetRequest, market: Market, clock: Clock) -> float:
    """Return what existing commitments still cost within the horizon, discounted."""
    return math.fsum(
        existing_rate(asked, market, number)
        * existing.count
        * clock.hours_per_month
        * math.fsum(clock.discount[: min(existing.months_left, asked.months)])
        for number, existing in enumerate(asked.existing)
    )


def existing_rate(asked: BudgetRequest, market: Market, number: int) -> float:
    """Return $/h of one instance of an existing commitment. Raises InvalidInputError where its offer is unknown."""
    existing = asked.existing[number]
    for offer in market.candidates.snapshot.offers:
        if offer.offer_id == existing.offer:
            return float(offer.usd_per_hour) if existing.usd_per_hour is None else existing.usd_per_hour
    raise InvalidInputError(
        f"existing.{number}.offer: {existing.offer!r} is no offer of this snapshot",
        "write it as provider/region/zone or -/instance_type/term, see gpumix prices list",
    )


def _rented(load: MonthLoad, covers: Covers, committed: float) -> tuple[Instances, ...]:
    """Return what is rented by the hour in each class of a month, in instances of each offer."""
    classes = []
    for hours in load.classes:
        rented: Counter[str] = Counter()
        left = hours.amount - committed
        if left > SLACK * (1 + hours.amount):
            for number, count in covers.fleet(left).items():
                rental = covers.rentals[number]
                rented[rental.offer.offer_id] += count * rental.instances
        classes.append(dict(sorted(rented.items())))
    return tuple(classes)


def alive_instances(purchases: Mapping[tuple[str, int], int], month: int) -> Instances:
    """Return the instances of each commitment bought here that are alive in a month."""
    alive: Counter[str] = Counter()
    for (offer_id, bought), count in purchases.items():
        if bought <= month < bought + TERM_MONTHS[offer_id.rsplit("/", 1)[1]]:
            alive[offer_id] += count
    return dict(sorted(alive.items()))
