"""What all charts share: their measure, their type, their colours. The page puts its own colours over these."""

import altair as alt

WIDTH = 760
INK, SOFT, FAINT = "#17201c", "#5b6660", "#e0ded5"
CATEGORIES = ["#0b7a5b", "#2f6fdb", "#b4531a", "#7d4fc4", "#a8345f", "#68710f"]
"""Told apart by people who see no red or no green as well: they differ in lightness and in blue."""


def config() -> alt.Config:
    """Return the look of a chart: no frame, faint grid, quiet axes."""
    return alt.Config(
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            labelColor=SOFT,
            titleColor=SOFT,
            titleFontWeight="normal",
            gridColor=FAINT,
            domainColor=FAINT,
            tickColor=FAINT,
            labelFontSize=11,
            titleFontSize=11,
        ),
        title=alt.TitleConfig(color=INK, fontSize=15, fontWeight=600, subtitleColor=SOFT, subtitleFontSize=12),
        legend=alt.LegendConfig(labelColor=INK, labelFontSize=12, symbolType="circle"),
        line=alt.LineConfig(color=CATEGORIES[0]),
        circle=alt.MarkConfig(color=CATEGORIES[0]),
        point=alt.MarkConfig(color=INK),
        text=alt.MarkConfig(color=INK),
        range=alt.RangeConfig(category=CATEGORIES),
    )


def title(text: str, subtitle: str) -> alt.TitleParams:
    """Return the title of a chart, what it shows and of which data."""
    return alt.TitleParams(text, subtitle=subtitle, anchor="start", offset=14)
