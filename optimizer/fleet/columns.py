"""Columns: candidates crossed with offers, pruned, as a FleetProblem that knows the way back."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from catalog import Catalog
from optimizer.fleet.candidates import Candidates
from optimizer.fleet.hardware import Hardware
from optimizer.fleet.problem import Column, FleetLimits, FleetOffer, FleetProblem
from optimizer.fleet.pruning import Choice, best_layouts, replaced_offers
from optimizer.fleet.quotas import quotas_of
from optimizer.performance.tables import Bools, Floats
from optimizer.request import PlanRequest
from pricing.offers import Offer

MOST_TIMES = 1e4


@dataclass(frozen=True, slots=True)
class Columns:
    """A fleet problem and where its parts come from: `offers[o]`, and `rows[c]` in the candidates.

    `replaced_by` has the offer id that made each pruned offer redundant.
    """

    problem: FleetProblem
    offers: tuple[Offer, ...]
    rows: tuple[int, ...]
    replaced_by: dict[str, str]


def columns_of(
    candidates: Candidates,
    request: PlanRequest,
    *,
    offers: Sequence[Offer] | None = None,
    rows: Bools | None = None,
    prune: bool = True,
) -> Columns:
    """Return the columns of the layouts in `rows` on `offers`.

    By default these are what the request allows: its eligible offers, the layouts that are good enough.
    """
    chosen = candidates.eligible.offers if offers is None else offers
    machines = dict.fromkeys(Hardware.of(offer) for offer in chosen)
    choices = _choices(candidates, machines, candidates.good_enough if rows is None else rows)
    kept = sorted(
        (offer for offer in chosen if choices.get(Hardware.of(offer))),
        key=lambda offer: (offer.usd_per_hour, offer.gpu_count, offer.offer_id),
    )
    replaced: dict[int, int] = {}
    if prune:
        groups = _groups(request, kept, candidates.catalog)
        free = not _counts_instances(request)
        replaced = replaced_offers(
            prices=[float(offer.usd_per_hour) for offer in kept],
            gpus=[offer.gpu_count for offer in kept],
            machine=[Hardware.of(offer) for offer in kept],
            choices=choices,
            group=[group for _, group in groups],
            several=[free and not keys for keys, _ in groups],
        )
    standing = [offer for index, offer in enumerate(kept) if index not in replaced]
    redundant = {kept[gone].offer_id: kept[by].offer_id for gone, by in replaced.items()}
    return _assemble(candidates, request, standing, choices, redundant)


def _choices(candidates: Candidates, machines: Iterable[Hardware], rows: Bools) -> dict[Hashable, tuple[Choice, ...]]:
    """Return the layouts worth a column, per machine."""
    layouts, capacity = candidates.grid.layouts, useful_capacity(candidates)
    size = layouts.gpus
    usable = rows & candidates.capacity.any(axis=1)
    chosen: dict[Hashable, tuple[Choice, ...]] = {}
    for machine in machines:
        indices = candidates.grid.rows_of(machine)
        worth = indices[usable[indices]]
        if len(worth):
            best = best_layouts(worth, size, capacity, candidates.preference)
            chosen[machine] = tuple(
                Choice(int(row), int(size[row]), int(layouts.nodes[row]), tuple(capacity[row].tolist())) for row in best
            )
    return chosen


def useful_capacity(candidates: Candidates) -> Floats:
    """Return capacity without what one replica could serve beyond the demand.

    With one size of request it is cut off at the whole demand, which changes no fleet: such a replica serves everything
    either way. It makes replicas that are each more than enough equal, so that the cheapest replaces the rest. With
    several it is cut off at MOST_TIMES the demand of a size, to keep a small share within a solver's tolerance.
    """
    demand = np.array(candidates.demand.amounts)
    return np.minimum(candidates.capacity, demand if len(demand) == 1 else demand * MOST_TIMES)


def _groups(request: PlanRequest, offers: Sequence[Offer], catalog: Catalog) -> list[tuple[frozenset[str], Hashable]]:
    """Return (quota keys, group) of each offer: what the limits can tell it by; only offers alike replace each other.

    An instance replaces an instance, so a count of instances needs no more; a count of GPUs needs them to be as many.
    """
    quotas = quotas_of(request.limits.quotas, offers, catalog)
    running = current_counts(request)
    groups: list[tuple[frozenset[str], Hashable]] = []
    for index, offer in enumerate(offers):
        keys = frozenset(key for key, quota in quotas.items() if index in quota.offers)
        parts: list[Hashable] = [keys]
        limits = request.limits
        fractions = (limits.max_spot_fraction, limits.max_zone_fraction, limits.max_provider_fraction)
        in_gpus = any(quotas[key].unit == "gpus" for key in keys)
        if in_gpus or any(fraction is not None for fraction in fractions):
            parts.append(offer.gpu_count)
        if limits.max_spot_fraction is not None:
            parts.append(offer.term == "spot")
        if request.survive_loss == "zone" or limits.max_zone_fraction is not None:
            parts.append(_zone(offer))
        if request.survive_loss == "provider" or limits.max_provider_fraction is not None:
            parts.append(offer.provider)
        if limits.max_changes is not None:
            parts.append(offer.gpu_count)
            if offer.offer_id in running:
                parts.append(offer.offer_id)
        groups.append((keys, tuple(parts)))
    return groups


def _counts_instances(request: PlanRequest) -> bool:
    """Return whether a limit tells two small instances from one that is twice as large."""
    limits = request.limits
    fractions = (limits.max_spot_fraction, limits.max_zone_fraction, limits.max_provider_fraction)
    counts = (limits.max_instances, limits.max_changes, *fractions)
    return any(limit is not None for limit in counts)


def current_counts(request: PlanRequest) -> Counter[str]:
    """Return the instances that run already, by offer id."""
    counts: Counter[str] = Counter()
    for one in request.current:
        counts["/".join((one.provider, one.region, one.zone or "-", one.instance_type, one.term))] += one.count
    return counts


def _zone(offer: Offer) -> str:
    """Return the failure domain of an offer; a region without zones counts as one zone."""
    return f"{offer.provider}/{offer.region}/{offer.zone or '-'}"


def _assemble(
    candidates: Candidates,
    request: PlanRequest,
    offers: Sequence[Offer],
    choices: dict[Hashable, tuple[Choice, ...]],
    replaced_by: dict[str, str],
) -> Columns:
    columns: list[Column] = []
    rows: list[int] = []
    for position, offer in enumerate(offers):
        for choice in choices[Hardware.of(offer)]:
            columns.append(
                Column(
                    column_id=f"{offer.offer_id}#{choice.row}",
                    offer=position,
                    gpus_per_replica=choice.gpus_per_replica,
                    instances_per_replica=choice.instances_per_replica,
                    capacity=choice.capacity,
                    preference=len(columns),
                )
            )
            rows.append(choice.row)
    limits, running = request.limits, current_counts(request)
    kept = {position: running[offer.offer_id] for position, offer in enumerate(offers) if offer.offer_id in running}
    problem = FleetProblem(
        offers=tuple(_fleet_offer(offer) for offer in offers),
        columns=tuple(columns),
        demand=candidates.demand.amounts,
        limits=FleetLimits(
            max_usd_per_hour=limits.max_usd_per_hour,
            max_spot_fraction=limits.max_spot_fraction,
            max_instances=limits.max_instances,
            max_kinds=limits.max_kinds,
            min_replicas=limits.min_replicas,
            max_zone_fraction=limits.max_zone_fraction,
            max_provider_fraction=limits.max_provider_fraction,
            max_changes=limits.max_changes,
            current=kept,
            released=sum(running.values()) - sum(kept.values()),
            quotas=quotas_of(limits.quotas, offers, candidates.catalog),
        ),
        survive_loss=request.survive_loss,
    )
    return Columns(problem, tuple(offers), tuple(rows), replaced_by)


def _fleet_offer(offer: Offer) -> FleetOffer:
    return FleetOffer(
        offer_id=offer.offer_id,
        usd_per_hour=float(offer.usd_per_hour),
        gpus=offer.gpu_count,
        gpu_id=offer.gpu_id,
        provider=offer.provider,
        zone=_zone(offer),
        pool=offer.pool,
        is_spot=offer.term == "spot",
    )
