"""A back-test as a chart: three ways to pay, a step line each."""

from typing import Any

import altair as alt

from api.sweeps.backtesting import Backtest

WIDTH, HEIGHT = 760, 360


def backtest_chart(backtest: Backtest) -> alt.Chart:
    """Return USD per hour over the days; a line stops where its price is not known."""
    names = ("cheapest of each day", "first plan, held", f"on demand of {backtest.hyperscaler}")
    rows: list[dict[str, Any]] = [
        {"day": day.day.isoformat(), "way": name, "usd": usd}
        for day in backtest.days
        for name, usd in zip(
            names, (day.usd_per_hour, day.held_usd_per_hour, day.hyperscaler_usd_per_hour), strict=True
        )
    ]
    chart: alt.Chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_line(interpolate="step-after", strokeWidth=2)
        .encode(
            x=alt.X("day:T", title=None, axis=alt.Axis(format="%b %Y", tickCount=8, grid=False)),
            y=alt.Y("usd:Q", title="USD per hour", axis=alt.Axis(format="$,.2~f"), scale=alt.Scale(zero=True)),
            color=alt.Color("way:N", title=None, sort=list(names), legend=alt.Legend(orient="bottom", labelLimit=0)),
        )
        .properties(width=WIDTH, height=HEIGHT, title=f"What it would have cost, {backtest.request.model}")
        .configure_view(stroke=None)
    )
    return chart
