"""Back-test: what following the cheapest plan would have cost, against standing still and against one hyperscaler."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from api.sweeps.lean import PointSolver
from api.sweeps.past import PastPrices
from catalog import Catalog, GpumixError, InvalidInputError, bad_fields
from optimizer.fleet.names import check_names
from optimizer.request import PlanRequest, read_request
from pricing import Snapshot

HOURS_PER_DAY = 24
SECONDS_PER_DAY_SOLVED = 60.0
MOST_DAYS = 4_000
Fleet = Mapping[str, int]
"""{offer id: instances}."""


class BacktestRequest(BaseModel):
    """What to look back on: a request, the days, and the hyperscaler whose on-demand prices it is held against.

    Each day that is looked at stands for the days up to the next one. A price holds `carry_days` after its last look.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    request: dict[str, Any]
    start: date
    end: date
    every_days: Annotated[int, Field(strict=True, ge=1, le=366)] = 1
    hyperscaler: Literal["aws", "azure", "gcp"] = "azure"
    carry_days: Annotated[int, Field(strict=True, ge=0, le=366)] = 31

    @model_validator(mode="after")
    def _some_days(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"end ({self.end}) is before start ({self.start})")
        if len(self.days) > MOST_DAYS:
            raise ValueError(f"{len(self.days):,} days to look at, at most {MOST_DAYS:,}: raise every_days")
        return self

    @property
    def days(self) -> tuple[date, ...]:
        """Return the days that are looked at."""
        return tuple(
            self.start + timedelta(days=n) for n in range(0, (self.end - self.start).days + 1, self.every_days)
        )


@dataclass(frozen=True, slots=True)
class BacktestDay:
    """One day: USD per hour of the day's cheapest plan, of the first plan at the day's prices, of the hyperscaler.

    None where there was no plan, or no price for it.
    """

    day: date
    offers: int
    usd_per_hour: float | None
    held_usd_per_hour: float | None
    hyperscaler_usd_per_hour: float | None
    fleet: str
    changed: bool


@dataclass(frozen=True, slots=True)
class BacktestTotal:
    """Dollars over the days on which all three are known."""

    days: int
    usd_followed: float
    usd_held: float
    usd_hyperscaler: float
    changes: int


@dataclass(frozen=True, slots=True)
class Backtest:
    """The days, their totals (None where on no day all three are known), and what was assumed."""

    request: PlanRequest
    hyperscaler: str
    every_days: int
    days: tuple[BacktestDay, ...]
    total: BacktestTotal | None
    assumptions: tuple[str, ...]


def read_backtest(document: object) -> BacktestRequest:
    """Return the request of a parsed file. Raises InvalidInputError."""
    try:
        return BacktestRequest.model_validate(document)
    except ValidationError as error:
        raise InvalidInputError(
            bad_fields(error, "backtest"), "a back-test is request, start, end, every_days, hyperscaler, carry_days"
        ) from error


def backtest(
    asked: BacktestRequest, past: PastPrices, today: Snapshot, catalog: Catalog, progress: Callable[[int], None]
) -> Backtest:
    """Return what each way would have cost. Raises InvalidInputError on names that neither prices nor catalog have."""
    request = read_request({**asked.request, "as_of": None, "max_price_age_days": None})
    check_names(request, today, catalog)
    days = tuple(_days(asked, request, past, catalog, progress))
    carried = f"a price holds {asked.carry_days} days after it was last seen; changing fleets costs nothing"
    left_out = f"{past.unknown_machines} instance types of the history are not offered today and left out"
    return Backtest(request, asked.hyperscaler, asked.every_days, days, _total(asked, days), (carried, left_out))


def _days(
    asked: BacktestRequest, request: PlanRequest, past: PastPrices, catalog: Catalog, progress: Callable[[int], None]
) -> Iterator[BacktestDay]:
    allow = request.allow.model_copy(
        update={"providers": (asked.hyperscaler,), "tiers": ("hyperscaler",), "terms": ("on_demand",)}
    )
    listed = request.model_copy(update={"allow": allow})
    solved: dict[str, tuple[Fleet, Fleet]] = {}
    first: Fleet = {}
    before: Fleet = {}
    for done, day in enumerate(asked.days, start=1):
        snapshot = past.on(day)
        if snapshot.snapshot_id not in solved:
            solver = PointSolver(snapshot, catalog)
            solved[snapshot.snapshot_id] = _fleet(solver, request), _fleet(solver, listed)
        cheapest, theirs = solved[snapshot.snapshot_id]
        first = first or cheapest
        prices = {offer.offer_id: offer.usd_per_hour for offer in snapshot.offers}
        yield BacktestDay(
            day=day,
            offers=len(snapshot.offers),
            usd_per_hour=_cost(cheapest, prices),
            held_usd_per_hour=_cost(first, prices),
            hyperscaler_usd_per_hour=_cost(theirs, prices),
            fleet=" + ".join(f"{count} x {offer_id}" for offer_id, count in cheapest.items()),
            changed=bool(before and cheapest) and cheapest != before,
        )
        before = cheapest or before
        progress(done)


def _fleet(solver: PointSolver, request: PlanRequest) -> Fleet:
    """Return the cheapest fleet of a day, empty where there is none or the day has no such prices."""
    try:
        _, chosen = solver.choose(request, SECONDS_PER_DAY_SOLVED)
    except GpumixError:
        return {}
    fleet: dict[str, int] = {}
    for part in chosen.parts:
        fleet[part.offer.offer_id] = fleet.get(part.offer.offer_id, 0) + part.instances
    return fleet


def _cost(fleet: Fleet, prices: Mapping[str, Decimal]) -> float | None:
    if not fleet or not fleet.keys() <= prices.keys():
        return None
    return float(sum((prices[offer_id] * count for offer_id, count in fleet.items()), Decimal(0)))


def _total(asked: BacktestRequest, days: tuple[BacktestDay, ...]) -> BacktestTotal | None:
    costs = [(day.usd_per_hour, day.held_usd_per_hour, day.hyperscaler_usd_per_hour) for day in days]
    lengths = [min(asked.every_days, (asked.end - day.day).days + 1) for day in days]
    known = [
        (length, (ours, first, listed))
        for length, (ours, first, listed) in zip(lengths, costs, strict=True)
        if ours is not None and first is not None and listed is not None
    ]
    if not known:
        return None
    followed, held, theirs = (math.fsum(length * HOURS_PER_DAY * usd[way] for length, usd in known) for way in range(3))
    return BacktestTotal(
        days=sum(length for length, _ in known),
        usd_followed=followed,
        usd_held=held,
        usd_hyperscaler=theirs,
        changes=sum(day.changed for day in days),
    )
