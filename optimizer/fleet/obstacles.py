"""Obstacles: why each offer cannot be used, and the cheap ones that almost can."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from optimizer.fleet.candidates import Candidates
from optimizer.fleet.confidence import slowdown
from optimizer.fleet.ground import Ground
from optimizer.fleet.hardware import Grid
from optimizer.fleet.plan import NearMiss
from optimizer.fleet.quality import meets_quality
from optimizer.performance.own.corrected import user_load
from optimizer.performance.tables import Bools, Ints

NO_KERNEL = "no engine runs an allowed format on it"
NO_LAYOUT = "the model cannot be split over it"
NO_MEMORY = "memory"
TOO_SLOW = "speed"
FIRST_TOKEN = "first token"
NEAR_MISSES = 3


@dataclass(frozen=True, slots=True)
class _Shortfall:
    """How far a machine is from doing it: `ratio` is needed against had, 1 at the edge."""

    reason: str
    ratio: float
    needed: str
    has: str


def obstacles(candidates: Candidates) -> dict[int, str]:
    """Return the last obstacle of every machine on which nothing acceptable serves anything, by its number."""
    request, catalog, ground = candidates.request, candidates.catalog, candidates.ground
    grid, good = candidates.grid, candidates.good_enough
    last = TOO_SLOW if candidates.demand.ttft_s is None else FIRST_TOKEN
    reached = [
        (_reached(ground.laid_out, meets_quality(ground.laid_out.layouts, request, catalog)), NO_KERNEL),
        (_reached(ground.possible, meets_quality(ground.possible.layouts, request, catalog)), NO_LAYOUT),
        (_reached(grid, good), NO_MEMORY),
    ]
    if candidates.demand.ttft_s is not None:
        at_any_time = candidates.capacities.within(replace(candidates.demand, ttft_s=None), good)
        reached.append((_reached(grid, good & (at_any_time > 0).any(axis=1)), TOO_SLOW))
    reached.append((_reached(grid, good & (candidates.useful > 0).any(axis=1)), last))
    found: dict[int, str] = {}
    for placements, reason in reversed(reached):  # of several, the first that is not passed
        found |= dict.fromkeys(_without(ground, placements), reason)
    return found


def _reached(grid: Grid, passes: Bools) -> Bools:
    """Return which placements have a row that passes."""
    there = np.zeros(len(grid.placements), dtype=bool)
    there[grid.placement[passes]] = True
    return there


def _without(ground: Ground, placements: Bools) -> list[int]:
    """Return the machines that were laid out and have none of the placements."""
    ways = ground.ways
    laid_out, able = np.zeros(ways.machines, dtype=bool), np.zeros(ways.machines, dtype=bool)
    laid_out[ways.machine] = True
    able[ways.machine[placements[ways.placement]]] = True
    return np.flatnonzero(laid_out & ~able).tolist()


def rejected_offers(candidates: Candidates, why_not: Mapping[int, str]) -> Counter[str]:
    """Return how many offers of the snapshot cannot be used, by reason."""
    counts = Counter(candidates.eligible.rejected)
    counts.update(reasons_of(candidates, why_not))
    return counts


def reasons_of(candidates: Candidates, why_not: Mapping[int, str]) -> Iterator[str]:
    """Yield the reason of each allowed offer whose machine cannot do it."""
    for machine in candidates.ground.stock.machine[candidates.eligible.positions].tolist():
        if machine in why_not:
            yield why_not[machine]


def near_misses(candidates: Candidates, why_not: Mapping[int, str], cost_usd_per_hour: float) -> tuple[NearMiss, ...]:
    """Return the offers cheaper than the plan that come closest to doing it, one of a kind of machine."""
    stock, positions = candidates.ground.stock, candidates.eligible.positions
    almost = _stopped_by(why_not, NO_MEMORY, TOO_SLOW, FIRST_TOKEN)
    near = positions[np.isin(stock.machine[positions], almost) & (stock.usd_per_hour[positions] < cost_usd_per_hour)]
    cheapest = stock.first_of_each(near, stock.machine[near]).tolist()
    short = _shortfalls(candidates, {machine: why_not[machine] for machine in stock.machine[cheapest].tolist()})
    misses = [(short[int(stock.machine[position])], stock.offers[position]) for position in cheapest]
    misses.sort(key=lambda miss: (miss[0].ratio, miss[1].usd_per_hour, miss[1].offer_id))
    unique = {(offer.gpu_id, offer.gpu_count): (shortfall, offer) for shortfall, offer in reversed(misses)}
    nearest = sorted(unique.values(), key=lambda miss: (miss[0].ratio, miss[1].usd_per_hour, miss[1].offer_id))
    return tuple(
        NearMiss(
            provider=offer.provider,
            region=offer.region,
            instance_type=offer.instance_type,
            term=offer.term,
            usd_per_hour=float(offer.usd_per_hour),
            reason=shortfall.reason,
            needed=shortfall.needed,
            has=shortfall.has,
        )
        for shortfall, offer in nearest[:NEAR_MISSES]
    )


def _shortfalls(candidates: Candidates, why_not: Mapping[int, str]) -> dict[int, _Shortfall]:
    """Return how far each machine is from doing it; the physics is asked for all of them at once."""
    good = meets_quality(candidates.ground.possible.layouts, candidates.request, candidates.catalog)
    lacking = _Rows.of(candidates, candidates.ground.possible, good, _stopped_by(why_not, NO_MEMORY))
    slow = _Rows.of(candidates, candidates.grid, candidates.good_enough, _stopped_by(why_not, TOO_SLOW, FIRST_TOKEN))
    return _short_of_memory(candidates, lacking) | _too_slow(candidates, slow, why_not)


def _stopped_by(why_not: Mapping[int, str], *reasons: str) -> list[int]:
    return [machine for machine, reason in why_not.items() if reason in reasons]


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of some machines, one machine's after another's: those of `machines[m]` begin at `start[m]`."""

    machines: list[int]
    rows: Ints
    start: Ints

    @classmethod
    def of(cls, candidates: Candidates, grid: Grid, good: Bools, machines: list[int]) -> "_Rows":
        """Return the good rows of a grid on some machines, of which each has one."""
        known = candidates.ground.stock.machines
        of_each = [grid.rows_of(known[machine]) for machine in machines]
        kept = [rows[good[rows]] for rows in of_each]
        start = np.cumsum([0, *(len(rows) for rows in kept)])[:-1]
        return cls(machines, np.concatenate([*kept, np.zeros(0, dtype=np.int64)]), start)


def _too_slow(candidates: Candidates, slow: _Rows, why_not: Mapping[int, str]) -> dict[int, _Shortfall]:
    """Return how much too slow machines are for the longest request alone."""
    if not slow.machines:
        return {}
    demand, layouts = candidates.demand, candidates.grid.layouts.take(slow.rows)
    longest = max(demand.sizes, key=lambda size: size.tokens)
    fleet = candidates.capacities.fleet_of(slow.rows)
    alone = user_load(layouts, fleet, longest.input_tokens, longest.output_tokens, 1.0)
    speed, first, sure, held = alone.tok_per_s_per_user, alone.ttft_s, demand.confidence, ""
    if sure is not None:
        speed, first = speed / slowdown(layouts, "tpot_s", sure), first * slowdown(layouts, "ttft_s", sure)
        held = f", {sure:.0%} sure"
    fastest, soonest = np.maximum.reduceat(speed, slow.start), np.minimum.reduceat(first, slow.start)
    return {
        machine: _below_speed(demand.tok_per_s_per_user or 0.0, best, held)
        if why_not[machine] == TOO_SLOW
        else _after_limit(demand.ttft_s or np.inf, soon, held)
        for machine, best, soon in zip(slow.machines, fastest.tolist(), soonest.tolist(), strict=True)
    }


def _below_speed(asked: float, best: float, held: str) -> _Shortfall:
    has = f"{best:.3g} tok/s alone{held}" + (", less under this load" if best >= asked else "")
    return _Shortfall(TOO_SLOW, asked / best, f"{asked:.3g} tok/s per user", has)


def _after_limit(limit: float, soonest: float, held: str) -> _Shortfall:
    has = f"{soonest:.3g} s alone{held}" + (", later under this load" if soonest <= limit else "")
    return _Shortfall(FIRST_TOKEN, soonest / limit, f"first token in {limit:.3g} s", has)


def _short_of_memory(candidates: Candidates, lacking: _Rows) -> dict[int, _Shortfall]:
    """Return how much memory machines lack for one request of the longest size."""
    if not lacking.machines:
        return {}
    bill, rows = candidates.ground.memory, lacking.rows
    needed = bill.weights_gib + bill.overhead_gib + bill.kv_gib_per_token * candidates.demand.longest_tokens
    ratio = (needed / bill.usable_gib)[rows]
    found: dict[int, _Shortfall] = {}
    for machine, of_machine in zip(lacking.machines, np.split(np.arange(len(rows)), lacking.start[1:]), strict=True):
        best = of_machine[ratio[of_machine].argmin()]
        row = rows[best]
        needs, has = f"{needed[row]:.1f} GiB per GPU", f"{bill.usable_gib[row]:.1f} GiB usable"
        found[machine] = _Shortfall(NO_MEMORY, float(ratio[best]), needs, has)
    return found
