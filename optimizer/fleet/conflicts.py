"""Conflicts: when nothing fits, the limits that rule it out and the smallest change of each that lets a fleet exist.

Limits are lifted alone, then in pairs, then in threes, until the solver finds a fleet. Each is then set to the least
with which a fleet still exists, found from the physics or by minimising it, and checked by solving with exactly that.
"""

import math
from collections.abc import Callable, Iterator
from itertools import combinations

import numpy as np

from catalog import QUALITY_TIERS
from optimizer.fleet.candidates import Candidates, meets_quality, refit
from optimizer.fleet.changes import Change, changed, lifted, with_speed
from optimizer.fleet.cheapest import rows_of
from optimizer.fleet.choosing import choose
from optimizer.fleet.columns import columns_of
from optimizer.fleet.hardware import Grid, Hardware
from optimizer.fleet.plan import Conflict
from optimizer.fleet.problem import instances
from optimizer.fleet.quotas import quotas_of
from optimizer.fleet.solver import solve
from optimizer.performance.memory import memory
from optimizer.performance.service import load
from optimizer.performance.tables import Bools
from optimizer.request import PlanRequest

ROUNDING = 1.005
MOST_TOGETHER = 3


def conflicts(candidates: Candidates) -> tuple[Conflict, ...]:
    """Return the smallest changes after which a fleet exists, the one that costs least first.

    A change is of one limit where one is enough, else of two, else of three.
    """
    limits = list(lifted(candidates.request, candidates.demand))
    found: list[tuple[float, tuple[Conflict, ...]]] = _shorter_context(candidates)
    for size in range(1, MOST_TOGETHER + 1):
        found += [change for together in combinations(limits, size) for change in _change(candidates, together)]
        if found:
            break
    return tuple(conflict for _, together in sorted(found, key=lambda pair: pair[0]) for conflict in together)


def _change(candidates: Candidates, together: tuple[Change, ...]) -> Iterator[tuple[float, tuple[Conflict, ...]]]:
    """Yield (cost, conflicts) where lifting these limits is enough: one conflict for each, with its least value."""
    request = candidates.request
    for change in together:
        request = change.lift(request)
    if not choose(refit(candidates, request)).parts:
        return
    needed: list[str] = []
    for change in together:
        request, value = _tighten(candidates, request, change)
        needed.append(value)
    cost = choose(refit(candidates, request)).cost_usd_per_hour
    steps = [f"{change.limit}: {change.given} to {value}" for change, value in zip(together, needed, strict=True)]
    step = f"{' and '.join(steps)} (then ${cost:,.2f}/h)"
    yield (
        cost,
        tuple(
            Conflict(change.limit, value, change.given, step) for change, value in zip(together, needed, strict=True)
        ),
    )


def _tighten(candidates: Candidates, free: PlanRequest, change: Change) -> tuple[PlanRequest, str]:
    """Return a request with a lifted limit set to the least with which a fleet exists, and that value in words."""
    for request, value in _least(refit(candidates, free), change):
        if choose(refit(candidates, request)).parts:
            return request, value
    return free, change.description


def _least(free: Candidates, change: Change) -> Iterator[tuple[PlanRequest, str]]:
    """Yield (request, value) with ever looser values of a lifted limit, to be tried by solving."""
    if change.limit.startswith("quota "):
        return _least_quota(free, change)
    finder = _FINDERS.get(change.limit)
    return iter(()) if finder is None else finder(free, change)


def _least_budget(free: Candidates, change: Change) -> Iterator[tuple[PlanRequest, str]]:
    cost = math.ceil(choose(free).cost_usd_per_hour * 100) / 100
    yield changed(free.request, "limits", max_usd_per_hour=cost), f"${cost:,.2f}/h"


def _least_speed(free: Candidates, change: Change) -> Iterator[tuple[PlanRequest, str]]:
    for speed in _attainable_speeds(free):
        yield with_speed(free.request, speed), f"{speed:.3g} tok/s per user"


def _least_first_token(free: Candidates, change: Change) -> Iterator[tuple[PlanRequest, str]]:
    for seconds in _attainable_first_tokens(free):
        yield changed(free.request, "slo", ttft_s=seconds), f"{seconds:.3g} s"


def _least_quality(free: Candidates, change: Change) -> Iterator[tuple[PlanRequest, str]]:
    for tier in QUALITY_TIERS[[str(tier) for tier in QUALITY_TIERS].index(change.given) + 1 :]:
        yield changed(free.request, "quality", min_tier=tier), f"{tier} formats as well"


def _least_instances(free: Candidates, change: Change) -> Iterator[tuple[PlanRequest, str]]:
    most = _fewest(free)
    yield changed(free.request, "limits", max_instances=most), str(most)


def _least_kinds(free: Candidates, change: Change) -> Iterator[tuple[PlanRequest, str]]:
    most = len(choose(free).fleet.instances)
    for kinds in range(1, most + 1):
        yield changed(free.request, "limits", max_kinds=kinds), str(kinds)


def _least_quota(free: Candidates, change: Change) -> Iterator[tuple[PlanRequest, str]]:
    key = change.limit.removeprefix("quota ")
    most = _fewest(free, key)
    yield changed(free.request, "limits", quotas={**free.request.limits.quotas, key: most}), str(most)


_FINDERS: dict[str, Callable[[Candidates, Change], Iterator[tuple[PlanRequest, str]]]] = {
    "budget": _least_budget,
    "speed": _least_speed,
    "first token": _least_first_token,
    "quality": _least_quality,
    "instances": _least_instances,
    "kinds": _least_kinds,
}


def _attainable_speeds(free: Candidates) -> Iterator[float]:
    """Yield the fastest decode speed of one stream, and slower ones, on what the request allows."""
    usable = _usable_rows(free, free.grid)
    longest = max(free.demand.sizes, key=lambda size: size.tokens)
    alone = load(free.grid.layouts.take(usable), longest.input_tokens, longest.output_tokens, 1.0)
    soon = alone.ttft_s <= (free.demand.ttft_s or math.inf)
    if soon.any():
        fastest = float(alone.tok_per_s_per_user[soon].max())
        for slack in (ROUNDING, 1.05, 1.25, 1.5, 2.0):
            yield _rounded(fastest / slack, math.floor)


def _attainable_first_tokens(free: Candidates) -> Iterator[float]:
    """Yield the soonest first token of one stream that keeps the speed, and later ones."""
    usable = _usable_rows(free, free.grid)
    longest = max(free.demand.sizes, key=lambda size: size.tokens)
    alone = load(free.grid.layouts.take(usable), longest.input_tokens, longest.output_tokens, 1.0)
    fast = alone.tpot_s <= (free.demand.tpot_s or math.inf)
    if fast.any():
        soonest = float(alone.ttft_s[fast].min())
        for slack in (ROUNDING, 1.05, 1.25, 1.5, 2.0, 4.0):
            yield _rounded(soonest * slack, math.ceil)


def _fewest(free: Candidates, key: str | None = None) -> int:
    """Return the least of all instances, or of what a quota counts, with which some fleet exists."""
    columns = columns_of(free, free.request, prune=key is None)
    problem = columns.problem
    quota = None if key is None else quotas_of({key: 0}, columns.offers, free.catalog)[key]
    counted = range(len(columns.offers)) if quota is None else sorted(quota.offers)
    in_gpus = quota is not None and quota.unit == "gpus"
    terms = tuple((float(problem.offers[o].gpus) if in_gpus else 1.0, instances(problem, o)) for o in counted)
    return round(solve(terms, rows_of(problem)).objective)


def _shorter_context(candidates: Candidates) -> list[tuple[float, tuple[Conflict, ...]]]:
    """Return the longest context that fits in memory, where the one asked for does not."""
    workload, demand = candidates.request.workload, candidates.demand
    rows = _usable_rows(candidates, candidates.possible)
    if workload.buckets or not rows.any():
        return []
    bill = memory(candidates.possible.layouts.take(rows))
    longest = math.floor(float((bill.kv_room_gib / bill.kv_gib_per_token).max()) / 128) * 128
    answer = 1 if workload.context_tokens is not None else demand.sizes[0].output_tokens
    if not answer < longest < demand.longest_tokens:
        return []
    asked = {"context_tokens": longest} if workload.input_tokens is None else {"input_tokens": longest - answer}
    cost = choose(refit(candidates, changed(candidates.request, "workload", **asked))).cost_usd_per_hour
    if not math.isfinite(cost):
        return []
    given, needed = f"{demand.longest_tokens:,} tokens", f"{longest:,} tokens"
    step = f"context: {given} to {needed} (then ${cost:,.2f}/h)"
    return [(cost, (Conflict("context", needed, given, step),))]


def _usable_rows(candidates: Candidates, grid: Grid) -> Bools:
    """Return which rows of a grid are good enough and stand on the machine of an eligible offer."""
    machines = {Hardware.of(offer) for offer in candidates.eligible.offers}
    numbers = sorted({number for machine in machines for number in grid.machines[machine]})
    good = meets_quality(grid.layouts, candidates.request, candidates.catalog)
    return np.asarray(np.isin(grid.placement, numbers) & good)


def _rounded(value: float, rounding: Callable[[float], int]) -> float:
    """Return a value with three significant digits, rounded to the side that keeps it attainable."""
    scale = 10.0 ** (2 - math.floor(math.log10(value)))
    return rounding(value * scale) / scale
