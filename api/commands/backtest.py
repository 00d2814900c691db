"""`gpumix backtest`: what plans would have cost over the price history."""

import sys
from typing import Annotated

import typer

from api.commands.options import AsJson
from api.exits import Exit


def backtest(
    file: Annotated[
        str, typer.Option("--file", "-f", metavar="FILE", help="A back-test in YAML or JSON; - is standard input.")
    ],
    as_json: AsJson = False,
    png: Annotated[str | None, typer.Option(metavar="FILE", help="Draw the chart to a .png or .svg file.")] = None,
) -> None:
    """Look back: each day's cheapest plan, against holding the first one and against on demand of one hyperscaler.

    gpumix backtest -f backtest.yaml --png backtest.png

    docs/scale.md describes the file.
    """
    from api.documents import to_json
    from api.files import read_document
    from api.measuring.own import current_catalog
    from api.progress import counting
    from api.render.backtest import backtest_text
    from api.sweeps.backtesting import backtest as look_back
    from api.sweeps.backtesting import read_backtest
    from api.sweeps.past import PastPrices
    from pricing.history import price_history
    from pricing.spans import HistoryFilter
    from pricing.store.current import current_snapshot

    asked = read_backtest(read_document(file))
    today = current_snapshot()
    past = PastPrices(price_history(HistoryFilter()), today, asked.carry_days)
    with counting("days", len(asked.days)) as progress:
        found = look_back(asked, past, today, current_catalog(), progress)
    if png is not None:
        from api.charts.files import save_chart
        from api.sweeps.backtest_chart import backtest_chart

        save_chart(backtest_chart(found), png)
    sys.stdout.write(f"{to_json(found) if as_json else backtest_text(found)}\n")
    if all(day.usd_per_hour is None for day in found.days):
        raise typer.Exit(Exit.NOTHING_FITS)
