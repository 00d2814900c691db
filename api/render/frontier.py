"""A frontier as text: a row a plan, what it costs and what it does."""

from api.render import words
from api.render.tables import table_text
from optimizer.fleet.frontier import Frontier, FrontierPoint

NAMES = {"speed": "speed", "first-token": "first token", "quality": "quality", "load": "load"}


def frontier_text(frontier: Frontier) -> str:
    """Return the points, cheapest first, and how close together they were looked for."""
    if not frontier.points:
        return "Nothing fits at any target: run gpumix plan to see which limits conflict."
    rows = [
        (words.money(point.cost_usd_per_hour, "/h"), _amount(point, frontier), _fleet(point))
        for point in frontier.points
    ]
    table = table_text(("cost", NAMES[frontier.axis], "fleet"), rows, right=(0, 1))
    proved = all(point.proved_optimal for point in frontier.points)
    proof = "each proved cheapest" if proved else "not every one proved cheapest in time"
    near = "" if frontier.axis == "quality" else f", steps found to within {frontier.tolerance_fraction:.1%}"
    return f"{table}\n\n{words.plural(len(frontier.points), 'plan')}, {proof}{near}; {frontier.solves} targets solved"


def _amount(point: FrontierPoint, frontier: Frontier) -> str:
    if isinstance(point.attained, str):
        return point.attained
    return f"{point.attained:.3g} {frontier.unit}"


def _fleet(point: FrontierPoint) -> str:
    return " + ".join(
        f"{line.count} x {line.instance_type} ({line.provider} {line.region}), {words.weight_format(line.quantization)}"
        for line in point.lines
    )
