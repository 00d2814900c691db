"""`gpumix frontier`: cost against speed, first token, quality or load."""

import sys
from enum import StrEnum
from typing import Annotated

import typer

from api.commands.options import AsJson, RequestFile
from api.exits import Exit


class FrontierAxis(StrEnum):
    """What the cost is set against."""

    speed = "speed"
    first_token = "first-token"
    quality = "quality"
    load = "load"


def frontier(
    file: RequestFile,
    axis: Annotated[FrontierAxis, typer.Option(help="What to set the cost against.")] = FrontierAxis.speed,
    tolerance: Annotated[
        float, typer.Option(min=0.001, max=1, help="Distance of the targets that are told apart.")
    ] = 0.02,
    seconds: Annotated[float, typer.Option(min=1, max=3600, help="Stop looking for more steps after this.")] = 60,
    as_json: AsJson = False,
    png: Annotated[str | None, typer.Option(metavar="FILE", help="Draw the chart to a .png or .svg file.")] = None,
) -> None:
    """List the plans that no other one beats in both cost and speed (or first token, quality, load).

    gpumix frontier -f request.yaml

    The request's own target on the axis is left out; its other targets and limits hold for every plan.
    """
    from api.answering import Answerer
    from api.documents import to_json
    from api.files import read_document
    from api.render.frontier import frontier_text
    from optimizer.fleet.frontier import frontier as find
    from optimizer.request import read_request

    asked = read_request(read_document(file))
    answerer = Answerer.current(asked.as_of)
    request = answerer.resolve(asked)
    found = find(
        request, answerer.snapshot, answerer.catalog, axis=axis.value, tolerance_fraction=tolerance, seconds=seconds
    )
    if png is not None and found.points:
        from api.charts.files import save_chart
        from api.charts.frontier import frontier_chart

        save_chart(frontier_chart(found), png)
    sys.stdout.write(f"{to_json(found) if as_json else frontier_text(found)}\n")
    if not found.points:
        raise typer.Exit(Exit.NOTHING_FITS)
