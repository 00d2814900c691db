"""Candidates: what one replica of every layout serves, on every machine of the snapshot.

The physics does not depend on price or place, so it is evaluated once for all machines; a request's filters, and
every what-if about them, then only pick offers and rows.
"""

from dataclasses import dataclass, replace

import numpy as np

from catalog import Catalog, Model
from optimizer.demand import Demand, demand_of
from optimizer.fleet.confidence import shortfall, slowdown
from optimizer.fleet.eligible import Eligible, eligible_offers
from optimizer.fleet.hardware import Grid, lay_out
from optimizer.fleet.settings import acceptable, engine_order, settings_by_gpu, tier_with_kv
from optimizer.performance.layouts import Layouts
from optimizer.performance.memory import max_sequences
from optimizer.performance.options import Options
from optimizer.performance.possibility import impossible
from optimizer.performance.service import max_rate, max_users
from optimizer.performance.tables import Bools, Floats, Ints
from optimizer.request import PlanRequest
from pricing.offers import Snapshot


@dataclass(frozen=True, slots=True)
class Candidates:
    """Every layout that fits, on all machines of the snapshot, and what a request may use of them.

    `laid_out` holds all layouts, `possible` those that some engine runs, `grid` those of them that fit in memory.
    `capacity[i, b]` is what one replica of grid row i serves of size b alone (users, or requests per second), 0 where
    it cannot within the targets. `good_enough[i]` says whether row i meets the quality asked for. `preference[i]`
    ranks rows among equals.
    """

    request: PlanRequest
    demand: Demand
    model: Model
    catalog: Catalog
    snapshot: Snapshot
    eligible: Eligible
    laid_out: Grid
    possible: Grid
    grid: Grid
    capacity: Floats
    good_enough: Bools
    preference: Ints


def find_candidates(request: PlanRequest, snapshot: Snapshot, catalog: Catalog) -> Candidates:
    """Return every layout that fits, with what it serves. Raises InvalidInputError on names or sizes that cannot be."""
    model = catalog.model(request.model)
    demand = demand_of(request, model)
    priced = [offer for offer in snapshot.offers if catalog.gpus[offer.gpu_id].status == "supported"]
    runs = settings_by_gpu(request, dict.fromkeys(offer.gpu_id for offer in priced), catalog)
    laid_out = lay_out(model, priced, runs, catalog)
    possible = laid_out.take(np.flatnonzero(impossible(laid_out.layouts) == 0))
    grid = possible.take(np.flatnonzero(max_sequences(possible.layouts, demand.shortest_tokens) > 0))
    return Candidates(
        request=request,
        demand=demand,
        model=model,
        catalog=catalog,
        snapshot=snapshot,
        eligible=eligible_offers(request, snapshot, catalog),
        laid_out=laid_out,
        possible=possible,
        grid=grid,
        capacity=replica_capacity(grid.layouts, demand),
        good_enough=meets_quality(grid.layouts, request, catalog),
        preference=_preference(grid.layouts, catalog),
    )


def refit(candidates: Candidates, request: PlanRequest) -> Candidates:
    """Return the candidates of a changed request, evaluating again only what the change touches."""
    before, catalog = candidates.request, candidates.catalog
    demand = demand_of(request, candidates.model)
    same_grid = (
        request.model == before.model
        and (request.allow.engines, request.deny.engines) == (before.allow.engines, before.deny.engines)
        and demand.shortest_tokens == candidates.demand.shortest_tokens
    )
    if not same_grid:
        return find_candidates(request, candidates.snapshot, catalog)
    same_load = replace(demand, assumptions=()) == replace(candidates.demand, assumptions=())
    return replace(
        candidates,
        request=request,
        demand=demand,
        eligible=eligible_offers(request, candidates.snapshot, catalog),
        capacity=candidates.capacity if same_load else replica_capacity(candidates.grid.layouts, demand),
        good_enough=meets_quality(candidates.grid.layouts, request, catalog),
    )


def replica_capacity(layouts: Layouts, demand: Demand) -> Floats:
    """Return [layout, size]: the users, or requests per second, that one replica serves within the targets.

    With a confidence the targets are tightened by the slowdown that is not exceeded with it, and a rate stays below
    what the replica then carries; layouts with evidence of the same strength share these factors.
    """
    if demand.confidence is None:
        return _capacity(layouts, demand)
    factors = np.stack(
        [
            slowdown(layouts, "tpot_s", demand.confidence),
            slowdown(layouts, "ttft_s", demand.confidence),
            shortfall(layouts, "output_tok_per_s", demand.confidence),
        ],
        axis=1,
    )
    served = np.zeros((len(layouts), len(demand.sizes)))
    kinds, kind = np.unique(factors, axis=0, return_inverse=True)
    for number, (longer, later, less) in enumerate(kinds):
        rows = np.flatnonzero(kind.reshape(-1) == number)
        part = layouts.take(rows)
        tight = replace(
            demand,
            tpot_s=None if demand.tpot_s is None else demand.tpot_s / longer,
            ttft_s=None if demand.ttft_s is None else demand.ttft_s / later,
        )
        served[rows] = _capacity(part, tight)
        if demand.unit == "requests_per_s":
            served[rows] = np.minimum(served[rows], less * _capacity(part, demand))
    return served


def _capacity(layouts: Layouts, demand: Demand) -> Floats:
    """Return what one replica serves by the point estimate."""
    options = Options(prefix_cache_hit_fraction=demand.prefix_cache_hit_fraction)
    served = np.zeros((len(layouts), len(demand.sizes)))
    for column, size in enumerate(demand.sizes):
        sizes = (size.input_tokens, size.output_tokens)
        targets = (demand.tpot_s, demand.ttft_s)
        if demand.unit == "users":
            served[:, column] = max_users(layouts, *sizes, *targets, options=options)
        else:
            served[:, column] = max_rate(layouts, *sizes, *targets, demand.percentile, options)
    return served


def meets_quality(layouts: Layouts, request: PlanRequest, catalog: Catalog) -> Bools:
    """Return which layouts have an acceptable quality."""
    table = np.zeros((len(catalog.quantizations), 17), dtype=bool)
    for quantization, kv_bits in acceptable(request, catalog):
        table[quantization, kv_bits] = True
    return np.asarray(table[layouts.quantization, layouts.kv_bits])


def quality_tiers(layouts: Layouts, catalog: Catalog) -> Ints:
    """Return the position in QUALITY_TIERS of each layout, its KV cache included."""
    tiers = np.array([[tier_with_kv(row, bits) for bits in (8, 16)] for row in catalog.quantizations.values()])
    return np.asarray(tiers[layouts.quantization, (layouts.kv_bits == 16).astype(int)])


def _preference(layouts: Layouts, catalog: Catalog) -> Ints:
    """Return the rank of each layout among equals: quality tier, 16-bit KV, usual engine, fewer nodes and stages."""
    order = np.lexsort(
        (
            layouts.tp,
            layouts.quantization,
            layouts.pp,
            layouts.nodes,
            np.array(engine_order(catalog))[layouts.engine],
            -layouts.kv_bits,
            quality_tiers(layouts, catalog),
        )
    )
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank
