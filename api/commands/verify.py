"""`gpumix verify`: check a saved plan."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from api.exits import Exit

if TYPE_CHECKING:
    from api.answering import Answerer
    from optimizer.fleet.plan import Plan

PlanFile = Annotated[str, typer.Argument(metavar="PLAN.json", help="A plan saved with --json; - is standard input.")]
RulesOnly = Annotated[bool, typer.Option("--rules-only", help="Do not plan the request again: faster, and finds less.")]


def verify(plan: PlanFile, rules_only: RulesOnly = False) -> None:
    """Check a saved plan against the prices, the catalog and the physics, apart from the program that made it.

    gpumix ask "10 tok/s at 8K" --json > plan.json && gpumix verify plan.json

    Then its request is planned again, and every field that is not the same is named. The prices are found by the
    plan's snapshot id.

    Exits 0 when every rule holds, 3 when one is broken; every broken rule is listed.
    """
    from api.documents import from_json
    from api.files import read_text
    from api.replaying import replayed
    from optimizer.fleet.plan import Plan
    from optimizer.verifying import broken_rules

    document = from_json(Plan, read_text(plan), plan)
    answerer = _answerer_of(document)
    broken = list(broken_rules(document, answerer.snapshot, answerer.catalog))
    foreign = _foreign(document, answerer)
    if not rules_only and not foreign:
        broken += replayed(document, answerer)
    for rule in broken:
        sys.stdout.write(f"broken: {rule}\n")
    if broken:
        sys.stdout.write(f"plan {document.plan_id} does not hold: {foreign or _what_to_do(document)}\n")
        raise typer.Exit(Exit.NOTHING_FITS)
    sys.stdout.write(f"plan {document.plan_id} holds: {_claim(document, rules_only)}\n")


def _answerer_of(plan: "Plan") -> "Answerer":
    """Return an answerer on a plan's own prices and evidence where they are here, else on those of now."""
    from api.answering import Answerer
    from api.prices_named import prices_of_id
    from catalog import NO_OWN
    from optimizer.performance.coefficients import calibration_id

    answerer = Answerer.current(plan.request.as_of)
    snapshot = answerer.snapshot
    if snapshot.snapshot_id != plan.snapshot.id:
        snapshot = prices_of_id(plan.snapshot.id) or snapshot
    plain = answerer.catalog.with_own(NO_OWN)
    return Answerer(plain if plan.calibration_id == calibration_id(plain) else answerer.catalog, snapshot)


def _foreign(plan: "Plan", answerer: "Answerer") -> str:
    """Return what to do where a plan cannot be checked here, empty where it can."""
    from optimizer.performance.coefficients import calibration_id

    if plan.snapshot.id != answerer.snapshot.snapshot_id:
        return (
            f"its prices, snapshot {plan.snapshot.id}, are not here (those here are {answerer.snapshot.snapshot_id}); "
            "verify it where they are stored, or plan again"
        )
    if (plan.catalog_id, plan.calibration_id) != (answerer.catalog.catalog_id, calibration_id(answerer.catalog)):
        return "another gpumix or other measurements made it; verify it with those, or plan again"
    return ""


def _what_to_do(plan: "Plan") -> str:
    ask = f'gpumix ask "{plan.question}"' if plan.question else "gpumix plan -f REQUEST"
    return f"it was changed since it was made, or another gpumix made it; plan again: {ask} --json"


def _claim(plan: "Plan", rules_only: bool) -> str:
    again = "" if rules_only or plan.status == "feasible" else ", planned again the same"
    if plan.cost_usd_per_hour is None:
        return f"it says that nothing fits, and rents nothing{again}"
    rented = sum(line.count for line in plan.lines)
    return f"${plan.cost_usd_per_hour:,.2f}/h, {rented} instance(s), every rule kept{again}"
