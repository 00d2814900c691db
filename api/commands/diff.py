"""`gpumix diff`: a saved plan against the same request today."""

import sys
from typing import Annotated

import typer

from api.commands.options import AsJson
from api.exits import Exit

PlanFile = Annotated[str, typer.Argument(metavar="PLAN.json", help="A plan saved with --json; - is standard input.")]


def diff(plan: PlanFile, as_json: AsJson = False) -> None:
    """Plan a saved plan's request again, and say why the cost changed: prices, catalog or calibration.

    gpumix ask "10 tok/s at 8K" --json > plan.json; later: gpumix diff plan.json
    """
    from api.answering import Answerer
    from api.documents import from_json, to_json
    from api.files import read_text
    from api.render.difference import difference_text
    from optimizer.fleet.difference import difference
    from optimizer.fleet.plan import Plan

    before = from_json(Plan, read_text(plan), plan)
    answerer = Answerer.current()
    found = difference(before, answerer.plan(before.request), answerer.snapshot, answerer.catalog)
    sys.stdout.write(f"{to_json(found) if as_json else difference_text(found)}\n")
    if found.plan.status == "infeasible":
        raise typer.Exit(Exit.NOTHING_FITS)
