"""A plan or a frontier as a piece of HTML: what it costs and why to believe it, a table, a chart."""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise

from optimizer.fleet.frontier import Frontier
from optimizer.fleet.plan import Line, Plan
from optimizer.performance.estimates import Estimate
from optimizer.showing.charts import bars, steps

MOST_ALTERNATIVES = 8


def plan_html(plan: Plan) -> str:
    """Return a plan: its cost and proof, a row for each line, the alternatives as bars."""
    if not plan.lines:
        rows = [(one.limit, str(one.given), str(one.needed), one.smallest_change) for one in plan.conflicts]
        return _block("Nothing fits", _table(("limit", "given", "needed", "smallest change"), rows))
    cost, month = plan.cost_usd_per_hour or 0.0, plan.cost_usd_per_month or 0.0
    proof = plan.certificate
    proved = "proved cheapest" if proof.proved_optimal else f"within {proof.gap_fraction or 0:.1%} of the cheapest"
    verified = "verified" if proof.verified else "not verified"
    head = f"${cost:,.2f}/h · ${month:,.0f}/month · {proved}, {verified}"
    header = ("instances", "where", "format", "engine", "replicas", "tok/s per user", "first token, s", "evidence")
    chart = bars([("this plan", cost, f"${cost:,.2f}/h"), *_others(plan)], "USD per hour of the plan and alternatives")
    seen = f"{plan.snapshot.oldest_observed_at} to {plan.snapshot.newest_observed_at}"
    note = f"plan {plan.plan_id} · prices {plan.snapshot.id}, seen {seen}"
    return _block(head, _table(header, map(_line, plan.lines)) + chart, note)


def _others(plan: Plan) -> list[tuple[str, float, str]]:
    """Return the cheapest alternatives, each fleet once, without the plan's own."""
    own = {(line.provider, line.region, line.instance_type, line.term, line.count) for line in plan.lines}
    found: dict[str, tuple[str, float, str]] = {}
    for one in sorted(plan.alternatives, key=lambda one: one.cost_usd_per_hour):
        fleet = {(line.provider, line.region, line.instance_type, line.term, line.count) for line in one.lines}
        if fleet != own:
            cost = one.cost_usd_per_hour
            found.setdefault(repr(sorted(fleet)), (f"{one.label}: {one.summary}", cost, f"${cost:,.2f}/h"))
    return list(found.values())[:MOST_ALTERNATIVES]


def frontier_html(found: Frontier) -> str:
    """Return a frontier: cost against its axis as a staircase, and a row for each step."""
    header = (found.axis, found.unit, "USD/h", "fleet")
    rows = [
        (_words(point.target), _words(point.attained), f"{point.cost_usd_per_hour:,.2f}", point.summary)
        for point in found.points
    ]
    if not rows:
        return _block("Nothing fits", "")
    points = sorted(
        (float(one.target), one.cost_usd_per_hour) for one in found.points if not isinstance(one.target, str)
    )
    rising = len(points) > 1 and all(low[1] <= high[1] for low, high in pairwise(points))
    chart = steps(points, f"{found.axis}, {found.unit}", "USD per hour", f"Cost against {found.axis}") if rising else ""
    return _block(f"{len(rows)} plans that no other one beats", chart + _table(header, rows))


def _line(line: Line) -> tuple[str, ...]:
    shown = line.performance
    place = " · ".join(part for part in (line.provider, line.region, line.zone, line.term.replace("_", " ")) if part)
    return (
        f"{line.count} x {line.instance_type} ({line.count * line.gpus_per_instance} x {line.gpu})",
        place,
        line.quantization,
        f"{line.engine}, tp {line.tensor_parallel}, pp {line.pipeline_parallel}",
        str(line.replicas),
        _estimate(shown.tok_per_s_per_user),
        _estimate(shown.ttft_s),
        "measured by you" if line.evidence.own is not None and line.evidence.own.measured else line.evidence.kind,
    )


def _estimate(estimate: Estimate) -> str:
    return f"{estimate.value:.3g} ({estimate.low:.3g} to {estimate.high:.3g})"


def _words(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.4g}"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _block(head: str, body: str, note: str = "") -> str:
    small = f"<p><small>{escape(note)}</small></p>" if note else ""
    return f"<div><p><b>{escape(head)}</b></p>{body}{small}</div>"
