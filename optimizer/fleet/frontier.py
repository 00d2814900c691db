"""The frontier: cost against speed, first token, quality or load, as the plans that no other one dominates.

Epsilon-constraint: the axis becomes a target and the cost is minimised at each of a ladder of targets, `tolerance`
apart. The cost only rises along the ladder, so two rungs of equal cost have nothing between them, and every other gap
is halved until its rungs are neighbours: the result is what solving every rung would give.
"""

import heapq
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from catalog import QUALITY_TIERS, Catalog
from optimizer.fleet.alternatives import summary
from optimizer.fleet.candidates import Candidates, find_candidates, refit
from optimizer.fleet.changes import changed, with_speed
from optimizer.fleet.choosing import Chosen, choose
from optimizer.fleet.lines import brief_lines
from optimizer.fleet.names import check_names
from optimizer.fleet.plan import AlternativeLine
from optimizer.fleet.running import load_of, shown_amounts
from optimizer.performance.coefficients import calibration_id
from optimizer.performance.own.corrected import load
from optimizer.request import PlanRequest
from pricing.offers import Snapshot

if TYPE_CHECKING:
    from optimizer.showing.printing import Printer

Axis = Literal["speed", "first-token", "quality", "load"]
UNITS: dict[Axis, str] = {"speed": "tok/s per user", "first-token": "s", "quality": "tier", "load": ""}
TOLERANCE_FRACTION = 0.02
LEAST_SPEED_TOK_PER_S = 1.0
LATEST_FIRST_TOKEN_S = 600.0
LOAD_FACTOR = 8.0
SECONDS = 60.0
SECONDS_PER_SOLVE = 10.0
SAME_COST_USD_PER_HOUR = 1e-6
ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class FrontierPoint:
    """The cheapest plan up to a target; `attained` is what it does there, by the point estimate."""

    target: float | str
    attained: float | str
    cost_usd_per_hour: float
    proved_optimal: bool
    summary: str
    lines: tuple[AlternativeLine, ...]


@dataclass(frozen=True, slots=True)
class Frontier:
    """The non-dominated plans along an axis, cheapest first.

    Between neighbouring points the cost is that of the dearer one, to within `tolerance_fraction` of the target at
    which it changes.
    """

    axis: Axis
    unit: str
    tolerance_fraction: float
    points: tuple[FrontierPoint, ...]
    request: PlanRequest
    solves: int
    snapshot_id: str
    catalog_id: str
    calibration_id: str
    elapsed_seconds: float

    def _repr_html_(self) -> str:
        """Return the frontier as a notebook shows it."""
        from optimizer.showing.pages import frontier_html

        return frontier_html(self)

    def _repr_pretty_(self, printer: "Printer", cycle: bool) -> None:
        """Print the frontier as a console of IPython shows it."""
        printer.text(f"Frontier of cost against {self.axis}: {len(self.points)} plans")


@dataclass(frozen=True, slots=True)
class _Ladder:
    """The targets of an axis, each stricter than the one before; `ask` makes a request of one."""

    targets: tuple[float | str, ...]
    ask: Callable[[int], PlanRequest]


@dataclass(slots=True)
class _Search:
    """What was solved so far, by rung."""

    candidates: Candidates
    ladder: _Ladder
    found: dict[int, Chosen] = field(default_factory=dict)

    def at(self, rung: int) -> Chosen:
        if rung not in self.found:
            self.found[rung] = choose(refit(self.candidates, self.ladder.ask(rung)), seconds=SECONDS_PER_SOLVE)
        return self.found[rung]


def frontier(
    request: PlanRequest,
    snapshot: Snapshot,
    catalog: Catalog,
    *,
    axis: Axis = "speed",
    tolerance_fraction: float = TOLERANCE_FRACTION,
    seconds: float = SECONDS,
) -> Frontier:
    """Return the non-dominated plans; the request's own target on the axis is left out. Raises InvalidInputError.

    When `seconds` do not allow the tolerance asked for, the one that was reached is stated.
    """
    started = time.perf_counter()
    check_names(request, snapshot, catalog)
    candidates = find_candidates(request, snapshot, catalog)
    search = _Search(candidates, _LADDERS[axis](candidates, tolerance_fraction))
    apart = _search(search, lambda: time.perf_counter() - started < seconds) if search.ladder.targets else 1
    unit = UNITS[axis] or {"users": "users", "requests_per_s": "requests/s"}[candidates.demand.unit]
    return Frontier(
        axis=axis,
        unit=unit,
        tolerance_fraction=(1 + tolerance_fraction) ** apart - 1 if axis != "quality" else 0.0,
        points=_points(search, axis),
        request=request,
        solves=len(search.found),
        snapshot_id=snapshot.snapshot_id,
        catalog_id=catalog.catalog_id,
        calibration_id=calibration_id(catalog),
        elapsed_seconds=time.perf_counter() - started,
    )


def _search(search: _Search, in_time: Callable[[], bool]) -> int:
    """Halve the widest gap between rungs of different cost until all are neighbours; return the widest left."""
    last = len(search.ladder.targets) - 1
    gaps = [(-last, 0, last)]
    while gaps and in_time():
        _, low, high = heapq.heappop(gaps)
        if _same(search.at(low), search.at(high)) or high - low <= 1:
            continue
        middle = (low + high) // 2
        heapq.heappush(gaps, (low - middle, low, middle))
        heapq.heappush(gaps, (middle - high, middle, high))
    return max((high - low for _, low, high in gaps if not _same(search.at(low), search.at(high))), default=1)


def _same(one: Chosen, other: Chosen) -> bool:
    costs = one.cost_usd_per_hour, other.cost_usd_per_hour
    return costs[0] == costs[1] or abs(costs[0] - costs[1]) <= SAME_COST_USD_PER_HOUR


def _points(search: _Search, axis: Axis) -> tuple[FrontierPoint, ...]:
    """Return the strictest rung of each cost, solved again with its ties broken."""
    strictest: list[int] = []
    for rung in sorted(rung for rung, chosen in search.found.items() if chosen.parts):
        while strictest and search.at(strictest[-1]).cost_usd_per_hour >= search.at(rung).cost_usd_per_hour - 1e-6:
            strictest.pop()
        strictest.append(rung)
    points = []
    for rung in strictest:
        candidates = refit(search.candidates, search.ladder.ask(rung))
        chosen = choose(candidates, seconds=SECONDS_PER_SOLVE, break_ties=True)
        lines = brief_lines(candidates, chosen.parts)
        target = search.ladder.targets[rung]
        points.append(
            FrontierPoint(
                target=target,
                attained=_attained(candidates, chosen, axis, target),
                cost_usd_per_hour=chosen.exact_usd_per_hour,
                proved_optimal=chosen.fleet.outcome == "optimal",
                summary=summary(lines),
                lines=lines,
            )
        )
    return tuple(points)


def _attained(candidates: Candidates, chosen: Chosen, axis: Axis, target: float | str) -> float | str:
    """Return the least speed, the latest first token, or the worst quality of a plan's lines; a load is carried."""
    if axis == "load":
        return target
    if axis == "quality":
        names = tuple(row.quality_tier for row in candidates.catalog.quantizations.values())
        formats = (names[int(candidates.grid.layouts.quantization[part.row])] for part in chosen.parts)
        return max(formats, key=QUALITY_TIERS.index)
    done = [
        load_of(candidates, np.array([part.row]), np.array([part.replicas]), shown_amounts(candidates, part))
        for part in chosen.parts
    ]
    if axis == "speed":
        return min(float(each.tok_per_s_per_user[0]) for each in done)
    return max(float(each.ttft_s[0]) for each in done)


def _speeds(candidates: Candidates, tolerance: float) -> _Ladder:
    """From the speed of the cheapest plan without any target to that of the fastest single stream."""
    free = refit(candidates, with_speed(candidates.request, None))
    cheapest, fastest = choose(free), _alone(free)[1]
    slowest = float(_attained(free, cheapest, "speed", 0.0)) if cheapest.parts else fastest
    targets = _steps(max(slowest, LEAST_SPEED_TOK_PER_S), fastest, 1 + tolerance)
    return _Ladder(targets, lambda rung: with_speed(candidates.request, targets[rung]))


def _first_tokens(candidates: Candidates, tolerance: float) -> _Ladder:
    """From the first token of the cheapest plan without any target, which is a rung, to the soonest of one stream."""
    free = refit(candidates, changed(candidates.request, "slo", ttft_s=None))
    cheapest, soonest = choose(free), _alone(free)[0]
    latest = float(_attained(free, cheapest, "first-token", 0.0)) if cheapest.parts else soonest
    loosest = max(soonest, min(latest, LATEST_FIRST_TOKEN_S)) * (1 + ROUNDING)
    targets = (loosest, *reversed(_steps(soonest, loosest, 1 + tolerance)))
    return _Ladder(targets, lambda rung: changed(candidates.request, "slo", ttft_s=targets[rung]))


def _qualities(candidates: Candidates, tolerance: float) -> _Ladder:
    targets = tuple(reversed(QUALITY_TIERS))
    free = changed(candidates.request, "quality", quantizations=())
    return _Ladder(targets, lambda rung: changed(free, "quality", min_tier=targets[rung]))


def _loads(candidates: Candidates, tolerance: float) -> _Ladder:
    """From an eighth of the load asked for to eight times it; users are whole."""
    workload = candidates.request.workload
    if workload.users is not None:
        steps = _steps(max(1.0, workload.users / LOAD_FACTOR), workload.users * LOAD_FACTOR, 1 + tolerance)
        users = tuple(dict.fromkeys(round(step) for step in steps))
        return _Ladder(users, lambda rung: changed(candidates.request, "workload", users=users[rung]))
    name = "request_rate_per_s" if workload.request_rate_per_s is not None else "output_tok_per_s"
    asked, total = getattr(workload, name), math.fsum(candidates.demand.amounts)
    factors = _steps(1 / LOAD_FACTOR, LOAD_FACTOR, 1 + tolerance)
    rates = tuple(factor * total for factor in factors)
    return _Ladder(rates, lambda rung: changed(candidates.request, "workload", **{name: asked * factors[rung]}))


_LADDERS: dict[Axis, Callable[[Candidates, float], _Ladder]] = {
    "speed": _speeds,
    "first-token": _first_tokens,
    "quality": _qualities,
    "load": _loads,
}


def _alone(free: Candidates) -> tuple[float, float]:
    """Return the soonest first token and the fastest speed of one stream on anything the request allows."""
    rows = free.usable
    if not rows.any():
        return 1.0, 1.0
    longest = max(free.demand.sizes, key=lambda size: size.tokens)
    cached = free.demand.prefix_cache_hit_fraction
    alone = load(free.grid.layouts.take(rows), longest.input_tokens, longest.output_tokens, 1.0, cached)
    return float(alone.ttft_s.min()), float(alone.tok_per_s_per_user.max())


def _steps(low: float, high: float, ratio: float) -> tuple[float, ...]:
    """Return low, low x ratio, ... up to high."""
    count = max(0, math.floor(math.log(max(high, low) / low) / math.log(ratio) + 1e-9))
    return tuple(low * ratio**step for step in range(count + 1))
