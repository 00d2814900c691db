"""Attribution: the way from one plan to another, one thing changed at a time, each stop solved.

What a plan is a function of is exchanged in order: catalog, calibration, prices, request. A stop can only be solved
where its prices and facts can be opened; where they cannot, or nothing fits there, the changes on both sides of it are
one step. The costs of a step's ends are what fleets really cost, so the steps add up to the whole change, exactly.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import permutations
from typing import Any

from catalog import Catalog, GpumixError
from optimizer.fleet.candidates import find_candidates
from optimizer.fleet.choosing import choose
from optimizer.fleet.eligible import check_prices
from optimizer.fleet.names import check_names
from optimizer.fleet.plan import Line, Plan
from optimizer.request import PlanRequest
from pricing.offers import Offer, Snapshot

ORDER = ("catalog", "calibration", "prices", "request")
Place = tuple[str, str, str | None, str, str]


@dataclass(frozen=True, slots=True)
class Side:
    """A plan, and the prices and facts that it was made from as far as they could be opened."""

    plan: Plan
    snapshot: Snapshot | None
    catalog: Catalog | None


@dataclass(frozen=True, slots=True)
class Rented:
    """`count` instances of one offer in a fleet."""

    place: Place
    count: int
    usd_per_hour: Decimal


@dataclass(frozen=True, slots=True)
class Stop:
    """A fleet on the way, and what it costs; without a cost where nothing fits or nothing could be solved."""

    fleet: tuple[Rented, ...]
    cost: Decimal | None
    snapshot: Snapshot | None


@dataclass(frozen=True, slots=True)
class Move:
    """From one stop to the next, everything in `changed` exchanged at once."""

    changed: tuple[str, ...]
    start: Stop
    end: Stop


@dataclass(frozen=True, slots=True)
class Between:
    """Two plans, and which of ORDER `differs`. The day that prices are of belongs to the prices."""

    before: Side
    now: Side
    differs: tuple[str, ...]

    @classmethod
    def of(cls, before: Side, now: Side) -> "Between":
        """Return what lies between two plans."""
        then, today = before.plan, now.plan
        differs = {
            "catalog": then.catalog_id != today.catalog_id,
            "calibration": then.calibration_id != today.calibration_id,
            "prices": (then.snapshot.id, then.request.as_of) != (today.snapshot.id, today.request.as_of),
            "request": asked_for(then.request) != asked_for(today.request),
        }
        return cls(before, now, tuple(name for name in ORDER if differs[name]))

    def moves(self, seconds: float) -> Iterator[Move]:
        """Yield the way in as many moves as can be told apart; `seconds` is the time limit of each stop."""
        at, pending = stop_of(self.before), list[str]()
        order = self._way()
        for number, name in enumerate(order, start=1):
            pending.append(name)
            stop = stop_of(self.now) if number == len(order) else self._solved(order[:number], seconds)
            if stop.cost is not None:
                yield Move(tuple(pending), at, stop)
                at, pending = stop, []

    def _way(self) -> tuple[str, ...]:
        """Return the order of exchange, as near to ORDER as can be, in which the most stops can be opened."""

        def openable(order: tuple[str, ...]) -> int:
            return sum(self._opened(order[:number]) is not None for number in range(1, len(order)))

        return max(permutations(self.differs), key=openable)  # the first of equals

    def _opened(self, exchanged: Sequence[str]) -> tuple[PlanRequest, Snapshot, Catalog] | None:
        """Return what the plan of a stop is made from, or None where a part of it cannot be had."""
        request, prices = self._side("request", exchanged), self._side("prices", exchanged)
        snapshot = self._either("prices", exchanged).snapshot
        facts, fitted = self._either("catalog", exchanged).catalog, self._either("calibration", exchanged).catalog
        if snapshot is None or facts is None or fitted is None:
            return None
        asked = request.plan.request.model_copy(update={"as_of": prices.plan.request.as_of})
        return asked, snapshot, facts.with_own(fitted.own)

    def _side(self, name: str, exchanged: Sequence[str]) -> Side:
        return self.now if name in exchanged else self.before

    def _either(self, name: str, exchanged: Sequence[str]) -> Side:
        """Return the side that a thing is taken from; where it is the same on both, one that has it open."""
        side = self._side(name, exchanged)
        missing = (side.snapshot if name == "prices" else side.catalog) is None
        other = self.before if side is self.now else self.now
        return other if missing and name not in self.differs else side

    def _solved(self, exchanged: Sequence[str], seconds: float) -> Stop:
        opened = self._opened(exchanged)
        if opened is None:
            return Stop((), None, None)
        request, snapshot, catalog = opened
        try:
            check_names(request, snapshot, catalog)
            candidates = find_candidates(request, snapshot, catalog)
            check_prices(candidates.eligible, snapshot)
        except GpumixError:  # what one side names is not on the other: they cannot be told apart
            return Stop((), None, snapshot)
        chosen = choose(candidates, seconds=seconds, break_ties=True)
        fleet = tuple(Rented(place_of(part.offer), part.instances, part.offer.usd_per_hour) for part in chosen.parts)
        return Stop(fleet, _cost(fleet) if chosen.fleet.outcome == "optimal" else None, snapshot)


def asked_for(request: PlanRequest) -> dict[str, Any]:
    """Return every field of a request by its path, names in order; without the day that its prices are of."""
    return dict(_leaves("", request.model_copy(update={"as_of": None}).model_dump(mode="json")))


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(f"{name}.{key}" if name else key, inner)
    else:
        names = isinstance(value, list) and all(isinstance(one, str) for one in value)
        yield name, sorted(value) if names else value


def stop_of(side: Side) -> Stop:
    """Return the fleet and the cost of a plan."""
    fleet = tuple(Rented(place_of(line), line.count, Decimal(str(line.usd_per_hour))) for line in side.plan.lines)
    return Stop(fleet, _cost(fleet), side.snapshot)


def place_of(one: Line | Offer) -> Place:
    """Return what tells an offer from every other."""
    return one.provider, one.region, one.zone, one.instance_type, one.term


def _cost(fleet: Sequence[Rented]) -> Decimal:
    return sum((one.usd_per_hour * one.count for one in fleet), Decimal(0))
