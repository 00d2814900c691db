"""Every offer alone: how many of its instances carry the load within the targets, for how much, and how fast."""

from dataclasses import dataclass

import numpy as np

from catalog import Catalog
from optimizer.fleet.candidates import Candidates, find_candidates
from optimizer.fleet.hardware import Hardware
from optimizer.fleet.running import load_of
from optimizer.performance.tables import Bools
from optimizer.request import PlanRequest
from pricing.offers import Offer, Snapshot


@dataclass(frozen=True, slots=True)
class Alone:
    """The fewest instances of one offer that serve a request without any other, and the fastest layout on them."""

    provider: str
    tier: str
    region: str
    instance_type: str
    term: str
    gpu: str
    gpus: int
    instances: int
    usd_per_hour: float
    tok_per_s_per_user: float
    ttft_s: float
    quantization: str
    engine: str


@dataclass(frozen=True, slots=True)
class _Fit:
    """The fewest instances of a machine, and what the fastest layout on them does."""

    instances: int
    quantization: str
    engine: str
    tok_per_s_per_user: float
    ttft_s: float


def offers_alone(request: PlanRequest, snapshot: Snapshot, catalog: Catalog) -> list[Alone]:
    """Return what each offer that a request allows does alone, the cheapest first; those that cannot are left out.

    Limits of the whole fleet (budget, quotas, losses to survive) are not applied: each offer is priced for the load.
    """
    candidates = find_candidates(request, snapshot, catalog)
    machines = dict.fromkeys(Hardware.of(offer) for offer in candidates.eligible.offers)
    fits = {machine: _fit(candidates, machine, candidates.good_enough) for machine in machines}
    found = [
        _alone(offer, fit) for offer in candidates.eligible.offers if (fit := fits[Hardware.of(offer)]) is not None
    ]
    return sorted(found, key=_rank)


def cheapest_choices(request: PlanRequest, snapshot: Snapshot, catalog: Catalog) -> list[Alone]:
    """Return the cheapest offer alone for each pair of GPU and weight format, of any quality, the cheapest first."""
    candidates = find_candidates(request, snapshot, catalog)
    formats = candidates.grid.layouts.quantization
    cheapest: dict[Hardware, Offer] = {}
    for offer in sorted(candidates.eligible.offers, key=lambda it: it.usd_per_hour):
        cheapest.setdefault(Hardware.of(offer), offer)
    found: dict[tuple[str, str], Alone] = {}
    for machine, offer in cheapest.items():
        for position in sorted(set(formats[candidates.grid.rows_of(machine)])):
            fit = _fit(candidates, machine, formats == position)
            if fit is None:
                continue
            one = _alone(offer, fit)
            found[one.gpu, one.quantization] = min(found.get((one.gpu, one.quantization), one), one, key=_rank)
    return sorted(found.values(), key=_rank)


def _alone(offer: Offer, fit: _Fit) -> Alone:
    return Alone(
        provider=offer.provider,
        tier=offer.tier,
        region=offer.zone or offer.region,
        instance_type=offer.instance_type,
        term=offer.term,
        gpu=offer.gpu_id,
        gpus=fit.instances * offer.gpu_count,
        instances=fit.instances,
        usd_per_hour=float(fit.instances * offer.usd_per_hour),
        tok_per_s_per_user=fit.tok_per_s_per_user,
        ttft_s=fit.ttft_s,
        quantization=fit.quantization,
        engine=fit.engine,
    )


def _rank(one: Alone) -> tuple[float, float]:
    return one.usd_per_hour, -one.tok_per_s_per_user


def _fit(candidates: Candidates, machine: Hardware, usable: Bools) -> _Fit | None:
    """Return the best that a machine does, or None where no layout on it serves every size within the targets."""
    demand, layouts = candidates.demand, candidates.grid.layouts
    rows = candidates.grid.rows_of(machine)
    rows = rows[usable[rows] & (candidates.useful[rows] > 0).all(axis=1)]
    if not rows.size:
        return None
    replicas = np.ceil((np.array(demand.amounts) / candidates.useful[rows]).sum(axis=1) - 1e-9)
    instances = np.ceil(replicas * layouts.gpus[rows] / machine.gpu_count).astype(int)
    fewest = int(instances.min())
    rows = rows[instances == fewest]
    done = load_of(candidates, rows, fewest * machine.gpu_count // layouts.gpus[rows], demand.amounts)
    best = int(np.argmax(done.tok_per_s_per_user))
    return _Fit(
        instances=fewest,
        quantization=list(candidates.catalog.quantizations)[layouts.quantization[rows[best]]],
        engine=list(candidates.catalog.engines)[layouts.engine[rows[best]]],
        tok_per_s_per_user=float(done.tok_per_s_per_user[best]),
        ttft_s=float(done.ttft_s[best]),
    )
