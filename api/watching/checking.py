"""One check: what a saved plan's fleet costs today, and what the cheapest plan of its request would."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from api.answering import Answerer
from optimizer.fleet.attribution import Side
from optimizer.fleet.difference import CostCause, Difference, FleetChange, difference
from optimizer.fleet.plan import Plan

State = Literal["cheaper", "same", "dearer", "gone", "nothing fits"]


@dataclass(frozen=True, slots=True)
class Check:
    """What one check found.

    `held_usd_per_hour` is the saved fleet at today's prices, None where an offer of it is gone. `state`: cheaper by the
    threshold or more; gone: the saved fleet can no longer be rented; nothing fits; dearer: the saved fleet costs more
    than when it was saved, and nothing is cheaper by the threshold; else the same. `alert` says whether this was worth
    a word, and `because` why or why not.
    """

    checked_at: datetime
    plan_id: str
    cheapest_plan_id: str
    snapshot_id: str
    state: State
    saved_usd_per_hour: float
    held_usd_per_hour: float | None
    cheapest_usd_per_hour: float | None
    saving_usd_per_hour: float
    saving_fraction: float
    saving_usd_per_month: float
    cheapest: str
    fleet: tuple[FleetChange, ...]
    causes: tuple[CostCause, ...]
    alert: bool = False
    because: str = ""


def check(before: Plan, answerer: Answerer, now: datetime, threshold_fraction: float) -> Check:
    """Return what a saved plan is today. Raises InvalidInputError, PricesError, TimeLimitError.

    The day that a saved request was pinned to is left out: what counts is today.
    """
    request = before.request.model_copy(update={"as_of": None})
    now_side = Side(answerer.plan(request), answerer.snapshot, answerer.catalog)
    found = difference(Side(before, None, None), now_side)
    saved, held = before.cost_usd_per_hour or 0.0, _held(before, found)
    cheapest = found.plan.cost_usd_per_hour
    saving = 0.0 if held is None or cheapest is None else max(0.0, held - cheapest)
    fraction = saving / held if held else 0.0
    return Check(
        checked_at=now,
        plan_id=before.plan_id,
        cheapest_plan_id=found.plan.plan_id,
        snapshot_id=answerer.snapshot.snapshot_id,
        state=_state(saved, held, cheapest, fraction >= threshold_fraction and saving > 0),
        saved_usd_per_hour=saved,
        held_usd_per_hour=held,
        cheapest_usd_per_hour=cheapest,
        saving_usd_per_hour=round(saving, 6),
        saving_fraction=round(fraction, 6),
        saving_usd_per_month=round(saving * before.request.hours_per_month, 2),
        cheapest=fleet_words(found.plan),
        fleet=found.fleet,
        causes=found.causes,
    )


def fleet_words(plan: Plan) -> str:
    """Return what a plan rents, in words; empty where it rents nothing."""
    return ", ".join(
        f"{line.count} x {line.instance_type} ({line.provider} {line.region}, {line.term.replace('_', ' ')})"
        for line in plan.lines
        if line.count
    )


def _held(before: Plan, found: Difference) -> float | None:
    if any(price.now_usd_per_hour is None for price in found.prices):
        return None
    more = sum(((price.now_usd_per_hour or 0.0) - price.before_usd_per_hour) * price.count for price in found.prices)
    return round((before.cost_usd_per_hour or 0.0) + more, 6)


def _state(saved: float, held: float | None, cheapest: float | None, materially: bool) -> State:
    if cheapest is None:
        return "nothing fits"
    if held is None:
        return "gone"
    if materially:
        return "cheaper"
    return "dearer" if held > saved else "same"
