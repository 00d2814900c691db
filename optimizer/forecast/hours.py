"""Hours under limits: the fleet program of one hour, with the commitments that run in it.

Where a fleet has limits, or must survive a loss, capacity is no longer one number: an hour is a whole fleet program,
with every constraint of a plan (`optimizer.fleet.constraints`), whose committed instances are given and cost nothing
more. Its routing is a sum, for every replica serves the same mix of sizes:

    served     sum_c min(capacity[c], amount) r[c] >= amount
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from optimizer.fleet.constraints import CONSTRAINTS, ROUTING
from optimizer.fleet.constraints.busy import busy
from optimizer.fleet.constraints.survive import Loss, losses
from optimizer.fleet.problem import FleetProblem, Row, Variable, instances, replicas
from optimizer.forecast.market import Market, Rental, layout_id, mix_capacity
from optimizer.forecast.money import Clock
from optimizer.forecast.request import FLEXIBLE_TERMS, BudgetRequest, Existing
from pricing.offers import Offer

Machine = tuple[str, str, int, str | None]
Bought = tuple[tuple[float, Variable], ...]


@dataclass(frozen=True, slots=True)
class Committed:
    """The instances of an offer that are committed to: a number, and terms of the program that add to it.

    `usd_per_hour` of the number, and of each term, is what one instance costs, for a limit on the spending of an hour.
    """

    count: int
    usd_per_hour: float
    bought: Bought = ()
    prices: tuple[float, ...] = ()
    most: int = 0


def machine_of(offer: Offer) -> Machine:
    """Return the term of an offer and what it is, wherever it stands."""
    return offer.term, offer.gpu_id, offer.gpu_count, offer.intra_link_id


@dataclass(frozen=True)
class Ground:
    """The offers and layouts of a budget as a fleet problem; `capacity[c]` is in the unit of the demand."""

    market: Market
    problem: FleetProblem
    capacity: tuple[float, ...]
    rows: tuple[int, ...]
    by_the_hour: frozenset[int]
    existing: tuple[Existing, ...] = ()

    @classmethod
    def of(cls, asked: BudgetRequest, market: Market) -> "Ground":
        """Return the ground of a market: for each size of replica on an offer the layout that serves the most."""
        columns, whole = market.columns, market.columns.problem
        best: dict[tuple[int, int, int], int] = {}
        served = [mix_capacity(market, row) for row in columns.rows]
        for index, column in enumerate(whole.columns):
            key = (column.offer, column.gpus_per_replica, column.instances_per_replica)
            if served[index] > 0 and (key not in best or served[index] > served[best[key]]):
                best[key] = index
        kept = sorted(best.values())
        allowed = {offer.offer_id for offer in market.candidates.eligible.offers}
        hourly = frozenset(
            index
            for index, offer in enumerate(columns.offers)
            if offer.term in FLEXIBLE_TERMS and offer.term in asked.allowed_terms and offer.offer_id in allowed
        )
        problem = replace(whole, columns=tuple(whole.columns[index] for index in kept), loss_weights=())
        capacity = tuple(served[index] for index in kept)
        return cls(market, problem, capacity, tuple(columns.rows[index] for index in kept), hourly, asked.existing)

    @cached_property
    def losses(self) -> tuple[Loss, ...]:
        """Return every loss that is to be survived."""
        return losses(self.problem)

    @property
    def market_offers(self) -> tuple[Offer, ...]:
        """Return the offers, in the order of the problem's."""
        return self.market.columns.offers

    @cached_property
    def allowed(self) -> frozenset[str]:
        """Return the offers that the request allows."""
        return frozenset(offer.offer_id for offer in self.market.candidates.eligible.offers)

    def cheapest_places(self, count: int, machines: Collection[Machine]) -> "Ground":
        """Return the ground with the offers of some machines, each in so many of its cheapest zones or providers."""
        kept: set[int] = set()
        seen: dict[Machine, set[str]] = defaultdict(set)
        held = {existing.offer for existing in self.existing}
        order = sorted(range(len(self.market_offers)), key=lambda index: self.problem.offers[index].usd_per_hour)
        for index in order:
            offer, one = self.market_offers[index], self.problem.offers[index]
            place = one.zone if self.problem.survive_loss == "zone" else one.provider
            places = seen[machine_of(offer)]
            near = machine_of(offer) in machines and (len(places) < count or place in places)
            if near or offer.offer_id in held:
                places.add(place)
                kept.add(index)
        columns = [number for number, column in enumerate(self.problem.columns) if column.offer in kept]
        return replace(
            self,
            problem=replace(self.problem, columns=tuple(self.problem.columns[number] for number in columns)),
            capacity=tuple(self.capacity[number] for number in columns),
            rows=tuple(self.rows[number] for number in columns),
            by_the_hour=self.by_the_hour & kept,
        )

    def layout(self, column: int) -> str:
        """Return the id of a layout: its offer and the GPUs of one replica."""
        one = self.problem.columns[column]
        return layout_id(self.market_offers[one.offer], one.gpus_per_replica)

    def rental(self, column: int) -> Rental:
        """Return a layout as a rental: an instance full of replicas, or the instances of one."""
        one, offer = self.problem.columns[column], self.market_offers[self.problem.columns[column].offer]
        replicas = 1 if one.instances_per_replica > 1 else offer.gpu_count // one.gpus_per_replica
        served = self.capacity[column] * replicas
        return Rental(offer, one.instances_per_replica, replicas, served, self.rows[column])

    def only(self, term: str) -> "Ground":
        """Return the ground on which only one term is rented by the hour."""
        offers = self.market.columns.offers
        return replace(self, by_the_hour=frozenset(index for index in self.by_the_hour if offers[index].term == term))

    def hour(self, amount: float) -> FleetProblem:
        """Return the problem of an hour: capacity beyond the whole amount is of no use."""
        columns = tuple(
            replace(column, capacity=(min(served, amount),), preference=number)
            for number, (column, served) in enumerate(zip(self.problem.columns, self.capacity, strict=True))
        )
        return replace(self.problem, columns=columns, demand=(amount,))


def hour_rows(ground: Ground, amount: float, held: Mapping[int, Committed], drift: float) -> Iterator[Row]:
    """Yield the rows of an hour, its committed instances put in; an offer that is neither held nor hourly has none."""
    problem = ground.hour(amount)
    yield _served(problem)
    for constraint in CONSTRAINTS:
        if constraint in ROUTING:
            continue
        for row in constraint(problem):
            name, _, place = row.name.rpartition("_")
            if constraint is busy and int(place) not in ground.by_the_hour:
                continue  # a commitment runs whether it serves or not
            offer = int(place) if name == "kind" else None
            yield _put_in(ground, row, held, drift if row.name == "budget" else None, offer)


def _served(problem: FleetProblem) -> Row:
    """served: sum_c min(capacity[c], amount) r[c] >= amount, in units of the amount."""
    amount = problem.demand[0]
    terms = tuple(
        (column.capacity[0] / amount, replicas(problem, index)) for index, column in enumerate(problem.columns)
    )
    return Row("served", terms, ">=", 1)


def _put_in(ground: Ground, row: Row, held: Mapping[int, Committed], drift: float | None, kind: int | None) -> Row:
    """Return a row with n[o] of each committed offer replaced; the row of spending has the prices of each purchase."""
    terms: list[tuple[float, Variable]] = []
    bound = row.bound
    for coefficient, variable in row.terms:
        if variable.kind != "n":
            if kind is not None and variable.kind == "used" and kind not in ground.by_the_hour:
                coefficient = -float(max(1, held[kind].most if kind in held else 1))
            terms.append((coefficient, variable))
            continue
        offer = variable.index[0]
        if offer in ground.by_the_hour:
            terms.append((coefficient * (1.0 if drift is None else drift), variable))
        elif offer in held:
            one = held[offer]
            each = one.usd_per_hour if drift is not None else coefficient
            bound -= each * one.count
            prices = one.prices if drift is not None else (coefficient,) * len(one.bought)
            terms += [(price * part, bought) for price, (part, bought) in zip(prices, one.bought, strict=True)]
    return Row(row.name, tuple(terms), row.sense, bound)


def of_hour(number: int, rows: Iterable[Row], shared: frozenset[str]) -> Iterator[Row]:
    """Yield the rows with names and variables of their own, but for the kinds of variable that hours share."""
    for row in rows:
        terms = tuple(
            (part, variable if variable.kind in shared else replace(variable, index=(number, *variable.index)))
            for part, variable in row.terms
        )
        yield Row(f"{row.name}_h{number}", terms, row.sense, row.bound)


def hour_cost(ground: Ground, problem: FleetProblem, clock: Clock, month: int) -> tuple[tuple[float, Variable], ...]:
    """Return $/h of what is rented in an hour of a month, discounted: sum_o usd_per_hour[o] n[o]."""
    factor = float(clock.flexible_factor[month])
    return tuple(
        (problem.offers[offer].usd_per_hour * factor, instances(problem, offer)) for offer in sorted(ground.by_the_hour)
    )
