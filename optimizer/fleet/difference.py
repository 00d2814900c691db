"""Difference: two plans, and what the change in cost comes from, step by step, each step solved."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from catalog import GpumixError, InvalidInputError
from optimizer.fleet.attribution import Between, Move, Place, Rented, Side, asked_for, place_of, stop_of
from optimizer.fleet.plan import Line, Plan
from optimizer.request import PlanRequest
from optimizer.verifying.service import service_rules
from pricing.offers import Snapshot

SECONDS = 60.0
MOST_INSTANCES = 10_000_000
UNPROVED = "is not proved the cheapest: up to ${:,.2f}/h of the change may be that"


@dataclass(frozen=True, slots=True)
class Version:
    """What a plan was made from, and what it costs. `opened`: its prices are here, to be solved with."""

    plan_id: str
    cost_usd_per_hour: float | None
    snapshot_id: str
    newest_observed_at: str
    catalog_id: str
    calibration_id: str
    opened: bool = True


@dataclass(frozen=True, slots=True)
class CostCause:
    """A part of the change in cost, and why it is put down to this cause.

    `prices`, `offers gone`, `catalog`, `calibration`, `request`, or several that could not be told apart, with `and`.
    """

    cause: str
    usd_per_hour: float
    because: str


@dataclass(frozen=True, slots=True)
class CostStep:
    """One thing exchanged (several where they could not be told apart), and what the cheapest fleet costs after it."""

    exchanged: tuple[str, ...]
    usd_per_hour: float
    cost_usd_per_hour: float


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of the request, then and now; None where it is not set."""

    field: str
    before: Any
    now: Any


@dataclass(frozen=True, slots=True)
class PriceChange:
    """The price of an offer of the old fleet, then and now; None where it is no longer offered."""

    provider: str
    region: str
    instance_type: str
    term: str
    count: int
    before_usd_per_hour: float
    now_usd_per_hour: float | None


@dataclass(frozen=True, slots=True)
class FleetChange:
    """An instance type of which the new fleet has more or fewer."""

    provider: str
    region: str
    instance_type: str
    term: str
    before: int
    now: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A plan then and now. `steps` and `causes` each add up to the change; there are none where a plan has no cost.

    `notes` say what could not be told apart and why, and what a plan without a proof may hide.
    """

    before: Version
    now: Version
    change_usd_per_hour: float | None
    causes: tuple[CostCause, ...]
    prices: tuple[PriceChange, ...]
    fleet: tuple[FleetChange, ...]
    plan: Plan
    steps: tuple[CostStep, ...] = ()
    request: tuple[FieldChange, ...] = ()
    notes: tuple[str, ...] = ()


def difference(before: Side, now: Side, *, seconds: float = SECONDS) -> Difference:
    """Return what changed from one plan to the other; `seconds` is the time limit of each step's solve."""
    for plan in (before.plan, now.plan):
        _check(plan)
    prices = tuple(_prices(before.plan, now.snapshot)) if now.snapshot else ()
    known = before.plan.cost_usd_per_hour is not None and now.plan.cost_usd_per_hour is not None
    between = Between.of(before, now)
    moves = tuple(between.moves(seconds)) if known and between.differs else ()
    fields = tuple(_fields(before.plan.request, now.plan.request))
    return Difference(
        before=_version(before),
        now=_version(now),
        change_usd_per_hour=float(_money(now.plan) - _money(before.plan)) if known else None,
        causes=tuple(_causes(before, now, moves, fields)) if known else (),
        prices=tuple(change for change in prices if change.before_usd_per_hour != change.now_usd_per_hour),
        fleet=tuple(_fleet(before.plan, now.plan)),
        plan=now.plan,
        steps=tuple(_steps(moves)),
        request=fields,
        notes=tuple(_notes(before, now, moves)),
    )


def _check(plan: Plan) -> None:
    """Raise InvalidInputError on a plan whose money cannot be added up."""
    for line in plan.lines:
        if not (math.isfinite(line.usd_per_hour) and line.usd_per_hour >= 0 and 0 <= line.count <= MOST_INSTANCES):
            raise InvalidInputError(
                f"plan {plan.plan_id} has {line.count} x {line.instance_type} at ${line.usd_per_hour}/h",
                "give a plan as it was saved; gpumix verify says what is wrong with it",
            )


def _version(side: Side) -> Version:
    plan = side.plan
    return Version(
        plan_id=plan.plan_id,
        cost_usd_per_hour=plan.cost_usd_per_hour,
        snapshot_id=plan.snapshot.id,
        newest_observed_at=plan.snapshot.newest_observed_at,
        catalog_id=plan.catalog_id,
        calibration_id=plan.calibration_id,
        opened=side.snapshot is not None,
    )


def _steps(moves: tuple[Move, ...]) -> Iterator[CostStep]:
    for move in moves:
        yield CostStep(move.changed, float(_change(move)), float(move.end.cost or 0))


def _change(move: Move) -> Decimal:
    return (move.end.cost or Decimal(0)) - (move.start.cost or Decimal(0))


def _causes(before: Side, now: Side, moves: tuple[Move, ...], fields: tuple[FieldChange, ...]) -> Iterator[CostCause]:
    """Yield what each move costs; of new prices first what they do to the fleet that was there."""
    for move in moves:
        change = _change(move)
        if "prices" in move.changed and move.end.snapshot is not None:
            offered = {place_of(offer): offer.usd_per_hour for offer in move.end.snapshot.offers}
            repriced = sum((_repriced(one, offered) for one in move.start.fleet), Decimal(0))
            if repriced:
                yield CostCause("prices", float(repriced), "the same fleet at these prices")
            change -= repriced
            gone = dict.fromkeys(one.place[3] for one in move.start.fleet if one.place not in offered)
            if gone and change:
                yield CostCause("offers gone", float(change), f"not offered at these prices: {', '.join(gone)}")
                continue
        if change:
            yield CostCause(" and ".join(move.changed), float(change), _because(before, now, move, change, fields))
    if not moves and (rest := _money(now.plan) - _money(before.plan)):
        yield CostCause("search", float(rest), "everything is as it was: the plans are not both proved the cheapest")


def _repriced(one: Rented, offered: Mapping[Place, Decimal]) -> Decimal:
    return (offered.get(one.place, one.usd_per_hour) - one.usd_per_hour) * one.count


def _because(before: Side, now: Side, move: Move, change: Decimal, fields: tuple[FieldChange, ...]) -> str:
    """Say what of the request is another, whether the fleet of before would still do it, or that another is cheaper."""
    asked = ", ".join(f"{one.field} {_shown(one.before)} -> {_shown(one.now)}" for one in fields)
    said = [asked] if "request" in move.changed else []
    if change < 0:
        said.append("another fleet is cheaper now")
    elif move.start == stop_of(before) and (unfit := _unfit(before, now, move)):
        said.append(f"the fleet of then is no longer enough: {unfit}")
    elif "request" not in move.changed:
        said.append("the fleet of then is no longer allowed or no longer enough")
    return "; ".join(said)


def _unfit(before: Side, now: Side, move: Move) -> str:
    """Return the first thing in which the old fleet no longer serves, empty where it does or nobody can tell."""
    if now.catalog is None or now.snapshot is None or not {"catalog", "calibration", "request"} & set(move.changed):
        return ""
    request = now.plan.request if "request" in move.changed else before.plan.request
    try:
        return next(service_rules(replace(before.plan, request=request), now.snapshot, now.catalog), "")
    except (GpumixError, ArithmeticError, ValueError, LookupError):  # a fleet that the request or catalog cannot have
        return ""


def _shown(value: object) -> str:
    return "none" if value is None else str(value)


def _notes(before: Side, now: Side, moves: tuple[Move, ...]) -> Iterator[str]:
    for move in moves:
        if len(move.changed) > 1:
            yield f"{' and '.join(move.changed)} could not be told apart: {_why_not(before, now)}"
    for name, plan in (("then", before.plan), ("now", now.plan)):
        proof = plan.certificate
        if plan.cost_usd_per_hour is not None and not proof.proved_optimal:
            gap = plan.cost_usd_per_hour - (proof.bound_usd_per_hour or 0.0)
            yield f"the plan of {name} {UNPROVED.format(gap)}"


def _why_not(before: Side, now: Side) -> str:
    missing = [
        f"the {what} of {when} ({identity})"
        for when, side in (("then", before), ("now", now))
        for what, opened, identity in (
            ("prices", side.snapshot, side.plan.snapshot.id),
            ("catalog and calibration", side.catalog, f"{side.plan.catalog_id}, {side.plan.calibration_id}"),
        )
        if opened is None
    ]
    if missing:
        return f"{' and '.join(missing)} are not here"
    return "nothing could be solved with only one of them exchanged"


def _fields(before: PlanRequest, now: PlanRequest) -> Iterator[FieldChange]:
    """Yield the leaves of a request that are not the same."""
    then, today = asked_for(before), asked_for(now)
    for name in (*then, *(name for name in today if name not in then)):
        if then.get(name) != today.get(name):
            yield FieldChange(name, then.get(name), today.get(name))


def _prices(before: Plan, snapshot: Snapshot) -> Iterator[PriceChange]:
    """Yield the price of each line's offer then and now."""
    offers = {place_of(offer): offer for offer in snapshot.offers}
    for line in before.lines:
        found = offers.get(place_of(line))
        yield PriceChange(
            provider=line.provider,
            region=line.region,
            instance_type=line.instance_type,
            term=line.term,
            count=line.count,
            before_usd_per_hour=line.usd_per_hour,
            now_usd_per_hour=None if found is None else float(found.usd_per_hour),
        )


def _fleet(before: Plan, now: Plan) -> Iterator[FleetChange]:
    """Yield the kinds of instance whose count changed, those that go first."""
    then, today = _counts(before.lines), _counts(now.lines)
    for key in sorted({*then, *today}, key=lambda key: (today[key] - then[key], key)):
        if then[key] != today[key]:
            yield FleetChange(*key, before=then[key], now=today[key])


def _counts(lines: tuple[Line, ...]) -> Counter[tuple[str, str, str, str]]:
    counts: Counter[tuple[str, str, str, str]] = Counter()
    for line in lines:
        counts[line.provider, line.region, line.instance_type, line.term] += line.count
    return counts


def _money(plan: Plan) -> Decimal:
    return sum((Decimal(str(line.usd_per_hour)) * line.count for line in plan.lines), Decimal(0))
