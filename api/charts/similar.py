"""Predicted against measured, for the published runs that are most like a plan."""

from collections.abc import Sequence
from statistics import median
from typing import Any

import altair as alt

from api.charts.style import SOFT, WIDTH, config, title
from api.render import words
from api.similar import EACH_USER, IN_ALL, KINDS, SimilarRun
from optimizer.fleet.plan import Plan

HEIGHT = 400
BAND = 1.25


def similar_chart(plan: Plan, runs: Sequence[SimilarRun]) -> alt.LayerChart | alt.FacetChart:
    """Return a dot for each run on two log axes, its 80% interval, the diagonal, and the band of a factor of BAND."""
    edges = [edge for run in runs for edge in (run.measured, run.predicted)]
    low, high = min(edges) / 1.15, max(edges) * 1.15
    scale = alt.Scale(type="log", domain=[low, high], nice=False)
    x = alt.X("measured:Q", scale=scale, title="measured, tok/s", axis=alt.Axis(format="~s"))
    y = alt.Y("predicted:Q", scale=scale, title="predicted, tok/s", axis=alt.Axis(format="~s"))
    base = alt.Chart(alt.InlineData(values=[_row(run) for run in runs]))
    line = alt.Chart(alt.InlineData(values=[_edge(low), _edge(high)]))
    colour = alt.Color("likeness:N", title=None, sort=list(KINDS), legend=alt.Legend(orient="bottom", symbolOpacity=1))
    shape = alt.Shape(
        "speed:N", title=None, sort=[EACH_USER, IN_ALL], legend=alt.Legend(orient="bottom"),
        scale=alt.Scale(domain=[EACH_USER, IN_ALL], range=["circle", "square"]),
    )  # fmt: skip
    told = [
        "model:N",
        "runs:N",
        "on:N",
        alt.Tooltip("measured:Q"),
        alt.Tooltip("predicted:Q"),
        "interval:N",
        "source:N",
    ]
    layers: list[Any] = [
        base.mark_rule(opacity=0.28, clip=True).encode(x=x, y=alt.Y("low:Q", scale=scale), y2="high:Q", color=colour),
        base.mark_point(filled=True, size=58, opacity=0.85, clip=True).encode(
            x=x, y=y, color=colour, shape=shape, tooltip=told
        ),
        line.mark_area(opacity=0.1, color=SOFT, clip=True).encode(x="x:Q", y="below:Q", y2="above:Q"),
        line.mark_line(color=SOFT, strokeWidth=1).encode(x="x:Q", y="y:Q"),
    ]
    return alt.layer(
        *layers,
        width=WIDTH,
        height=HEIGHT,
        title=title(f"Predicted against measured, runs like {_name(plan)}", _subtitle(plan, runs)),
        config=config(),
    )


def _name(plan: Plan) -> str:
    return " + ".join(dict.fromkeys(words.gpu(line.gpu) for line in plan.lines))


def _subtitle(plan: Plan, runs: Sequence[SimilarRun]) -> str:
    off = median(abs(run.predicted / run.measured - 1) for run in runs)
    left_out = [it.median_error_fraction for line in plan.lines for it in line.evidence.nearest]
    unseen = f"{median(left_out):.0%} for the nearest without their source in the fit, " if left_out else ""
    return f"{words.plural(len(runs), 'run')}; median error {unseen}{off:.0%} as fitted; band: a factor of {BAND}"


def _edge(at: float) -> dict[str, float]:
    return {"x": at, "y": at, "below": at / BAND, "above": at * BAND}


def _row(run: SimilarRun) -> dict[str, object]:
    return {
        "likeness": run.likeness,
        "speed": run.figure,
        "measured": float(f"{run.measured:.4g}"),
        "predicted": float(f"{run.predicted:.4g}"),
        "low": float(f"{run.low:.4g}"),
        "high": float(f"{run.high:.4g}"),
        "interval": f"{run.low:,.3g} to {run.high:,.3g}",
        "model": run.model,
        "runs": f"{words.weight_format(run.quantization)} on {words.engine(run.engine)}",
        "on": f"{run.gpus} x {words.gpu(run.gpu)}",
        "source": f"{run.source_id}, {run.source_date}",
    }
