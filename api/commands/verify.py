"""`gpumix verify`: check a saved plan."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from api.exits import Exit

if TYPE_CHECKING:
    from catalog import Catalog
    from optimizer.fleet.plan import Plan

PlanFile = Annotated[str, typer.Argument(metavar="PLAN.json", help="A plan saved with --json; - is standard input.")]


def verify(plan: PlanFile) -> None:
    """Check a saved plan against the prices, the catalog and the physics, apart from the program that made it.

    gpumix ask "10 tok/s at 8K" --json > plan.json && gpumix verify plan.json

    Exits 0 when every rule holds, 3 when one is broken; every broken rule is listed.
    """
    from api.answering import Answerer
    from api.documents import from_json
    from api.files import read_text
    from optimizer.fleet.plan import Plan
    from optimizer.verifying import broken_rules

    document = from_json(Plan, read_text(plan), plan)
    answerer = Answerer.current(document.request.as_of)
    broken = broken_rules(document, answerer.snapshot, _catalog_of(document, answerer.catalog))
    for rule in broken:
        sys.stdout.write(f"broken: {rule}\n")
    if broken:
        raise typer.Exit(Exit.NOTHING_FITS)
    sys.stdout.write(f"plan {document.plan_id} holds: {_claim(document)}\n")


def _catalog_of(plan: "Plan", now: "Catalog") -> "Catalog":
    """Return the catalog that a plan was made from, where it is the one without the user's own measurements."""
    from catalog import NO_OWN
    from optimizer.performance.coefficients import calibration_id

    plain = now.with_own(NO_OWN)
    return plain if plan.calibration_id == calibration_id(plain) else now


def _claim(plan: "Plan") -> str:
    if plan.cost_usd_per_hour is None:
        return "it says that nothing fits, and rents nothing"
    return f"${plan.cost_usd_per_hour:,.2f}/h, {sum(line.count for line in plan.lines)} instance(s), every rule kept"
