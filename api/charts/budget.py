"""The budget: what each month costs, with the fan of its scenarios."""

from typing import Any

import altair as alt

from api.render import words
from optimizer.forecast import Budget

WIDTH, HEIGHT = 760, 380
PARTS = {"usd_committed": "committed", "usd_on_demand": "on demand", "usd_spot": "spot"}


def budget_chart(budget: Budget) -> alt.LayerChart | alt.FacetChart:
    """Return the months as stacked bars of what is paid for, the P10 to P90 fan, and the line of all on demand."""
    bars = alt.Chart(alt.InlineData(values=_parts(budget))).mark_bar(opacity=0.75)
    x = alt.X("month:O", title=None, axis=alt.Axis(labelAngle=-45, labelOverlap=True, grid=False))
    usd = alt.Axis(format="$,.2~s")
    layers: list[Any] = [
        bars.encode(
            x=x,
            y=alt.Y("usd:Q", title="USD per month, amortised", axis=usd, stack="zero"),
            color=alt.Color("part:N", title=None, sort=list(PARTS.values()), legend=alt.Legend(orient="bottom")),
            order=alt.Order("place:Q"),
            tooltip=["month:O", "part:N", alt.Tooltip("usd:Q", format="$,.0f")],
        )
    ]
    lines = alt.Chart(alt.InlineData(values=_lines(budget)))
    if budget.months and budget.months[0].p10 is not None:
        layers.append(lines.mark_area(opacity=0.22, color="#444").encode(x=x, y="p10:Q", y2="p90:Q"))
        layers.append(lines.mark_line(color="#222", strokeWidth=1.5).encode(x=x, y="p50:Q"))
    if budget.total is not None and budget.total.all_on_demand is not None and budget.purchases:
        layers.append(lines.mark_line(color="#b33", strokeDash=[5, 4]).encode(x=x, y="all_on_demand:Q"))
    return alt.layer(
        *layers,
        width=WIDTH,
        height=HEIGHT,
        title=alt.TitleParams(_title(budget), subtitle=_subtitle(budget), anchor="start", offset=12),
        config=alt.Config(view=alt.ViewConfig(stroke=None)),
    )


def _title(budget: Budget) -> str:
    total = "" if budget.total is None else f": {words.money(budget.total.usd_amortised)}"
    return f"{budget.model}, {words.plural(len(budget.months), 'month')} from {budget.request.start}{total}"


def _subtitle(budget: Budget) -> str:
    parts = []
    if budget.months and budget.months[0].p10 is not None:
        parts.append(f"band P10 to P90 and line P50 of {budget.request.scenarios:,} scenarios")
    if budget.purchases:
        parts.append("dashed: all on demand")
    return "; ".join((*parts, f"prices of snapshot {budget.snapshot.id}"))


def _parts(budget: Budget) -> list[dict[str, object]]:
    used = [name for name in PARTS if any(getattr(month, name) for month in budget.months)]
    return [
        {"month": month.month, "part": PARTS[name], "place": place, "usd": round(getattr(month, name), 2)}
        for month in budget.months
        for place, name in enumerate(used)
    ]


def _lines(budget: Budget) -> list[dict[str, object]]:
    return [
        {
            "month": month.month,
            "p10": month.p10,
            "p50": month.p50,
            "p90": month.p90,
            "all_on_demand": month.usd_all_on_demand,
        }
        for month in budget.months
    ]
