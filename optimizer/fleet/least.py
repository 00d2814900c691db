"""The least value of a lifted limit with which a fleet exists: minimised, counted, or found by halving and solving.

Where the time of the request ends first, the search stops at the least value that is known to be enough, or at none;
the `Patience` counts what it gave up.
"""

import math
from collections.abc import Callable, Iterator, Sequence

from catalog import QUALITY_TIERS
from optimizer.fleet.candidates import Candidates, refit
from optimizer.fleet.changes import Change, changed, with_speed
from optimizer.fleet.cheapest import least
from optimizer.fleet.choosing import Chosen, Patience
from optimizer.fleet.columns import columns_of
from optimizer.fleet.problem import FleetProblem, instances
from optimizer.fleet.quotas import quotas_of
from optimizer.fleet.solver import Solution, Terms
from optimizer.performance.own.corrected import load
from optimizer.request import PlanRequest

STEP = 1.01
MOST_STEPS = 700
MOST_COUNT = 10_000_000

Values = Iterator[tuple[PlanRequest, str]]
Finder = Callable[[Candidates, Change, Patience], Values]


def least_values(free: Candidates, change: Change, patience: Patience) -> Values:
    """Yield (request, value) with ever looser values of a lifted limit, to be tried by solving."""
    if change.limit.startswith("quota "):
        return _least_quota(free, change, patience)
    if change.vcpu_quotas:
        return _least_vcpus(free, change, patience)
    finder = _FINDERS.get(change.limit)
    return iter(()) if finder is None else finder(free, change, patience)


def fits(candidates: Candidates, patience: Patience) -> bool | None:
    """Return whether a fleet exists, at any cost; None where the time is too short to know."""
    chosen = patience.choose(candidates, any_cost=True, gap_fraction=1.0)
    return None if chosen is None else bool(chosen.parts)


def _first(
    free: Candidates,
    patience: Patience,
    values: Sequence[float],
    ask: Callable[[float], PlanRequest],
    words: Callable[[float], str],
) -> Values:
    """Yield the first of ever looser values with which a fleet exists, by halving; nothing where the last fails."""
    low, high = -1, len(values) - 1
    if high < 0 or not fits(refit(free, ask(values[high])), patience):
        return
    while high - low > 1:
        middle = (low + high) // 2
        found = fits(refit(free, ask(values[middle])), patience)
        if found is None:
            break
        low, high = (low, middle) if found else (middle, high)
    yield ask(values[high]), words(values[high])


def _cheapest(free: Candidates, patience: Patience) -> Chosen | None:
    """Return the cheapest fleet where one is found in time."""
    chosen = patience.choose(free, any_cost=True)
    return chosen if chosen is not None and chosen.parts else None


def _least_budget(free: Candidates, change: Change, patience: Patience) -> Values:
    cheapest = _cheapest(free, patience)
    if cheapest is None:
        return
    cost = math.ceil(cheapest.cost_usd_per_hour * 100) / 100
    yield changed(free.request, "limits", max_usd_per_hour=cost), f"${cost:,.2f}/h"


def _least_speed(free: Candidates, change: Change, patience: Patience) -> Values:
    """From the fastest single stream on what the request allows, downwards."""
    longest = max(free.demand.sizes, key=lambda size: size.tokens)
    alone = load(free.grid.layouts.take(free.usable), longest.input_tokens, longest.output_tokens, 1.0)
    soon = alone.ttft_s <= (free.demand.ttft_s or math.inf)
    if soon.any():
        fastest = float(alone.tok_per_s_per_user[soon].max())
        speeds = _distinct(_rounded(fastest / STEP**step, math.floor) for step in range(MOST_STEPS))
        yield from _first(
            free, patience, speeds, lambda s: with_speed(free.request, s), lambda s: f"{s:.3g} tok/s per user"
        )


def _least_first_token(free: Candidates, change: Change, patience: Patience) -> Values:
    """From the soonest first token of one stream that keeps the speed, upwards."""
    longest = max(free.demand.sizes, key=lambda size: size.tokens)
    alone = load(free.grid.layouts.take(free.usable), longest.input_tokens, longest.output_tokens, 1.0)
    fast = alone.tpot_s <= (free.demand.tpot_s or math.inf)
    if fast.any():
        soonest = float(alone.ttft_s[fast].min())
        times = _distinct(_rounded(soonest * STEP**step, math.ceil) for step in range(MOST_STEPS))
        yield from _first(
            free, patience, times, lambda s: changed(free.request, "slo", ttft_s=s), lambda s: f"{s:.3g} s"
        )


def _least_quality(free: Candidates, change: Change, patience: Patience) -> Values:
    for tier in QUALITY_TIERS[[str(tier) for tier in QUALITY_TIERS].index(change.given) + 1 :]:
        yield changed(free.request, "quality", min_tier=tier), f"{tier} formats as well"


def _least_instances(free: Candidates, change: Change, patience: Patience) -> Values:
    most = _fewest(free, patience)
    if most is not None:
        yield changed(free.request, "limits", max_instances=most), str(most)


def _least_kinds(free: Candidates, change: Change, patience: Patience) -> Values:
    cheapest = _cheapest(free, patience)
    most = 0 if cheapest is None else len(cheapest.fleet.instances)
    for kinds in range(1, most + 1):
        yield changed(free.request, "limits", max_kinds=kinds), str(kinds)


def _least_quota(free: Candidates, change: Change, patience: Patience) -> Values:
    key = change.limit.removeprefix("quota ")
    most = _fewest(free, patience, key)
    if most is not None:
        yield changed(free.request, "limits", quotas={**free.request.limits.quotas, key: most}), str(most)


def _least_vcpus(free: Candidates, change: Change, patience: Patience) -> Values:
    """Raise the quotas to what a fleet with the fewest of their vCPUs takes; the others stay as they are."""
    counting = changed(free.request, "limits", max_instances=MOST_COUNT)  # so that pruning keeps counts apart
    columns = columns_of(free, counting, prune=False)
    problem = columns.problem
    quotas = quotas_of(change.vcpu_quotas, columns.offers, free.catalog)
    terms = [
        (quota.weight(problem.offers[offer]), instances(problem, offer))
        for quota in quotas.values()
        for offer in quota.offers
    ]
    found = _least(tuple(terms), problem, patience)
    if found is None:
        return
    raised: dict[str, int] = {}
    for key, quota in quotas.items():
        taken = sum(
            quota.weight(problem.offers[offer]) * found.count(instances(problem, offer)) for offer in quota.offers
        )
        if taken > quota.most:
            raised[key] = math.ceil(taken)
    words = ", ".join(f"{most} in {key.removesuffix(' vCPUs')}" for key, most in raised.items())
    quotas_then = {**free.request.limits.quotas, **change.vcpu_quotas, **raised}
    yield changed(free.request, "limits", quotas=quotas_then), words


def _least_share(free: Candidates, name: str, patience: Patience) -> Values:
    """Try whole percents of a share of the GPUs."""
    shares = [percent / 100 for percent in range(0 if name == "max_spot_fraction" else 1, 101)]
    yield from _first(
        free, patience, shares, lambda s: changed(free.request, "limits", **{name: s}), lambda s: f"at most {s:g}"
    )


def _least_changes(free: Candidates, change: Change, patience: Patience) -> Values:
    """Try any number of changes, up to all of the fleet that runs and all of the one that is cheapest without it."""
    cheapest = _cheapest(free, patience)
    rented = 0 if cheapest is None else sum(cheapest.fleet.instances.values())
    counts = list(map(float, range(sum(one.count for one in free.request.current) + rented + 1)))
    yield from _first(
        free,
        patience,
        counts,
        lambda n: changed(free.request, "limits", max_changes=int(n)),
        lambda n: f"at most {n:.0f}",
    )


def _fewer_replicas(free: Candidates, change: Change, patience: Patience) -> Values:
    counts = list(map(float, range(int(change.given.split()[-1]) - 1, 0, -1)))
    yield from _first(
        free,
        patience,
        counts,
        lambda n: changed(free.request, "limits", min_replicas=int(n)),
        lambda n: f"at least {n:.0f}",
    )


def _fewer_spot_losses(free: Candidates, change: Change, patience: Patience) -> Values:
    counts = list(map(float, range(int(change.given.split()[0]) - 1, -1, -1)))
    yield from _first(
        free, patience, counts, lambda n: changed(free.request, "spot", losses=int(n)), lambda n: f"{n:.0f} at once"
    )


def _least_price_age(free: Candidates, change: Change, patience: Patience) -> Values:
    """Try the ages of the prices that there are, counted from the request's day."""
    seen_by = free.request.as_of or free.snapshot.newest_observed_at
    ages = sorted({float((seen_by - offer.observed_at).days) for offer in free.eligible.offers})

    def ask(days: float) -> PlanRequest:
        return free.request.model_copy(update={"max_price_age_days": int(days)})

    yield from _first(free, patience, ages, ask, lambda days: f"{days:.0f} days")


def _least_confidence(free: Candidates, change: Change, patience: Patience) -> Values:
    """From the confidence that was given downwards, in whole percent."""
    given = int(change.given.removesuffix("% sure"))
    shares = [percent / 100 for percent in range(given, 49, -1)]

    def ask(share: float) -> PlanRequest:
        return free.request.model_copy(update={"confidence": share})

    yield from _first(free, patience, shares, ask, lambda share: f"{share:.0%} sure")


_FINDERS: dict[str, Finder] = {
    "budget": _least_budget,
    "speed": _least_speed,
    "first token": _least_first_token,
    "confidence": _least_confidence,
    "quality": _least_quality,
    "instances": _least_instances,
    "kinds": _least_kinds,
    "spot share": lambda free, change, patience: _least_share(free, "max_spot_fraction", patience),
    "share of one zone": lambda free, change, patience: _least_share(free, "max_zone_fraction", patience),
    "share of one provider": lambda free, change, patience: _least_share(free, "max_provider_fraction", patience),
    "changes": _least_changes,
    "min replicas": _fewer_replicas,
    "spot losses": _fewer_spot_losses,
    "price age": _least_price_age,
}


def _fewest(free: Candidates, patience: Patience, key: str | None = None) -> int | None:
    """Return the least of all instances, or of what a quota counts, with which some fleet exists; None: no time."""
    counting = changed(free.request, "limits", max_instances=MOST_COUNT)  # so that pruning keeps counts apart
    columns = columns_of(free, counting, prune=key is None)
    problem = columns.problem
    quota = None if key is None else quotas_of({key: 0}, columns.offers, free.catalog)[key]
    counted = range(len(columns.offers)) if quota is None else sorted(quota.offers)
    terms = tuple((1.0 if quota is None else quota.weight(problem.offers[o]), instances(problem, o)) for o in counted)
    found = _least(terms, problem, patience)
    return None if found is None else round(found.objective)


def _least(objective: Terms, problem: FleetProblem, patience: Patience) -> Solution | None:
    """Return the fleet with the least of an objective, or the best that the time allows; None without any."""
    seconds = patience.seconds
    found = least(objective, problem, seconds) if seconds > 0 else None
    patience.given_up += found is None or found.outcome != "optimal"
    return found if found is not None and found.values else None


def _distinct(values: Iterator[float]) -> tuple[float, ...]:
    return tuple(dict.fromkeys(values))


def _rounded(value: float, rounding: Callable[[float], int]) -> float:
    """Return a value with three significant digits, rounded to the side that keeps it attainable."""
    scale = 10.0 ** (2 - math.floor(math.log10(value)))
    return rounding(value * scale) / scale
