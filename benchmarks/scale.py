"""Measure how plans, budgets and sweeps grow, and write docs/scale.png and the tables of docs/scale.md: `make scale`.

Processor time, medians; only the workers' rate is by the clock. Two to five minutes on two cores.
"""

import math
import os
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import altair as alt

from api.answering import Answerer
from api.charts.files import save_chart
from api.exports.budgeting import answer_budget, budget_request_of
from benchmarks.sweep import LOAD, grown, milliseconds, run, sizes
from catalog import load_catalog
from optimizer.request import read_request
from pricing import load_snapshot

PAGE = Path(__file__).parents[1] / "docs" / "scale.md"
START, END = "<!-- scale: make scale -->", "<!-- end of scale -->"
USERS = [{"workload": {**LOAD, "users": users}} for users in (3, 8, 21)]
SWEPT = {"request": {"workload": LOAD}, "grid": {"workload.users": list(range(1, 97))}}
SECONDS_A_DAY, PEAK, KEPT_SHARE = 86_400, 4, 0.9


@dataclass(frozen=True, slots=True)
class Curve:
    """How one figure grows with one thing: (how many, how much)."""

    what: str
    unit: str
    points: tuple[tuple[int, float], ...]

    def table(self) -> str:
        """Return the points, and at each by what a doubling there multiplies the figure."""
        counts, values = zip(*self.points, strict=True)
        steps = ["", *(f"x {_doubling(one, two):.2f}" for one, two in zip(self.points, self.points[1:], strict=False))]
        return "\n".join(
            (
                f"| {self.what} | {' | '.join(f'{count:,}' for count in counts)} |",
                f"|---|{'---:|' * len(counts)}",
                f"| {self.unit} | {' | '.join(map(_figure, values))} |",
                f"| at a doubling | {' | '.join(steps)} |",
            )
        )


def main() -> None:
    """Measure, and write the picture and the page."""
    began = os.getloadavg()[0]
    curves = [_offers(), _sizes(), _months(), _scenarios(), _workers()]
    full = _full_plan()
    save_chart(_chart(curves), str(PAGE.with_suffix(".png")))
    text = "\n\n".join(
        (_when(began), "![growth](scale.png)", *(curve.table() for curve in curves), _plan(curves, full))
    )
    page = re.sub(f"{START}.*{END}", lambda _: f"{START}\n{text}\n{END}", PAGE.read_text(), flags=re.DOTALL)
    PAGE.write_text(page)
    print(text)


def _offers() -> Curve:
    shipped = load_snapshot()
    snapshots = [grown(shipped, times) for times in (1, 2, 4, 8, 16)]
    points = tuple((len(one.offers), milliseconds(one, USERS)) for one in snapshots)
    return Curve("offers", "ms of processor a plan", points)


def _sizes() -> Curve:
    shipped = load_snapshot()
    points = tuple((n, milliseconds(shipped, [sizes(n, rate) for rate in (2.0, 7.0)])) for n in (1, 2, 4, 8, 16))
    return Curve("sizes of request", "ms of processor a plan", points)


def _months() -> Curve:
    return Curve("months", "ms of processor a budget", tuple((n, _budget_ms(n, 100)) for n in (3, 6, 12, 24, 48, 96)))


def _scenarios() -> Curve:
    points = tuple((n, _budget_ms(24, n)) for n in (10, 100, 1_000, 10_000, 100_000))
    return Curve("scenarios", "ms of processor a budget", points)


def _workers() -> Curve:
    with tempfile.TemporaryDirectory() as name:
        rates = [
            (count, run(Path(name), SWEPT, f"{count}.parquet", "--workers", str(count)).rate) for count in (1, 2, 4)
        ]
    return Curve("workers", "plans a second of 96, start included", tuple(rates))


def _budget_ms(months: int, scenarios: int) -> float:
    workload = {"tok_per_s_per_user": 20, "context_tokens": 8192}
    demand = {"unit": "users", "base": 60, "monthly_growth": 0.05, "diurnal": [0.4] * 7 + [1.0] * 12 + [0.6] * 5}
    asked = {"model": "llama-3.1-70b", "request": {"workload": workload}, "start": "2026-12", "demand": demand}
    request = budget_request_of({**asked, "months": months, "scenarios": scenarios})
    answerer = Answerer.shipped()
    return _median_ms(lambda: answer_budget(answerer, request), times=3)


def _full_plan() -> float:
    answerer = Answerer(load_catalog(), load_snapshot())
    requests = [read_request(document) for document in USERS]
    return statistics.median(_median_ms(lambda one=one: answerer.plan(one), times=1) for one in requests)  # type: ignore[misc]


def _median_ms(do: Callable[[], object], times: int) -> float:
    do()
    found = []
    for _ in range(times):
        started = time.process_time()
        do()
        found.append((time.process_time() - started) * 1e3)
    return statistics.median(found)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _doubling(one: tuple[int, float], two: tuple[int, float]) -> float:
    return 2 ** (math.log(two[1] / one[1]) / math.log(two[0] / one[0]))


def _when(load: float) -> str:
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} on {os.cpu_count()} cores with other work on them: load {load:.0f} "
        "at the start, which slows the workers' rate most."
    )


def _plan(curves: Sequence[Curve], full_ms: float) -> str:
    """Return the arithmetic of a million requests a day and of ten million offers, from what was measured."""
    offers = curves[0].points
    lean_ms = offers[0][1]
    per_offer_us = (offers[-1][1] - offers[0][1]) / (offers[-1][0] - offers[0][0]) * 1e3
    mean = 1_000_000 / SECONDS_A_DAY
    peak = mean * PEAK
    rows = [
        (
            "every question new, full plans with their reasons",
            f"{peak:.0f} /s x {full_ms:.0f} ms",
            peak * full_ms / 1e3,
        ),
        (
            "nine of ten asked before, on any host",
            f"{peak * (1 - KEPT_SHARE):.1f} /s x {full_ms:.0f} ms",
            peak * (1 - KEPT_SHARE) * full_ms / 1e3,
        ),
        ("plans only, as in a sweep", f"{peak:.0f} /s x {lean_ms:.0f} ms", peak * lean_ms / 1e3),
        (
            "the same as a sweep overnight, 8 hours",
            f"{1e6 / 28_800:.0f} /s x {lean_ms:.0f} ms",
            1e6 / 28_800 * lean_ms / 1e3,
        ),
    ]
    lines = ["| a million requests a day | arithmetic | cores |", "|---|---|---:|"]
    lines += [f"| {what} | {how} | {math.ceil(cores)} |" for what, how, cores in rows]
    ten = [(count, lean_ms + per_offer_us * count / 1e3) for count in (10_000_000, 1_000_000, 40_000)]
    steps = ["| offers | arithmetic | ms a plan |", "|---:|---|---:|"]
    steps += [f"| {n:,} | {lean_ms:.0f} ms + {n:,} x {per_offer_us:.2f} µs | {ms:,.0f} |" for n, ms in ten]
    return f"A day's mean is {mean:.1f} requests a second, its peak hour {PEAK} times that.\n\n" + "\n".join(
        (*lines, "", *steps)
    )


def _chart(curves: Sequence[Curve]) -> Any:
    panels = []
    for curve in curves:
        rows = [{"count": count, "value": value} for count, value in curve.points]
        base = alt.Chart(alt.InlineData(values=rows)).mark_line(point=True, strokeWidth=2)
        values = [count for count, _ in curve.points]
        panels.append(
            base.encode(
                x=alt.X(
                    "count:Q", title=curve.what, scale=alt.Scale(type="log"), axis=alt.Axis(values=values, grid=False)
                ),
                y=alt.Y("value:Q", title=curve.unit, scale=alt.Scale(zero=True)),
            ).properties(width=330, height=200)
        )
    return alt.concat(*panels, columns=2, spacing=30).configure_view(stroke=None)


if __name__ == "__main__":
    main()
