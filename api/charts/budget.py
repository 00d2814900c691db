"""The budget: what each month costs, what was committed to, and the fan of its scenarios."""

from typing import Any

import altair as alt

from api.charts.style import SOFT, WIDTH, config, title
from api.render import words
from optimizer.forecast import Budget

HEIGHT = 380
PARTS = {"usd_committed": "committed", "usd_on_demand": "on demand", "usd_spot": "spot"}
FAN = "#b4531a"
_X = alt.X("month:O", title=None, axis=alt.Axis(labelAngle=-45, labelOverlap=True, grid=False))


def budget_chart(budget: Budget) -> alt.LayerChart | alt.FacetChart:
    """Return the months as stacked bars of what is paid for, the fan, all on demand, and the months of purchases."""
    layers: list[Any] = [_bars(budget)]
    lines = alt.Chart(alt.InlineData(values=_lines(budget)))
    if _has_fan(budget):
        told = [alt.Tooltip(name, format="$,.0f") for name in ("p10:Q", "p50:Q", "p90:Q")]
        layers.append(lines.mark_area(opacity=0.16, color=FAN).encode(x=_X, y="p10:Q", y2="p90:Q"))
        layers.append(lines.mark_line(color=FAN, strokeWidth=2).encode(x=_X, y="p50:Q", tooltip=["month:O", *told]))
    if _has_all_on_demand(budget):
        layers.append(lines.mark_line(color=SOFT, strokeDash=[5, 4]).encode(x=_X, y="all_on_demand:Q"))
    if budget.purchases:
        layers += _purchases(budget)
    return alt.layer(
        *layers,
        width=WIDTH,
        height=HEIGHT,
        title=title(_title(budget), _subtitle(budget)),
        config=config(),
    )


def _bars(budget: Budget) -> alt.Chart:
    usd = alt.Axis(format="$,.2~s", tickCount=6)
    colour = alt.Color("part:N", title=None, legend=alt.Legend(orient="bottom"), scale=alt.Scale(domain=_used(budget)))
    bars = alt.Chart(alt.InlineData(values=_parts(budget))).mark_bar(opacity=0.82, cornerRadius=2)
    drawn: alt.Chart = bars.encode(
        x=_X,
        y=alt.Y("usd:Q", title="USD per month, amortised", axis=usd, stack="zero"),
        color=colour,
        order=alt.Order("place:Q"),
        tooltip=["month:O", "part:N", alt.Tooltip("usd:Q", format="$,.0f")],
    )
    return drawn


def _purchases(budget: Budget) -> list[Any]:
    """Return a mark in each month in which something is bought, with what."""
    rows = [
        {
            "month": purchase.month,
            "usd": 0,
            "label": f"{purchase.count} × {purchase.offer.split('/')[3]}",
            "commitment": f"{purchase.count} × {purchase.offer}",
            "usd_per_month": purchase.usd_per_month,
            "term": words.term(purchase.term),
        }
        for purchase in budget.purchases
    ]
    base = alt.Chart(alt.InlineData(values=rows))
    told = ["month:O", "commitment:N", "term:N", alt.Tooltip("usd_per_month:Q", format="$,.0f")]
    mark = base.mark_point(shape="triangle-up", filled=True, size=110, yOffset=-7, color="white", stroke=FAN, opacity=1)
    return [mark.encode(x=_X, y="usd:Q", tooltip=told)]


def _title(budget: Budget) -> str:
    total = "" if budget.total is None else f": {words.money(budget.total.usd_amortised)}"
    return f"{budget.model}, {words.plural(len(budget.months), 'month')} from {budget.request.start}{total}"


def _subtitle(budget: Budget) -> str:
    parts = []
    if _has_fan(budget):
        parts.append(f"band P10 to P90 and line P50 of {budget.request.scenarios:,} scenarios")
    if _has_all_on_demand(budget):
        parts.append("dashed: all on demand")
    if budget.purchases:
        parts.append("triangles: commitments bought")
    return "; ".join((*parts, f"prices of {budget.snapshot.id}"))


def _has_fan(budget: Budget) -> bool:
    return bool(budget.months) and budget.months[0].p10 is not None


def _has_all_on_demand(budget: Budget) -> bool:
    return budget.total is not None and budget.total.all_on_demand is not None and bool(budget.purchases)


def _used(budget: Budget) -> list[str]:
    return [part for name, part in PARTS.items() if any(getattr(month, name) for month in budget.months)]


def _parts(budget: Budget) -> list[dict[str, object]]:
    used = _used(budget)
    return [
        {"month": month.month, "part": part, "place": used.index(part), "usd": round(getattr(month, name), 2)}
        for month in budget.months
        for name, part in PARTS.items()
        if part in used
    ]


def _lines(budget: Budget) -> list[dict[str, object]]:
    return [
        {
            "month": month.month,
            "p10": _cents(month.p10),
            "p50": _cents(month.p50),
            "p90": _cents(month.p90),
            "all_on_demand": _cents(month.usd_all_on_demand),
        }
        for month in budget.months
    ]


def _cents(usd: float | None) -> float | None:
    return None if usd is None else round(usd, 2)
