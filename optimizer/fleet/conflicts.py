"""Conflicts: when nothing fits, the limits that rule it out and the smallest change of each that lets a fleet exist.

Each limit is lifted alone and the request solved again. Where that gives a fleet, the least the limit would have to
be is found (by solving for it, or from the physics) and checked by solving once more with exactly that value. Where
no single change is enough, all are lifted and put back one by one, which leaves a minimal set that must change.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np

from optimizer.demand import demand_of
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


def conflicts(candidates: Candidates) -> tuple[Conflict, ...]:
    """Return the conflicts of a request without any fleet; the change that costs least first."""
    changes = list(lifted(candidates.request, candidates.demand))
    found = [conflict for change in changes for conflict in _alone(candidates, change)]
    found += _shorter_context(candidates)
    if found:
        return tuple(conflict for _, conflict in sorted(found, key=lambda pair: pair[0]))
    return _together(candidates, changes)


def _alone(candidates: Candidates, change: Change) -> Iterator[tuple[float, Conflict]]:
    """Yield (cost, conflict) where lifting one limit is enough."""
    free = refit(candidates, change.request)
    if not choose(free).parts:
        return
    tightened = _least(candidates, free, change)
    for request, needed in tightened:
        cost = choose(refit(candidates, request)).cost_usd_per_hour
        if math.isfinite(cost):
            step = f"{change.limit}: {change.given} to {needed} (then ${cost:,.2f}/h)"
            yield cost, Conflict(change.limit, needed, change.given, step)
            return
    cost = choose(free).cost_usd_per_hour
    step = f"{change.limit}: allow {change.description} (then ${cost:,.2f}/h)"
    yield cost, Conflict(change.limit, change.description, change.given, step)


def _least(candidates: Candidates, free: Candidates, change: Change) -> Iterator[tuple[PlanRequest, str]]:
    """Yield (request, value) with the least that the lifted limit must give, to be checked by solving."""
    request = candidates.request
    if change.limit == "budget":
        cost = math.ceil(choose(free).cost_usd_per_hour * 100) / 100
        yield changed(request, "limits", max_usd_per_hour=cost), f"${cost:,.2f}/h"
    elif change.limit == "speed":
        for speed in _attainable_speeds(free):
            yield with_speed(request, speed), f"{speed:.3g} tok/s per user"
    elif change.limit == "first token":
        for seconds in _attainable_first_tokens(free):
            yield changed(request, "slo", ttft_s=seconds), f"{seconds:.3g} s"
    elif change.limit == "instances":
        most = _fewest(free)
        yield changed(request, "limits", max_instances=most), str(most)
    elif change.limit.startswith("quota "):
        key = change.limit.removeprefix("quota ")
        most = _fewest(free, key)
        yield changed(request, "limits", quotas={**request.limits.quotas, key: most}), str(most)
    elif change.limit == "kinds":
        most = len(choose(free).fleet.instances)
        yield changed(request, "limits", max_kinds=most), str(most)


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


def _shorter_context(candidates: Candidates) -> list[tuple[float, Conflict]]:
    """Return the longest context that fits in memory, where the one asked for does not."""
    workload, demand = candidates.request.workload, candidates.demand
    rows = _usable_rows(candidates, candidates.possible)
    if workload.buckets or not rows.any():
        return []
    bill = memory(candidates.possible.layouts.take(rows))
    longest = math.floor(float((bill.kv_room_gib / bill.kv_gib_per_token).max()) / 128) * 128
    if not 2 <= longest < demand.longest_tokens:
        return []
    shorter: dict[str, int] = {"context_tokens": longest}
    if workload.context_tokens is None:
        answer = demand.sizes[0].output_tokens
        if longest <= answer:
            return []
        shorter = {"input_tokens": longest - answer}
    cost = choose(refit(candidates, changed(candidates.request, "workload", **shorter))).cost_usd_per_hour
    if not math.isfinite(cost):
        return []
    given, needed = f"{demand.longest_tokens:,} tokens", f"{longest:,} tokens"
    return [(cost, Conflict("context", needed, given, f"context: {given} to {needed} (then ${cost:,.2f}/h)"))]


def _together(candidates: Candidates, changes: list[Change]) -> tuple[Conflict, ...]:
    """Return a minimal set of limits that must change together; empty where even all of them are not enough."""

    def without(kept: list[str]) -> PlanRequest:
        request = candidates.request
        while True:
            change = next((c for c in lifted(request, demand_of(request, candidates.model)) if c.limit in kept), None)
            if change is None or change.request == request:
                return request
            request = change.request

    needed = [change.limit for change in changes]
    if not choose(refit(candidates, without(needed))).parts:
        return ()
    for change in changes:
        fewer = [limit for limit in needed if limit != change.limit]
        if choose(refit(candidates, without(fewer))).parts:
            needed = fewer
    cost = choose(refit(candidates, without(needed))).cost_usd_per_hour
    together = " and ".join(needed)
    return tuple(
        Conflict(
            change.limit,
            change.description,
            change.given,
            f"{change.limit}: allow {change.description}, together with the other of {together} (then ${cost:,.2f}/h)",
        )
        for change in changes
        if change.limit in needed
    )


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
