"""Comparison: the same request on one GPU and another, or plans that were saved, field by field."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from catalog import Catalog, InvalidInputError
from optimizer.fleet.candidates import Candidates, find_candidates, refit
from optimizer.fleet.changes import changed
from optimizer.fleet.choosing import choose
from optimizer.fleet.eligible import eligible_offers
from optimizer.fleet.lines import offered_output_tok_per_s, plan_lines
from optimizer.fleet.names import check_names
from optimizer.fleet.obstacles import obstacles, reasons_of
from optimizer.fleet.plan import Line, Plan, Status
from optimizer.performance.estimates import Estimate
from optimizer.request import PlanRequest
from pricing.offers import Snapshot

TOKENS_PER_HOUR_AND_TOK_PER_S = 3600
TOKENS_PER_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Compared:
    """One side of a comparison; speeds are of its slowest line, the first token of its latest, memory of its fullest.

    `times_the_cheapest` is its cost over that of the cheapest side. Where nothing fits, `why_not` says what stands
    in the way of how many offers.
    """

    label: str
    status: Status
    cost_usd_per_hour: float | None
    cost_usd_per_month: float | None
    usd_per_million_output_tokens: float | None
    times_the_cheapest: float | None
    gpus: int
    tok_per_s_per_user: Estimate | None
    ttft_s: Estimate | None
    utilization: float | None
    memory_fraction: float | None
    lines: tuple[Line, ...]
    why_not: tuple[str, ...]
    snapshot_id: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Sides in the order in which they were asked for; `request` where all answer the same one."""

    request: PlanRequest | None
    cheapest: str | None
    sides: tuple[Compared, ...]


def compare_gpus(request: PlanRequest, gpus: Sequence[str], snapshot: Snapshot, catalog: Catalog) -> Comparison:
    """Return the cheapest plan of a request on each GPU or family alone. Raises InvalidInputError on fewer than two."""
    if len(set(gpus)) < 2:
        raise InvalidInputError("a comparison takes two GPUs or more", "for example: --gpu A100 --gpu H100")
    asked = [changed(request, "allow", gpus=(name,)) for name in dict.fromkeys(gpus)]
    for one in asked:
        check_names(one, snapshot, catalog)
    candidates = find_candidates(changed(request, "allow", gpus=()), snapshot, catalog)
    return _ranked(request, [_on(refit(candidates, one), one.allow.gpus[0]) for one in asked])


def compare_plans(plans: Sequence[tuple[str, Plan]]) -> Comparison:
    """Return saved plans side by side. Raises InvalidInputError on fewer than two."""
    if len(plans) < 2:
        raise InvalidInputError("a comparison takes two plans or more", "for example: gpumix compare A.json B.json")
    requests = {plan.request.model_dump_json() for _, plan in plans}
    shared = plans[0][1].request if len(requests) == 1 else None
    return _ranked(shared, [_saved(label, plan) for label, plan in plans])


def _ranked(request: PlanRequest | None, sides: Sequence[Compared]) -> Comparison:
    costs = {side.label: side.cost_usd_per_hour for side in sides if side.cost_usd_per_hour is not None}
    least = min(costs.values(), default=None)
    return Comparison(
        request=request,
        cheapest=min(costs, key=lambda label: costs[label], default=None),
        sides=tuple(
            side
            if side.cost_usd_per_hour is None or not least
            else replace(side, times_the_cheapest=side.cost_usd_per_hour / least)
            for side in sides
        ),
    )


def _on(candidates: Candidates, label: str) -> Compared:
    """Return the cheapest plan of candidates that one GPU is left of."""
    chosen = choose(candidates, break_ties=True)
    lines = plan_lines(candidates, chosen.parts)
    side = _side(label, lines, candidates.request.hours_per_month, candidates.snapshot.snapshot_id)
    if not chosen.parts:
        return replace(side, why_not=tuple(_reasons(candidates)))
    offered = offered_output_tok_per_s(candidates, lines)
    tokens_per_hour = offered * TOKENS_PER_HOUR_AND_TOK_PER_S
    return replace(
        side,
        status="optimal" if chosen.fleet.outcome == "optimal" else "feasible",
        usd_per_million_output_tokens=(side.cost_usd_per_hour or 0.0) / tokens_per_hour * TOKENS_PER_MILLION,
    )


def _saved(label: str, plan: Plan) -> Compared:
    side = _side(label, plan.lines, plan.request.hours_per_month, plan.snapshot.id)
    reasons = tuple(conflict.smallest_change for conflict in plan.conflicts)
    price = plan.usd_per_million_output_tokens.at_offered_load
    return replace(side, status=plan.status, usd_per_million_output_tokens=price, why_not=reasons)


def _side(label: str, lines: tuple[Line, ...], hours_per_month: float, snapshot_id: str) -> Compared:
    """Return a side from its lines, as one where nothing fits if there are none."""
    cost = sum((Decimal(str(line.usd_per_hour)) * line.count for line in lines), Decimal(0))
    shown = [line.performance for line in lines]
    return Compared(
        label=label,
        status="infeasible",
        cost_usd_per_hour=float(cost) if lines else None,
        cost_usd_per_month=float(cost * Decimal(str(hours_per_month))) if lines else None,
        usd_per_million_output_tokens=None,
        times_the_cheapest=None,
        gpus=sum(line.count * line.gpus_per_instance for line in lines),
        tok_per_s_per_user=min((s.tok_per_s_per_user for s in shown), key=lambda e: e.value, default=None),
        ttft_s=max((s.ttft_s for s in shown), key=lambda e: e.value, default=None),
        utilization=max((s.utilization for s in shown), default=None),
        memory_fraction=max(
            (line.memory.used_gib_per_gpu / line.memory.usable_gib_per_gpu for line in lines), default=None
        ),
        lines=lines,
        why_not=(),
        snapshot_id=snapshot_id,
    )


def _reasons(candidates: Candidates) -> Iterator[str]:
    """Yield what rules out the offers of the GPU, of no other one."""
    request, snapshot, catalog = candidates.request, candidates.snapshot, candidates.catalog
    gpus = {gpu_id for name in request.allow.gpus for gpu_id in catalog.gpus_named(name)}
    theirs = tuple(offer for offer in snapshot.offers if offer.gpu_id in gpus)
    if not theirs:
        yield "no offer of it is in the prices"
        return
    why_not = obstacles(candidates)
    counts = eligible_offers(request, replace(snapshot, offers=theirs), catalog).rejected
    counts.update(reasons_of(candidates, why_not))
    for reason, count in counts.most_common():
        yield f"{reason}: {count:,} offer{'' if count == 1 else 's'}"
    if not counts:
        yield "the limits of the fleet: gpumix plan says which"
