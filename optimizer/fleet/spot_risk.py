"""Spot risk of a plan: what is there on average, and what is left after the worst losses of spot instances."""

import math
from collections.abc import Sequence

import numpy as np

from catalog import Catalog
from optimizer.fleet.candidates import Candidates, refit
from optimizer.fleet.changes import changed
from optimizer.fleet.choosing import Patience
from optimizer.fleet.plan import LineSpot, SpotRisk, WhatIf
from optimizer.fleet.preempted import ways
from optimizer.fleet.preemption import interruptions_per_month, there_fraction
from optimizer.fleet.problem import Row, Variable
from optimizer.fleet.running import Running
from optimizer.fleet.solver import solve
from optimizer.performance.tables import Floats
from optimizer.request import PlanRequest
from pricing.offers import Offer

MOST_LOSSES = 10


def line_spot(offer: Offer, request: PlanRequest, catalog: Catalog) -> LineSpot | None:
    """Return how often one instance of an offer is taken back; None for anything but spot."""
    if offer.term != "spot":
        return None
    rate, there = interruptions_per_month(offer, request, catalog), there_fraction(offer, request, catalog)
    if request.spot.interruptions_per_month is not None:
        return LineSpot(rate, there, "request", "the request")
    row = catalog.interruption(offer.provider, offer.region, offer.instance_type)
    return LineSpot(rate, there, "estimate" if row.estimated_fields else "reported", row.source_id)


def spot_risk(candidates: Candidates, parts: Sequence[Running]) -> SpotRisk | None:
    """Return what is left of a fleet in multiples of the demand; None without spot."""
    request, catalog = candidates.request, candidates.catalog
    spot = [part for part in parts if part.offer.term == "spot"]
    if not spot:
        return None
    losses = max(1, request.spot.losses or 0)
    whole = np.array([float(part.replicas) for part in parts])
    nodes = candidates.grid.layouts.nodes[[part.row for part in parts]]
    there = np.array([there_fraction(part.offer, request, catalog) for part in parts]) ** nodes
    return SpotRisk(
        interruptions_per_month=math.fsum(
            part.instances * interruptions_per_month(part.offer, request, catalog) for part in spot
        ),
        replace_minutes=request.spot.replace_minutes,
        losses=losses,
        capacity_fraction=_times_served(candidates, parts, whole),
        expected_capacity_fraction=_times_served(candidates, parts, whole * there),
        worst_case_capacity_fraction=_worst_case(candidates, parts, losses),
    )


def safer(candidates: Candidates, risk: SpotRisk | None, patience: Patience) -> tuple[WhatIf, ...]:
    """Return what it costs to serve everything after one more loss of a spot instance than the request asks for."""
    losses = (candidates.request.spot.losses or 0) + 1
    if risk is None or losses > MOST_LOSSES:
        return ()
    chosen = patience.choose(refit(candidates, changed(candidates.request, "spot", losses=losses)))
    if chosen is None:
        return ()
    words = "one preemption" if losses == 1 else f"{losses} preemptions at once"
    return (WhatIf(f"tolerate {words}", chosen.cost_usd_per_hour if chosen.parts else None),)


def _worst_case(candidates: Candidates, parts: Sequence[Running], losses: int) -> float:
    """Return the least that is left after any `losses` spot instances are taken back, as the program counts them."""
    layouts = candidates.grid.layouts
    on_one = [max(1, part.offer.gpu_count // int(layouts.gpus[part.row])) for part in parts]
    spot = sorted({part.offer.offer_id for part in parts if part.offer.term == "spot"})
    of = {offer_id: [n for n, part in enumerate(parts) if part.offer.offer_id == offer_id] for offer_id in spot}
    held = [max(math.ceil(parts[n].replicas / on_one[n]) for n in of[offer_id]) for offer_id in spot]
    worst = math.inf
    for lost in ways(held, losses):
        left = np.array([float(part.replicas) for part in parts])
        for offer_id, instances in zip(spot, lost, strict=True):
            for n in of[offer_id]:
                left[n] = max(0.0, left[n] - instances * on_one[n])
        worst = min(worst, _times_served(candidates, parts, left))
    return worst


def _times_served(candidates: Candidates, parts: Sequence[Running], replicas: Floats) -> float:
    """Return the most t for which the replicas serve t times the demand.

    One size: a sum. Several, by the dual of routing: min sum_c r[c] v[c] over weightings u of the sizes, with
    v[c] >= u[b] capacity[b,c] / demand[b] and sum_b u[b] = 1.
    """
    capacity = candidates.capacity_of(np.array([part.row for part in parts]))
    worth = capacity / np.array(candidates.demand.amounts)
    if worth.shape[1] == 1:
        return float(worth[:, 0] @ replicas)
    weights = [Variable("u", (size,), integer=False, upper=1) for size in range(worth.shape[1])]
    values = [Variable("v", (part,), integer=False, upper=1e12) for part in range(len(parts))]
    rows = [Row("weights", tuple((1.0, weight) for weight in weights), "=", 1)]
    rows += [
        Row(f"value_{part}_{size}", ((float(worth[part, size]), weights[size]), (-1.0, values[part])), "<=", 0)
        for part, size in np.argwhere(worth > 0).tolist()
    ]
    return max(0.0, solve(tuple(zip(replicas.tolist(), values, strict=True)), rows).objective)
