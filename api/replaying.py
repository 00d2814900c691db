"""Replaying: a saved plan planned again, and every field in which the two are not the same.

A plan is a function of its request, prices, catalog and calibration. The verifier's rules check what is rented and
promised without the program that planned it; what only a solver can tell (savings, what-ifs, conflicts), and words, are
held against the plan that the same request gives here.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from api.answering import Answerer, Wanted
from api.documents import to_plain
from catalog import InvalidInputError
from optimizer.fleet.plan import Plan
from optimizer.fleet.planning import Reading
from optimizer.request import PlanRequest

SECONDS = 60.0
RELATIVE = 1e-6
SHOWN = 60
MEASURED = ("elapsed_seconds", "certificate.solve_seconds")
"""How long it took: another figure each time. The verifier holds them against each other."""


def replayed(plan: Plan, answerer: Answerer, seconds: float = SECONDS) -> tuple[str, ...]:
    """Return every field of a plan that is not as the same request gives it now, in words. Raises GpumixError.

    A plan that a time limit stopped is another one every time, and is not held against anything.
    """
    if plan.question:
        try:
            read = answerer.read(plan.question).request
        except InvalidInputError as error:
            return (f"question {_shown(plan.question)} cannot be read: {error.message}",)
        other = tuple(
            _unlike("request", to_plain(_undated(plan.request)), to_plain(_undated(read)), "the question reads as")
        )
        if other:
            return other
    again = answerer.make(_wanted(plan, answerer), seconds=seconds)
    if "feasible" in (plan.status, again.status):
        return ()
    return unlike(plan, again)


def unlike(plan: Plan, again: Plan) -> tuple[str, ...]:
    """Return every field in which a plan is not like another, but for how long they took."""
    return tuple(_unlike("", to_plain(plan), to_plain(_no_more_than(plan, again))))


def _wanted(plan: Plan, answerer: Answerer) -> Wanted:
    """Return what a plan answers, read as it was asked: in words, as a request, or from Python, without any words."""
    if plan.question:
        return Wanted(plan.plan_id, plan.request, answerer.read(plan.question).reading)
    if not plan.interpretation:
        return Wanted(plan.plan_id, plan.request, Reading("", ""))
    asked = _without_account_quotas(plan.request, answerer)
    return Wanted(plan.plan_id, plan.request, answerer.wanted(asked).reading)


def _undated(request: PlanRequest) -> PlanRequest:
    return request.model_copy(update={"as_of": None})


def _without_account_quotas(request: PlanRequest, answerer: Answerer) -> PlanRequest:
    """Return a request as it was before it got the quotas of the user's account, if it got them."""
    account = {quota.key for quota in answerer.snapshot.quotas}
    kept = {key: most for key, most in request.limits.quotas.items() if key not in account}
    asked = request.model_copy(update={"limits": request.limits.model_copy(update={"quotas": kept})})
    return asked if answerer.resolve(asked) == request else request


def _no_more_than(plan: Plan, again: Plan) -> Plan:
    """Return a plan without the reasons that the other one had no time for, and says that it gave up."""
    mine, theirs = plan.explanation, again.explanation
    labels = {other.label for other in plan.alternatives}
    limits, asks = {one.limit for one in mine.binding}, {one.change for one in mine.what_if}
    gpus = {one.gpu for one in mine.break_even}
    less = replace(
        again,
        alternatives=tuple(other for other in again.alternatives if other.label in labels),
        explanation=replace(
            theirs,
            given_up=mine.given_up,
            binding=tuple(one for one in theirs.binding if one.limit in limits),
            what_if=tuple(one for one in theirs.what_if if one.change in asks),
            break_even=tuple(one for one in theirs.break_even if one.gpu in gpus),
        ),
    )
    return less if mine.given_up > theirs.given_up and _reasons(less) < _reasons(again) else again


def _reasons(plan: Plan) -> int:
    return len(plan.alternatives) + len(plan.explanation.binding) + len(plan.explanation.what_if)


def _unlike(name: str, told: Any, real: Any, how: str = "planned again it is") -> Iterator[str]:
    if name in MEASURED:
        return
    if isinstance(told, dict) and isinstance(real, dict):
        for key in (*told, *(key for key in real if key not in told)):
            path = f"{name}.{key}" if name else key
            if key in told and key in real:
                yield from _unlike(path, told[key], real[key], how)
            else:
                yield f"{path} is {_shown(told.get(key))}, {how} {_shown(real.get(key))}"
    elif isinstance(told, list) and isinstance(real, list):
        if len(told) != len(real):
            yield f"{name} has {len(told)} entries, {how} one of {len(real)}"
        for number, (mine, theirs) in enumerate(zip(told, real, strict=False)):
            yield from _unlike(f"{name}[{number}]", mine, theirs, how)
    elif not _alike(told, real):
        yield f"{name} is {_shown(told)}, {how} {_shown(real)}"


def _alike(told: object, real: object) -> bool:
    """Return whether two values are the same, figures but for the last digits that another processor may give."""
    if isinstance(told, bool) or isinstance(real, bool):
        return told is real
    if isinstance(told, float) and isinstance(real, float | int):
        return math.isclose(told, real, rel_tol=RELATIVE, abs_tol=1e-12)
    return told == real


def _shown(value: object) -> str:
    text = "nothing" if value is None else repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
