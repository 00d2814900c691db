"""Print a plan, and end with the exit code that says whether there is one."""

import sys

import typer

from api.exits import Exit
from optimizer.fleet.plan import Plan


def show_plan(plan: Plan, as_json: bool) -> None:
    """Print a plan as text or JSON. Exits 3 where nothing fits."""
    if as_json:
        from api.documents import to_json

        sys.stdout.write(f"{to_json(plan)}\n")
    else:
        from api.render.plan import print_plan

        print_plan(plan)
    if plan.status == "infeasible":
        raise typer.Exit(Exit.NOTHING_FITS)
