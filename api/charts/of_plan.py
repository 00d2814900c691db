"""The charts around a plan, by name: the same for the page and for picture files."""

from collections.abc import Callable
from dataclasses import replace

import altair as alt

from api.alone import cheapest_choices, offers_alone
from api.answering import Answerer
from api.charts.candidates import candidates_chart
from api.charts.choices import choices_chart
from api.charts.frontier import frontier_chart
from api.charts.price_history import price_history_chart
from api.charts.similar import similar_chart
from api.similar import similar_runs
from catalog import InvalidInputError
from optimizer.fleet.frontier import Frontier, frontier
from optimizer.fleet.plan import Line, Plan
from pricing.history import price_history
from pricing.spans import HistoryFilter, PriceSpan

Chart = alt.LayerChart | alt.FacetChart
TOLERANCE_FRACTION = 0.05


class NothingToDrawError(InvalidInputError):
    """There is no data for a chart."""


def draw_candidates(plan: Plan, now: Answerer) -> Chart:
    """Return every offer that can do it alone, cost against speed. Raises NothingToDrawError."""
    found = offers_alone(plan.request, now.snapshot, now.catalog)
    if not found:
        raise NothingToDrawError("no offer can do it alone", "ask for less")
    return candidates_chart(plan, found)


def draw_choices(plan: Plan, now: Answerer) -> Chart:
    """Return the cost by GPU and weight format. Raises NothingToDrawError."""
    found = cheapest_choices(plan.request, now.snapshot, now.catalog)
    if not found:
        raise NothingToDrawError("no GPU can do it in any weight format", "ask for less")
    return choices_chart(plan, found, now.catalog.quantizations)


def draw_similar(plan: Plan, now: Answerer) -> Chart:
    """Return predicted against measured, for runs like the plan. Raises NothingToDrawError."""
    runs = similar_runs(plan.lines, now.catalog)
    if not runs:
        raise NothingToDrawError("no published run of anything like it is known", "measure it: gpumix measure import")
    return similar_chart(plan, runs)


def draw_price_history(plan: Plan, now: Answerer) -> Chart:
    """Return what the plan's offers cost before. Raises NothingToDrawError."""
    spans = [span for line in plan.lines for span in _history(line)]
    if not spans:
        raise NothingToDrawError("no earlier price of this plan's offers is known", "look at gpumix prices history")
    return price_history_chart(dict.fromkeys(spans))


def draw_frontier(plan: Plan, now: Answerer, *, seconds: float = 60) -> Chart:
    """Return the cheapest plan at each speed, each solved. Raises NothingToDrawError."""
    return chart_of_frontier(
        frontier(
            plan.request,
            now.snapshot,
            now.catalog,
            axis="speed",
            tolerance_fraction=TOLERANCE_FRACTION,
            seconds=seconds,
        )
    )


def chart_of_frontier(found: Frontier) -> Chart:
    """Return a frontier that was solved before as a chart. Raises NothingToDrawError."""
    if not found.points:
        raise NothingToDrawError("there is no plan at any speed to draw", "ask for less")
    return frontier_chart(found)


def _history(line: Line) -> tuple[PriceSpan, ...]:
    """Return the prices of a line's offer where it stands; of the same offer in other regions where none is known."""
    here = HistoryFilter(line.provider, line.zone or line.region, line.instance_type, None, line.term)
    return price_history(here) or price_history(replace(here, region=None))


PLAN_CHARTS: dict[str, Callable[[Plan, Answerer], Chart]] = {
    "candidates": draw_candidates,
    "choices": draw_choices,
    "frontier": draw_frontier,
    "similar": draw_similar,
    "price-history": draw_price_history,
}
