"""Cost by GPU and weight format: the cheapest machine of each pair that carries the load alone."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from api.alone import Alone
from api.charts.style import WIDTH, config, title
from api.render import words
from catalog import QUALITY_TIERS, Quantization
from optimizer.fleet.plan import Plan

ROW_HEIGHT = 24
NOT_GOOD_ENOUGH = "below the quality asked for"


def choices_chart(
    plan: Plan, choices: Sequence[Alone], formats: Mapping[str, Quantization]
) -> alt.LayerChart | alt.FacetChart:
    """Return a cell for each GPU and format, the greener the cheaper; formats by their bits, the plan's own framed."""
    rows = [_row(plan, one, formats) for one in choices]
    gpus = list(dict.fromkeys(row["gpu"] for row in sorted(rows, key=lambda row: (not row["good"], row["usd"]))))
    by_bits = sorted({one.quantization for one in choices}, key=lambda name: (-formats[name].bits_per_weight, name))
    x = alt.X(
        "format:N", title=None, sort=[words.weight_format(name) for name in by_bits],
        axis=alt.Axis(orient="top", labelAngle=-40, domain=False, ticks=False),
    )  # fmt: skip
    y = alt.Y("gpu:N", title=None, sort=gpus, axis=alt.Axis(domain=False, ticks=False, labelLimit=150))
    scale = alt.Scale(type="log", scheme="greens", reverse=True, domain=_domain(rows))
    cost = alt.Tooltip("usd:Q", format="$,.2f")
    told: list[Any] = ["gpu:N", "format:N", cost, "tok_per_s:Q", "fleet:N", "offer:N", "quality:N"]
    base = alt.Chart(alt.InlineData(values=rows)).encode(x=x, y=y, tooltip=told)
    good, poor = base.transform_filter("datum.good"), base.transform_filter("!datum.good")
    dark = alt.condition("datum.dark", alt.value("#ffffff"), alt.value("#17201c"))
    layers: list[Any] = [
        good.mark_rect(cornerRadius=4).encode(color=alt.Color("usd:Q", scale=scale, legend=None)),
        poor.mark_rect(cornerRadius=4, fill="transparent", stroke="#8a938e", strokeDash=[3, 3], strokeOpacity=0.6),
        base.transform_filter("datum.chosen").mark_rect(cornerRadius=4, fill=None, stroke="#b4531a", strokeWidth=2.5),
        good.mark_text(fontSize=11).encode(text="label:N", color=dark),
        poor.mark_text(fontSize=11).encode(text="label:N"),
    ]
    return alt.layer(
        *layers,
        width=WIDTH,
        height=max(120, ROW_HEIGHT * len(gpus)),
        title=title(
            f"Cost by GPU and weight format, {plan.request.model}",
            f"USD per hour of the cheapest machine of each kind that does it alone; dashed: {NOT_GOOD_ENOUGH}",
        ),
        usermeta={"keepHeight": True},
        config=config(),
    )


def _domain(rows: Sequence[Mapping[str, Any]]) -> list[float]:
    costs = [row["usd"] for row in rows if row["good"]] or [row["usd"] for row in rows]
    return [min(costs), max(max(costs), 2 * min(costs))]


def _row(plan: Plan, one: Alone, formats: Mapping[str, Quantization]) -> dict[str, Any]:
    kept = (one.gpu, one.quantization) in {(line.gpu, line.quantization) for line in plan.lines}
    quality = formats[one.quantization].quality_tier
    wanted = plan.request.quality
    good = QUALITY_TIERS.index(quality) <= QUALITY_TIERS.index(wanted.min_tier)
    if wanted.quantizations:
        good = one.quantization in wanted.quantizations
    return {
        "gpu": words.gpu(one.gpu),
        "format": words.weight_format(one.quantization),
        "usd": round(one.usd_per_hour, 4),
        "label": f"{one.usd_per_hour:,.2f}" if one.usd_per_hour < 100 else f"{one.usd_per_hour:,.0f}",
        "tok_per_s": round(one.tok_per_s_per_user, 2),
        "fleet": f"{one.instances} x {one.instance_type}",
        "offer": f"{one.provider} {one.region}, {words.term(one.term)}",
        "quality": quality,
        "good": good,
        "dark": one.usd_per_hour < 2.5 * (plan.cost_usd_per_hour or 0),
        "chosen": kept,
    }
