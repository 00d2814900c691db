"""`gpumix chart`: a picture around a saved plan, the same as on the page."""

import sys
from enum import StrEnum
from typing import Annotated

import typer

from catalog import InvalidInputError


class ChartKind(StrEnum):
    """Which chart."""

    candidates = "candidates"
    choices = "choices"
    frontier = "frontier"
    similar = "similar"
    price_history = "price-history"


def chart(
    plan: Annotated[str, typer.Argument(metavar="PLAN.json", help="A plan saved with --json; - is standard input.")],
    kind: Annotated[
        ChartKind,
        typer.Argument(
            metavar="CHART",
            help="candidates (every offer, cost against speed), choices (cost by GPU and weight format), frontier (the "
            "cheapest plan at each speed), similar (predicted against measured) or price-history.",
        ),
    ],
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="A .png, .svg or .json file.")],
) -> None:
    """Draw a picture around a plan, as the page does, to a .png or .svg file, or its specification to .json.

    gpumix ask "10 tok/s at 8K" --json > plan.json && gpumix chart plan.json choices -o choices.png
    """
    from api.answering import Answerer
    from api.charts.files import save_chart
    from api.charts.of_plan import PLAN_CHARTS
    from api.documents import from_json
    from api.files import read_text
    from optimizer.fleet.plan import Plan

    document = from_json(Plan, read_text(plan), plan)
    if not document.lines and kind in (ChartKind.similar, ChartKind.price_history):
        raise InvalidInputError(f"plan {document.plan_id} rents nothing", "relax the limit that its conflicts name")
    now = Answerer.current()
    if now.snapshot.snapshot_id != document.snapshot.id:
        sys.stderr.write(f"drawn with the prices of now, {now.snapshot.snapshot_id}, not the plan's\n")
    save_chart(PLAN_CHARTS[kind.value](document, now), output)
