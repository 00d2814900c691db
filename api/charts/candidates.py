"""Cost against speed: every offer that can do it, alone, and the plan among them."""

from collections.abc import Sequence
from typing import Any

import altair as alt

from api.alone import Alone
from api.charts.style import WIDTH, config, title
from api.render import words
from optimizer.fleet.plan import Plan

HEIGHT = 400
TIERS = ["hyperscaler", "neocloud", "marketplace", "tracker"]


def candidates_chart(plan: Plan, others: Sequence[Alone]) -> alt.LayerChart | alt.FacetChart:
    """Return a dot for each offer, joined by steps where no other is both cheaper and faster; the plan as a ring."""
    base = alt.Chart(alt.InlineData(values=[_row(other) for other in others]))
    best = alt.Chart(alt.InlineData(values=[_row(other) for other in _best(others)]))
    x = alt.X("tok_per_s:Q", title="tok/s per user", scale=alt.Scale(zero=False), axis=alt.Axis(grid=False))
    scale = alt.Scale(type="log", nice=False, padding=20)
    y = alt.Y("usd:Q", title="USD per hour", axis=alt.Axis(format="$,.2~f"), scale=scale)
    told = ["fleet:N", "offer:N", "runs:N", alt.Tooltip("usd:Q", format="$,.2f"), "tok_per_s:Q", "ttft_s:Q"]
    colour = alt.Color("tier:N", title=None, sort=TIERS, legend=alt.Legend(orient="bottom"))
    layers: list[Any] = [
        base.mark_circle(size=46, opacity=0.55).encode(x=x, y=y, color=colour, tooltip=told),
        best.mark_line(interpolate="step-before", strokeWidth=1.5).encode(x=x, y=y, order="usd:Q"),
    ]
    if plan.lines:
        layers += _ring(plan, x, y)
    return alt.layer(
        *layers,
        width=WIDTH,
        height=HEIGHT,
        title=title(
            f"Cost against speed, {plan.request.model}",
            f"{words.plural(len(others), 'offer')} that can do it, each alone; prices of {plan.snapshot.id}",
        ),
        config=config(),
    )


def _ring(plan: Plan, x: alt.X, y: alt.Y) -> list[Any]:
    speed = min(line.performance.tok_per_s_per_user.value for line in plan.lines)
    row = {"usd": plan.cost_usd_per_hour, "tok_per_s": round(speed, 2), "label": "this plan"}
    base = alt.Chart(alt.InlineData(values=[row]))
    return [
        base.mark_point(size=210, strokeWidth=2.5, filled=False).encode(x=x, y=y),
        base.mark_text(align="left", dx=13, dy=4, fontSize=12, fontWeight=600).encode(x=x, y=y, text="label:N"),
    ]


def _best(others: Sequence[Alone]) -> list[Alone]:
    """Return the offers that no other one beats in both; `others` come with the cheapest first."""
    found: list[Alone] = []
    for other in others:
        if not found or other.tok_per_s_per_user > found[-1].tok_per_s_per_user:
            found.append(other)
    return found


def _row(other: Alone) -> dict[str, object]:
    return {
        "usd": round(other.usd_per_hour, 4),
        "tok_per_s": round(other.tok_per_s_per_user, 2),
        "ttft_s": round(other.ttft_s, 3),
        "tier": other.tier,
        "fleet": f"{other.instances} x {other.instance_type}: {other.gpus} x {words.gpu(other.gpu)}",
        "offer": f"{other.provider} {other.region}, {words.term(other.term)}",
        "runs": f"{words.weight_format(other.quantization)} on {words.engine(other.engine)}",
    }
