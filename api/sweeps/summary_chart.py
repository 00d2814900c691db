"""A sweep as a picture: what plans cost along each thing that was varied, and on which GPUs they run."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from api.render import words
from api.sweeps.summary import Group, SweepSummary

WIDTH, HEIGHT, PER_ROW = 360, 220, 2
MOST_NAMES = 40
MOST_GPUS = 12
WIDE = 20  # times from the cheapest to the dearest, from which on the axis is logarithmic


def sweep_chart(
    summary: SweepSummary, along: Mapping[str, Sequence[Group]], gpus: Mapping[str, int]
) -> alt.ConcatChart:
    """Return a panel for each column: the median of USD per hour, from the least to the most; then GPUs by plans."""
    panels: list[Any] = [
        _panel(column, groups)
        for column, groups in along.items()
        if any(group.plans for group in groups) and (_numeric(groups) or len(groups) <= MOST_NAMES)
    ]
    ends = ", ".join(f"{count:,} {status}" for status, count in summary.statuses.items())
    chart: alt.ConcatChart = alt.concat(
        *panels,
        _gpus(gpus),
        columns=PER_ROW,
        spacing=36,
        title=alt.TitleParams(
            f"{words.plural(summary.points, 'point')}: {ends}",
            subtitle="median at each value, and from the cheapest plan to the dearest; points without a plan left out",
            anchor="start",
            offset=16,
        ),
        config=alt.Config(view=alt.ViewConfig(stroke=None)),
    ).resolve_scale(x="independent", y="independent")
    return chart


def _panel(column: str, groups: Sequence[Group]) -> alt.LayerChart | alt.FacetChart:
    rows = [
        {"value": _shown(group.value), "least": group.least, "middle": group.middle, "most": group.most}
        for group in groups
        if group.plans
    ]
    base = alt.Chart(alt.InlineData(values=rows))
    axis = alt.Axis(grid=False, labelAngle=0, labelOverlap=True, labelLimit=120)
    if column == "as_of":
        days = alt.Axis(grid=False, tickCount=5, format="%d %b %Y")
        x: alt.X = alt.X("value:T", title="prices of", axis=days)
    elif _numeric(groups):
        x = alt.X("value:Q", title=column, axis=axis, scale=alt.Scale(zero=False))
    else:
        x = alt.X("value:N", title=column, axis=axis, sort=None)
    scale = _scale(groups)
    if column == "as_of" or _numeric(groups):
        spread = base.mark_area(opacity=0.18).encode(x=x, y=_usd("least:Q", scale), y2="most:Q")
        middle = base.mark_line(strokeWidth=2, point=len(rows) <= MOST_NAMES).encode(x=x, y=_usd("middle:Q", scale))
    else:
        spread = base.mark_rule(opacity=0.35, strokeWidth=10).encode(x=x, y=_usd("least:Q", scale), y2="most:Q")
        middle = base.mark_tick(thickness=3, width=34, opacity=1).encode(x=x, y=_usd("middle:Q", scale))
    return alt.layer(spread, middle, width=WIDTH, height=HEIGHT)


def _gpus(gpus: Mapping[str, int]) -> alt.LayerChart | alt.FacetChart:
    rows = [{"gpu": words.gpu(name), "plans": count} for name, count in list(gpus.items())[:MOST_GPUS]]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("gpu:N", title=None, sort=None),
        x=alt.X("plans:Q", title="plans by their GPU", axis=alt.Axis(grid=False)),
    )
    told = base.mark_text(align="left", dx=4).encode(text=alt.Text("plans:Q", format=","))
    return alt.layer(base.mark_bar(opacity=0.75), told, width=WIDTH, height=HEIGHT)


def _usd(field: str, scale: alt.Scale) -> alt.Y:
    return alt.Y(field, title="USD per hour", axis=alt.Axis(format="$,.2~f"), scale=scale)


def _scale(groups: Sequence[Group]) -> alt.Scale:
    least = min(group.least for group in groups if group.least is not None)
    most = max(group.most for group in groups if group.most is not None)
    return alt.Scale(type="log", nice=False, padding=10) if 0 < WIDE * least < most else alt.Scale(zero=True)


def _numeric(groups: Sequence[Group]) -> bool:
    values = [group.value for group in groups if group.value is not None]
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _shown(value: object) -> object:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
