"""The frontier: cost against an axis, a step for each plan that no other one beats."""

from typing import Any

import altair as alt

from api.charts.style import WIDTH, config, title
from api.render import words
from optimizer.fleet.frontier import Frontier, FrontierPoint

HEIGHT = 400
TITLES = {"speed": "tok/s per user", "first-token": "first token, s", "quality": "quality", "load": "load"}
MOST_LABELS = 14


def frontier_chart(frontier: Frontier) -> alt.LayerChart | alt.FacetChart:
    """Return the plans as dots, joined by steps: to go beyond a dot, the next one's price is paid."""
    base = alt.Chart(alt.InlineData(values=[_row(point) for point in frontier.points]))
    x, y = _axis(frontier), alt.Y("usd:Q", title="USD per hour", axis=alt.Axis(format="$,.2~f"), scale=_scale(frontier))
    told = [alt.Tooltip("fleet:N"), alt.Tooltip("usd:Q", format="$,.2f"), alt.Tooltip("at:N", title=frontier.unit)]
    steps = base.mark_line(interpolate="step-before", strokeWidth=2).encode(x=x, y=y, order="usd:Q")
    dots = base.mark_circle(size=60, opacity=1).encode(x=x, y=y, tooltip=told)
    layers: list[Any] = [steps, dots] if frontier.axis != "quality" else [dots]
    if len(frontier.points) <= MOST_LABELS:
        clear = -9 if frontier.axis == "first-token" else 9  # the side on which no step runs
        layers.append(base.mark_text(align="left", dx=7, dy=clear, fontSize=11).encode(x=x, y=y, text="label:N"))
    request = frontier.request
    return alt.layer(
        *layers,
        width=WIDTH,
        height=HEIGHT,
        title=title(
            f"Cost against {TITLES[frontier.axis].removesuffix(', s')}, {request.model}",
            f"the cheapest plan at each target; prices of snapshot {frontier.snapshot_id}",
        ),
        config=config(),
    )


def _axis(frontier: Frontier) -> alt.X:
    if frontier.axis == "quality":
        return alt.X("at:N", title="quality", sort=None)
    title = f"load, {frontier.unit}" if frontier.axis == "load" else TITLES[frontier.axis]
    scale = alt.Scale(type="log", nice=False, padding=30) if frontier.axis == "first-token" else alt.Scale(zero=False)
    return alt.X("at:Q", title=title, scale=scale, axis=alt.Axis(grid=False))


def _scale(frontier: Frontier) -> alt.Scale:
    """Return a logarithmic scale where the dearest plan costs many times the cheapest."""
    costs = [point.cost_usd_per_hour for point in frontier.points]
    wide = max(costs) > 5 * min(costs)
    return alt.Scale(type="log", nice=False, padding=20) if wide else alt.Scale(zero=True, nice=True)


def _row(point: FrontierPoint) -> dict[str, object]:
    kinds = dict.fromkeys(words.gpu(line.gpu) for line in point.lines)
    return {
        "at": point.attained,
        "usd": round(point.cost_usd_per_hour, 4),
        "fleet": point.summary,
        "label": f"{words.money(point.cost_usd_per_hour)} {' + '.join(kinds)}",
    }
