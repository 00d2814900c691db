"""`gpumix prices history`: what offers cost over time."""

import sys
from typing import Annotated

import typer

from api.commands.options import AsJson
from catalog import InvalidInputError


def history(
    provider: Annotated[str | None, typer.Option(help="Only this provider.")] = None,
    region: Annotated[str | None, typer.Option(help="Only this region or zone.")] = None,
    instance_type: Annotated[str | None, typer.Option(help="Only this instance type.")] = None,
    gpu: Annotated[str | None, typer.Option(help="Only this GPU, or a family such as A100.")] = None,
    term: Annotated[str | None, typer.Option(help="Only this term: on_demand, spot, reserved_1y, ...")] = None,
    png: Annotated[str | None, typer.Option(metavar="FILE", help="Draw a chart into FILE (.png or .svg).")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what offers cost over time: shipped history, then what was stored since.

    gpumix prices history --provider aws --instance-type p5.48xlarge --region us-east-1 --png p5.png
    """
    from api.documents import to_json
    from api.history import price_history_document
    from api.render.prices_history import history_text
    from catalog import load_catalog
    from pricing.history import price_history
    from pricing.spans import HistoryFilter

    gpus = frozenset(load_catalog().gpus_named(gpu)) if gpu else None
    wanted = HistoryFilter(provider, region, instance_type, gpus, term)
    if wanted == HistoryFilter():
        raise InvalidInputError(
            "history of which offers?", "give --provider, --region, --instance-type, --gpu or --term"
        )
    spans = price_history(wanted)
    if not spans:
        raise InvalidInputError("no price of such an offer was ever seen", "see: gpumix prices list")
    document = price_history_document(spans)
    if png:
        from api.charts.files import save_chart
        from api.charts.price_history import price_history_chart, shown_lines

        save_chart(price_history_chart(spans), png)
        every, shown = len({span.key for span in spans}), len(shown_lines(spans))
        note = "" if every == shown else f": the {shown} offers seen last, of {every}; narrow it down for the others"
        sys.stderr.write(f"{png} drawn{note}\n")
    sys.stdout.write(f"{to_json(document) if as_json else history_text(document)}\n")
