"""Predicted against measured: how close the physics comes to published runs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import altair as alt

SIDE = 440


@dataclass(frozen=True, slots=True)
class Point:
    """One published measurement and its prediction, in the unit of `metric`."""

    metric: str
    engine: str
    measured: float
    predicted: float


def accuracy_chart(points: Sequence[Point]) -> alt.LayerChart | alt.FacetChart:
    """Return a scatter on two log axes with the diagonal, and the band within a factor of 1.25."""
    values: list[dict[str, Any]] = [asdict(point) for point in points]
    low = min(min(point.measured, point.predicted) for point in points)
    high = max(max(point.measured, point.predicted) for point in points)
    line = [{"x": edge, "y": edge, "below": edge / 1.25, "above": edge * 1.25} for edge in (low, high)]
    scale = alt.Scale(type="log", domain=[low, high], nice=False)
    band = alt.Chart(alt.InlineData(values=line)).mark_area(opacity=0.12, color="#444", clip=True)
    diagonal = alt.Chart(alt.InlineData(values=line)).mark_line(color="#444", strokeWidth=1)
    dots = alt.Chart(alt.InlineData(values=values)).mark_circle(size=14, opacity=0.45, clip=True)
    return alt.layer(
        band.encode(x=alt.X("x:Q", scale=scale), y=alt.Y("below:Q", scale=scale), y2="above:Q"),
        diagonal.encode(x=alt.X("x:Q", scale=scale), y=alt.Y("y:Q", scale=scale)),
        dots.encode(
            x=alt.X("measured:Q", scale=scale, title="measured, output tokens per second"),
            y=alt.Y("predicted:Q", scale=scale, title="predicted"),
            color=alt.Color("engine:N", title=None, legend=alt.Legend(orient="bottom")),
        ),
        width=SIDE,
        height=SIDE,
        title=alt.TitleParams("Throughput: predicted against measured", subtitle="band: within a factor of 1.25"),
        config=alt.Config(view=alt.ViewConfig(stroke=None)),
    )
