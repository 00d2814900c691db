"""The candidates document: enough for an outsider to rebuild the mixed-integer program and solve it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from catalog import QUALITY_TIERS, Catalog
from optimizer.fleet.candidates import Candidates, find_candidates
from optimizer.fleet.columns import Columns, columns_of
from optimizer.fleet.names import check_names
from optimizer.fleet.preemption import there_fraction
from optimizer.fleet.quality import quality_tiers
from optimizer.request import Limits, LossScope, PlanRequest, Spot
from pricing.offers import Offer, Snapshot


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """What the program needs of an offer; `there_fraction` of the time an instance is there, below 1 for spot."""

    provider: str
    region: str
    zone: str | None
    instance_type: str
    term: str
    tier: str
    usd_per_hour: float
    gpu: str
    gpus: int
    there_fraction: float
    vcpus: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnFacts:
    """One way to run replicas on one offer; its subclasses say what one replica serves.

    `replaced_by` is the id of an offer that serves as much for no more money, where there is one: such columns may be
    left out without changing the optimum.
    """

    id: str
    offer: OfferFacts
    quantization: str
    kv_bits: int
    engine: str
    tensor_parallel: int
    pipeline_parallel: int
    gpus_per_replica: int
    instances_per_replica: int
    quality_tier: str
    pool: str
    replaced_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserColumn(ColumnFacts):
    """A column that serves up to `max_users` on each replica."""

    max_users: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RateColumn(ColumnFacts):
    """A column that serves `max_rate_per_s[bucket]` of each bucket alone on each replica; 0 where it cannot."""

    max_rate_per_s: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class BucketFacts:
    """Requests of one size."""

    input_tokens: int
    output_tokens: int
    rate_per_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidatesDocument:
    """The program's data; its subclasses add the demand."""

    limits: Limits
    survive_loss: LossScope
    spot: Spot
    snapshot_id: str
    catalog_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserCandidates(CandidatesDocument):
    """The columns for `users` that are always active."""

    columns: tuple[UserColumn, ...]
    users: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCandidates(CandidatesDocument):
    """The columns for requests that arrive at the rates of `buckets`."""

    columns: tuple[RateColumn, ...]
    buckets: tuple[BucketFacts, ...]


def candidates_document(
    request: PlanRequest, snapshot: Snapshot, catalog: Catalog, *, pruned: bool = False
) -> UserCandidates | RateCandidates:
    """Return every column of a request, or only those that pruning keeps. Raises InvalidInputError."""
    check_names(request, snapshot, catalog)
    candidates = find_candidates(request, snapshot, catalog)
    kept = columns_of(candidates, request)
    shown = kept if pruned else columns_of(candidates, request, prune=False)
    ids = [offer.offer_id for offer in snapshot.offers]
    replaced_by = {ids[gone]: ids[by] for gone, by in kept.replaced.items()}
    facts = [_column(candidates, shown, number, replaced_by) for number in range(len(shown.rows))]
    served = [tuple(map(float, most)) for most in candidates.capacity_of(np.array(shown.rows, dtype=np.int64))]
    common: dict[str, Any] = {
        "limits": request.limits,
        "survive_loss": request.survive_loss,
        "spot": request.spot,
        "snapshot_id": snapshot.snapshot_id,
        "catalog_id": catalog.catalog_id,
    }
    demand = candidates.demand
    if demand.unit == "users":
        users = tuple(UserColumn(**fact, max_users=int(most[0])) for fact, most in zip(facts, served, strict=True))
        return UserCandidates(columns=users, users=round(sum(demand.amounts)), **common)
    rates = tuple(RateColumn(**fact, max_rate_per_s=most) for fact, most in zip(facts, served, strict=True))
    buckets = tuple(BucketFacts(size.input_tokens, size.output_tokens, size.amount) for size in demand.sizes)
    return RateCandidates(columns=rates, buckets=buckets, **common)


def _column(candidates: Candidates, columns: Columns, number: int, replaced_by: dict[str, str]) -> dict[str, Any]:
    """Return the fields of ColumnFacts."""
    column = columns.problem.columns[number]
    offer, row = columns.offers[column.offer], columns.rows[number]
    layouts, catalog = candidates.grid.layouts, candidates.catalog
    return {
        "id": column.column_id,
        "offer": _offer(offer, there_fraction(offer, candidates.request, catalog)),
        "quantization": tuple(catalog.quantizations)[int(layouts.quantization[row])],
        "kv_bits": int(layouts.kv_bits[row]),
        "engine": tuple(catalog.engines)[int(layouts.engine[row])],
        "tensor_parallel": int(layouts.tp[row]),
        "pipeline_parallel": int(layouts.pp[row]),
        "gpus_per_replica": column.gpus_per_replica,
        "instances_per_replica": column.instances_per_replica,
        "quality_tier": QUALITY_TIERS[int(quality_tiers(layouts.take(np.array([row])), catalog)[0])],
        "pool": offer.pool,
        "replaced_by": replaced_by.get(offer.offer_id),
    }


def _offer(offer: Offer, there: float) -> OfferFacts:
    return OfferFacts(
        provider=offer.provider,
        region=offer.region,
        zone=offer.zone,
        instance_type=offer.instance_type,
        term=offer.term,
        tier=offer.tier,
        usd_per_hour=float(offer.usd_per_hour),
        gpu=offer.gpu_id,
        gpus=offer.gpu_count,
        there_fraction=there,
        vcpus=offer.vcpus,
    )
