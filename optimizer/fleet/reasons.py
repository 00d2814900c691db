"""Reasons: which limits cost money and how much, and the prices at which absent GPUs would be as cheap."""

from collections.abc import Sequence

from optimizer.fleet.candidates import Candidates, refit
from optimizer.fleet.changes import changed, longer, looser, with_speed
from optimizer.fleet.choosing import Chosen, Patience
from optimizer.fleet.plan import Alternative, Binding, BreakEven, WhatIf
from optimizer.request import PlanRequest

LEAST_SAVING_USD_PER_HOUR = 0.01
FASTER = (2.0, 4.0)
CHAT_FIRST_TOKEN_S = 2.0


def binding_limits(candidates: Candidates, cost_usd_per_hour: float, patience: Patience) -> tuple[Binding, ...]:
    """Return the limits whose natural step saves money, the largest saving first; each is solved again."""
    found = []
    for change in looser(candidates.request, candidates.demand):
        chosen = patience.choose(refit(candidates, change.lift(candidates.request)))
        saving = 0.0 if chosen is None else cost_usd_per_hour - chosen.cost_usd_per_hour
        if saving >= LEAST_SAVING_USD_PER_HOUR:
            found.append(Binding(change.limit, saving, change.description))
    return tuple(sorted(found, key=lambda limit: (-limit.saving_usd_per_hour, limit.limit)))


def what_ifs(candidates: Candidates, patience: Patience) -> tuple[WhatIf, ...]:
    """Return what more costs: twice and four times the speed, a first token soon enough for chat, twice the context."""
    asks: list[tuple[str, PlanRequest]] = []
    request, demand = candidates.request, candidates.demand
    if demand.tok_per_s_per_user is not None:
        for factor in FASTER:
            speed = demand.tok_per_s_per_user * factor
            asks.append((f"{speed:.4g} tok/s", with_speed(request, speed)))
    if demand.ttft_s is None or demand.ttft_s > CHAT_FIRST_TOKEN_S:
        asks.append((f"first token in {CHAT_FIRST_TOKEN_S:g} s", changed(request, "slo", ttft_s=CHAT_FIRST_TOKEN_S)))
    longest = longer(request, demand, candidates.model.max_context)
    if longest is not None:
        asks.append(longest)
    found = []
    for label, ask in asks:
        chosen = patience.choose(refit(candidates, ask))
        if chosen is not None:
            found.append(WhatIf(label, chosen.cost_usd_per_hour if chosen.parts else None))
    return tuple(found)


def break_evens(plan: Chosen, others: Sequence[Alternative]) -> tuple[BreakEven, ...]:
    """Return, for each GPU not in the plan, the price at which a fleet of it alone would cost what the plan costs.

    Scaling all prices of one GPU by the same factor changes none of the choices among its offers, so the cheapest
    fleet of n such GPUs stays the cheapest, and breaks even at plan cost / n per GPU-hour.
    """
    present = {part.offer.gpu_id for part in plan.parts}
    found = []
    for other in others:
        kind, _, gpu_id = other.label.partition(": ")
        if kind == "gpu" and gpu_id not in present:
            gpus = sum(line.count * line.gpus_per_instance for line in other.lines)
            found.append(BreakEven(gpu_id, plan.cost_usd_per_hour / gpus, other.cost_usd_per_hour / gpus))
    return tuple(sorted(found, key=lambda row: (row.now_usd_per_gpu_hour / row.usd_per_gpu_hour, row.gpu)))
