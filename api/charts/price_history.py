"""Prices over time: a step line for each offer, a dot for each day it was looked at."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import altair as alt

from api.charts.style import WIDTH, config, title
from api.render import words
from pricing.spans import PriceSpan

MOST_LINES = 8
MOST_LABELS = 12
HEIGHT = 360
Line = tuple[PriceSpan, ...]
"""The prices of one offer, oldest first."""


def price_history_chart(spans: Iterable[PriceSpan]) -> alt.LayerChart | alt.FacetChart:
    """Return the chart of `shown_lines`: between two looks the earlier price is drawn on.

    Prices are per instance-hour; of several instance types per GPU-hour, where the GPUs of all are known.
    """
    lines = shown_lines(spans)
    drawn = [span for line in lines for span in line]
    per_gpu = len({span.instance_type for span in drawn}) > 1 and all(span.gpu_count for span in drawn)
    unit = "USD per GPU-hour" if per_gpu else "USD per instance-hour"
    heading, names = _names(lines)
    rows = [row for name, line in zip(names, lines, strict=True) for row in _looks(name, line, per_gpu)]
    base = alt.Chart(alt.InlineData(values=rows))
    axes = _axes(names, unit)
    told = [alt.Tooltip("offer:N"), alt.Tooltip("day:T"), alt.Tooltip("usd:Q", title=unit), alt.Tooltip("source:N")]
    layers = [
        base.mark_line(interpolate="step-after", strokeWidth=2).encode(**axes),
        base.mark_circle(size=32).encode(**axes, tooltip=told),
    ]
    if len(lines) == 1 and len(drawn) <= MOST_LABELS:
        labels = base.transform_filter("datum.label").mark_text(align="left", dx=4, dy=-9, fontSize=12)
        layers.append(labels.encode(x=axes["x"], y=axes["y"], text="label:N"))
    subtitle = f"each dot is a look, the last on {max(span.last_seen for span in drawn):%d %B %Y}"
    return alt.layer(
        *layers,
        width=WIDTH,
        height=HEIGHT,
        title=title(heading, subtitle),
        config=config(),
    )


def shown_lines(spans: Iterable[PriceSpan]) -> list[Line]:
    """Return the lines that are drawn: of spans ordered by key and time, the MOST_LINES offers seen last."""
    lines = [tuple(run) for _, run in groupby(spans, key=lambda span: span.key)]
    latest = sorted(lines, key=lambda line: (line[-1].last_seen, len(line)), reverse=True)[:MOST_LINES]
    return sorted(latest, key=lambda line: line[0].key)


def _axes(names: list[str], unit: str) -> dict[str, Any]:
    """Return time to the right, money upwards from zero, and a color for each offer where there are several."""
    legend = alt.Legend(orient="bottom", columns=2, labelLimit=0) if len(names) > 1 else None
    return {
        "x": alt.X("day:T", title=None, axis=alt.Axis(format="%b %Y", tickCount=8, grid=False)),
        "y": alt.Y("usd:Q", title=unit, axis=alt.Axis(format="$,.2~f"), scale=alt.Scale(zero=True, nice=True)),
        "color": alt.Color("offer:N", title=None, sort=names, legend=legend),
    }


def _names(lines: Sequence[Line]) -> tuple[str, list[str]]:
    """Return the title, from what all lines share, and the name of each, from what they do not."""
    parts = [_parts(line[0]) for line in lines]
    shared = [name for name in parts[0] if len({part[name] for part in parts}) == 1]
    title = " ".join(filter(None, (parts[0][name] for name in shared))) or "Prices"
    return title, [" ".join(text for name, text in part.items() if text and name not in shared) for part in parts]


def _parts(span: PriceSpan) -> Mapping[str, str]:
    return {
        "provider": span.provider,
        "instance_type": span.instance_type,
        "region": span.region if span.zone is None else f"{span.region} {span.zone}",
        "term": words.term(span.term),
        "series": f"({span.series})" if span.series else "",
    }


def _looks(name: str, line: Line, per_gpu: bool) -> Iterable[dict[str, Any]]:
    """Yield a row for the first and the last day of each price; its label stands on the first."""
    for span in line:
        usd = float(span.usd_per_hour) / ((span.gpu_count or 1) if per_gpu else 1)
        row = {"offer": name, "usd": round(usd, 4), "source": span.source}
        yield {**row, "day": span.first_seen.isoformat(), "label": f"${usd:,.2f}"}
        if span.last_seen > span.first_seen:
            yield {**row, "day": span.last_seen.isoformat(), "label": ""}
