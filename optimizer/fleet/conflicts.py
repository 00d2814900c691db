"""Conflicts: when nothing fits, the limits that rule it out and the smallest change of each that lets a fleet exist.

Limits are lifted alone, then in pairs, then in threes, until the solver finds a fleet; where more than that clash, all
are lifted and put back one by one while a fleet exists. Each is then set to the least with which one still does.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from optimizer.fleet.candidates import Candidates, refit, usable_rows
from optimizer.fleet.changes import Change, changed, lifted
from optimizer.fleet.choosing import ANY_WORK, Patience
from optimizer.fleet.least import fits, least_values
from optimizer.fleet.plan import Conflict
from optimizer.performance.memory import memory
from optimizer.request import PlanRequest

MOST_TOGETHER = 3
MOST_COMBINATIONS = 120


@dataclass(slots=True)
class _Search:
    """The candidates, and the patience for finding limits to lift and for setting them to the least that works."""

    candidates: Candidates
    lifting: Patience
    tightening: Patience

    @property
    def given_up(self) -> int:
        """Return how many questions the solver's limit or the time left open."""
        return self.lifting.given_up + self.tightening.given_up


def conflicts(candidates: Candidates, until: float = math.inf) -> tuple[tuple[Conflict, ...], int]:
    """Return the smallest changes after which a fleet exists, the one that costs least first; and what was given up.

    All of it ends when the performance counter is at `until`: a change that might then be smaller says so.
    A change is of one limit where one is enough, else of two, of three, or of a set from which none can be left out.
    """
    limits = list(lifted(candidates.request, candidates.demand))
    search = _Search(candidates, Patience(until=until), Patience(left=ANY_WORK, until=until))
    found: list[tuple[float, tuple[Conflict, ...]]] = _shorter_context(candidates, search.lifting)
    for size in range(1, MOST_TOGETHER + 1):
        sets = list(combinations(limits, size))
        if found or (size > 1 and len(sets) > MOST_COMBINATIONS):
            break
        found += [change for together in sets for change in _change(search, together)]
    if not found and len(limits) > 1:
        found += _change(search, _minimal_set(candidates, limits, search.lifting))
    ordered = sorted(found, key=lambda pair: pair[0])
    return tuple(conflict for _, together in ordered for conflict in together), search.given_up


def _minimal_set(candidates: Candidates, limits: list[Change], patience: Patience) -> tuple[Change, ...]:
    """Return limits that are enough to lift together, none of which can be put back: found by putting back each."""
    kept = list(limits)
    for change in limits:
        fewer = [other for other in kept if other is not change]
        if _fits(candidates, _lift(candidates.request, fewer), patience):
            kept = fewer
    return tuple(kept)


def _lift(request: PlanRequest, together: Iterable[Change]) -> PlanRequest:
    for change in together:
        request = change.lift(request)
    return request


def _fits(candidates: Candidates, request: PlanRequest, patience: Patience) -> bool:
    chosen = patience.choose(refit(candidates, request), any_cost=True)
    return chosen is not None and bool(chosen.parts)


def _change(search: _Search, together: tuple[Change, ...]) -> Iterator[tuple[float, tuple[Conflict, ...]]]:
    """Yield (cost, conflicts) where lifting these limits is enough: one conflict for each, with its least value."""
    candidates, before = search.candidates, search.tightening.given_up
    request = _lift(candidates.request, together)
    if not _fits(candidates, request, search.lifting):
        return
    needed: list[str] = []
    for change in together:
        request, value = _tighten(candidates, request, change, search.tightening)
        needed.append(value)
    open_end = search.tightening.given_up > before
    chosen = search.tightening.choose(refit(candidates, request), any_cost=True)
    cost = math.inf if chosen is None else chosen.cost_usd_per_hour
    steps = [f"{change.limit}: {change.given} to {value}" for change, value in zip(together, needed, strict=True)]
    price = "its cost was not found in time" if math.isinf(cost) else f"then ${cost:,.2f}/h"
    step = f"{' and '.join(steps)} ({price}{'; less might do, the time ended first' if open_end else ''})"
    yield (
        cost,
        tuple(
            Conflict(change.limit, value, change.given, step) for change, value in zip(together, needed, strict=True)
        ),
    )


def _tighten(candidates: Candidates, free: PlanRequest, change: Change, patience: Patience) -> tuple[PlanRequest, str]:
    """Return a request with a lifted limit set to the least with which a fleet exists, and that value in words."""
    for request, value in least_values(refit(candidates, free), change, patience):
        if fits(refit(candidates, request), patience):
            return request, value
    return free, change.description


def _shorter_context(candidates: Candidates, patience: Patience) -> list[tuple[float, tuple[Conflict, ...]]]:
    """Return the longest context that fits in memory, where the one asked for does not."""
    workload, demand = candidates.request.workload, candidates.demand
    rows = usable_rows(candidates, candidates.ground.possible)
    if workload.buckets or not rows.any():
        return []
    bill = memory(candidates.ground.possible.layouts.take(rows))
    longest = math.floor(float((bill.kv_room_gib / bill.kv_gib_per_token).max()) / 128) * 128
    answer = 1 if workload.context_tokens is not None else demand.sizes[0].output_tokens
    if not answer < longest < demand.longest_tokens:
        return []
    asked = {"context_tokens": longest} if workload.input_tokens is None else {"input_tokens": longest - answer}
    chosen = patience.choose(refit(candidates, changed(candidates.request, "workload", **asked)), any_cost=True)
    if chosen is None or not chosen.parts:
        return []
    cost = chosen.cost_usd_per_hour
    given, needed = f"{demand.longest_tokens:,} tokens", f"{longest:,} tokens"
    step = f"context: {given} to {needed} (then ${cost:,.2f}/h)"
    return [(cost, (Conflict("context", needed, given, step),))]
