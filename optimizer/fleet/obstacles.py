"""Obstacles: why each offer cannot be used, and the cheap ones that almost can."""

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from catalog import Catalog
from optimizer.fleet.candidates import Candidates
from optimizer.fleet.confidence import slowdown
from optimizer.fleet.hardware import Grid, Hardware
from optimizer.fleet.plan import NearMiss
from optimizer.fleet.quality import meets_quality
from optimizer.performance.memory import memory
from optimizer.performance.own.corrected import load
from optimizer.performance.tables import Floats, Ints
from optimizer.request import PlanRequest
from pricing.offers import Offer

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


def obstacles(candidates: Candidates) -> dict[Hardware, str]:
    """Return the last obstacle of every machine on which nothing acceptable serves anything."""
    request, catalog = candidates.request, candidates.catalog
    reached = [
        (_reached(candidates.ground.laid_out, request, catalog), NO_KERNEL),
        (_reached(candidates.ground.possible, request, catalog), NO_LAYOUT),
        (_reached(candidates.grid, request, catalog), NO_MEMORY),
    ]
    if candidates.demand.ttft_s is not None:
        at_any_time = candidates.capacities.within(replace(candidates.demand, ttft_s=None), candidates.good_enough)
        reached.append((_reached(candidates.grid, request, catalog, at_any_time), TOO_SLOW))
    last = TOO_SLOW if candidates.demand.ttft_s is None else FIRST_TOKEN
    reached.append((_reached(candidates.grid, request, catalog, candidates.useful), last))
    found: dict[Hardware, str] = {}
    for machine, numbers in candidates.ground.laid_out.machines.items():
        missed = next((reason for passed, reason in reached if passed.isdisjoint(numbers)), None)
        if missed is not None:
            found[machine] = missed
    return found


def _reached(grid: Grid, request: PlanRequest, catalog: Catalog, capacity: Floats | None = None) -> set[int]:
    """Return the placements with a layout of acceptable quality, and with capacity for something where it is given."""
    passes = meets_quality(grid.layouts, request, catalog)
    if capacity is not None:
        passes = passes & (capacity > 0).any(axis=1)
    return set(grid.placement[passes].tolist())


def rejected_offers(candidates: Candidates, why_not: dict[Hardware, str]) -> Counter[str]:
    """Return how many offers of the snapshot cannot be used, by reason."""
    counts = Counter(candidates.eligible.rejected)
    counts.update(why_not[machine] for machine in map(Hardware.of, candidates.eligible.offers) if machine in why_not)
    return counts


def near_misses(candidates: Candidates, why_not: dict[Hardware, str], cost_usd_per_hour: float) -> tuple[NearMiss, ...]:
    """Return the offers cheaper than the plan that come closest to doing it, one of a kind of machine."""
    cheapest: dict[Hardware, Offer] = {}
    for offer in candidates.eligible.offers:
        machine = Hardware.of(offer)
        reason = why_not.get(machine)
        if reason in (NO_MEMORY, TOO_SLOW, FIRST_TOKEN) and float(offer.usd_per_hour) < cost_usd_per_hour:
            known = cheapest.get(machine)
            if known is None or (offer.usd_per_hour, offer.offer_id) < (known.usd_per_hour, known.offer_id):
                cheapest[machine] = offer
    misses = [(_shortfall(candidates, machine, why_not[machine]), offer) for machine, offer in cheapest.items()]
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


def _shortfall(candidates: Candidates, machine: Hardware, reason: str) -> _Shortfall:
    if reason == NO_MEMORY:
        return _memory_shortfall(candidates, machine)
    rows = _good_rows(candidates, candidates.grid, machine)
    longest = max(candidates.demand.sizes, key=lambda size: size.tokens)
    alone = load(
        candidates.grid.layouts.take(rows),
        longest.input_tokens,
        longest.output_tokens,
        1.0,
        candidates.demand.prefix_cache_hit_fraction,
    )
    layouts, sure, held = candidates.grid.layouts.take(rows), candidates.demand.confidence, ""
    longer, later = np.ones(len(rows)), np.ones(len(rows))
    if sure is not None:
        longer, later = slowdown(layouts, "tpot_s", sure), slowdown(layouts, "ttft_s", sure)
        held = f", {sure:.0%} sure"
    if reason == TOO_SLOW:
        asked = candidates.demand.tok_per_s_per_user or 0.0
        best = float((alone.tok_per_s_per_user / longer).max())
        has = f"{best:.3g} tok/s alone{held}" + (", less under this load" if best >= asked else "")
        return _Shortfall(reason, asked / best, f"{asked:.3g} tok/s per user", has)
    limit, soonest = candidates.demand.ttft_s or np.inf, float((alone.ttft_s * later).min())
    has = f"{soonest:.3g} s alone{held}" + (", later under this load" if soonest <= limit else "")
    return _Shortfall(reason, soonest / limit, f"first token in {limit:.3g} s", has)


def _memory_shortfall(candidates: Candidates, machine: Hardware) -> _Shortfall:
    rows = _good_rows(candidates, candidates.ground.possible, machine)
    bill = memory(candidates.ground.possible.layouts.take(rows))
    needed = bill.weights_gib + bill.overhead_gib + bill.kv_gib_per_token * candidates.demand.longest_tokens
    ratio = needed / bill.usable_gib
    best = int(ratio.argmin())
    return _Shortfall(
        NO_MEMORY, float(ratio[best]), f"{needed[best]:.1f} GiB per GPU", f"{bill.usable_gib[best]:.1f} GiB usable"
    )


def _good_rows(candidates: Candidates, grid: Grid, machine: Hardware) -> Ints:
    rows = grid.rows_of(machine)
    return rows[meets_quality(grid.layouts.take(rows), candidates.request, candidates.catalog)]
