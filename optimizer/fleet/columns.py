"""Columns: candidates crossed with offers, pruned, as a FleetProblem that knows the way back."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from catalog import Catalog
from optimizer.fleet.candidates import Candidates
from optimizer.fleet.choices import Choices
from optimizer.fleet.preemption import there_fraction
from optimizer.fleet.problem import Column, FleetLimits, FleetOffer, FleetProblem
from optimizer.fleet.pruning import Choice, replaced_offers
from optimizer.fleet.quotas import quotas_of
from optimizer.performance.tables import Bools, Ints
from optimizer.request import PlanRequest
from pricing.offers import Offer


@dataclass(frozen=True, slots=True)
class Columns:
    """A fleet problem and where its parts come from: `offers[o]`, at `positions[o]` in the snapshot, and `rows[c]`.

    `replaced` maps the position of each pruned offer to that of one that made it redundant.
    """

    problem: FleetProblem
    offers: tuple[Offer, ...]
    positions: tuple[int, ...]
    rows: tuple[int, ...]
    replaced: dict[int, int]


def columns_of(
    candidates: Candidates,
    request: PlanRequest,
    *,
    offers: Ints | None = None,
    rows: Bools | None = None,
    prune: bool = True,
) -> Columns:
    """Return the columns of the layouts in `rows` on `offers`, which are positions in the snapshot.

    By default these are what the request allows: its eligible offers, the layouts that are good enough.
    """
    stock = candidates.ground.stock
    choices = candidates.choices if rows is None else candidates.choices_of(rows)
    chosen = stock.by_price(candidates.eligible.positions if offers is None else offers)
    kept = chosen[[bool(choices.of(machine)) for machine in stock.machine[chosen].tolist()]]
    replaced = _replaced(candidates, request, kept, choices) if prune else {}
    standing = tuple(position for position in kept.tolist() if position not in replaced)
    machines = stock.machine.tolist()
    return assemble(candidates, request, {place: choices.of(machines[place]) for place in standing}, replaced)


def _replaced(candidates: Candidates, request: PlanRequest, kept: Ints, choices: Choices) -> dict[int, int]:
    """Return {position: the position of an offer that replaces it}; of one machine in one group, the cheapest stays."""
    stock = candidates.ground.stock
    offers = [stock.offers[position] for position in kept.tolist()]
    groups = _groups(request, offers, candidates.catalog)
    machines, free = stock.machine[kept].tolist(), not _counts_instances(request)
    first: dict[tuple[Hashable, int], int] = {}
    leader = [first.setdefault((groups[i][1], machines[i]), i) for i in range(len(kept))]
    leaders = list(first.values())
    gone = replaced_offers(
        prices=[float(stock.usd_per_hour[kept[i]]) for i in leaders],
        gpus=[offers[i].gpu_count for i in leaders],
        machine=[machines[i] for i in leaders],
        choices={machine: choices.of(machine) for machine in set(machines)},
        group=[groups[i][1] for i in leaders],
        several=[free and not groups[i][0] for i in leaders],
    )
    by = {leaders[one]: leaders[other] for one, other in gone.items()}
    ends = [by.get(place, place) for place in leader]
    return {int(kept[i]): int(kept[end]) for i, end in enumerate(ends) if end != i}


def _there(offer: Offer, request: PlanRequest, catalog: Catalog) -> float:
    """Return the part of the time that an instance is there, where averages count."""
    return 1.0 if request.spot.losses is None else there_fraction(offer, request, catalog)


def _groups(request: PlanRequest, offers: Sequence[Offer], catalog: Catalog) -> list[tuple[frozenset[str], Hashable]]:
    """Return (quota keys, group) of each offer: what the limits can tell it by; only offers alike replace each other.

    An instance replaces an instance, so a count of instances needs no more; one of GPUs or vCPUs needs as many of them.
    """
    if _tells_nothing_apart(request):
        return [(frozenset(), ())] * len(offers)
    quotas = quotas_of(request.limits.quotas, offers, catalog)
    running = current_counts(request)
    groups: list[tuple[frozenset[str], Hashable]] = []
    for index, offer in enumerate(offers):
        keys = frozenset(key for key, quota in quotas.items() if index in quota.offers)
        units = {quotas[key].unit for key in keys}
        parts: list[Hashable] = [keys, offer.vcpus if "vcpus" in units else None]
        limits = request.limits
        fractions = (limits.max_spot_fraction, limits.max_zone_fraction, limits.max_provider_fraction)
        if "gpus" in units or any(fraction is not None for fraction in fractions):
            parts.append(offer.gpu_count)
        if limits.max_spot_fraction is not None or request.spot.losses is not None:
            parts.append(offer.term == "spot")
        if request.spot.losses is not None:
            parts.append(_there(offer, request, catalog))
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


def _tells_nothing_apart(request: PlanRequest) -> bool:
    """Return whether no limit can tell one offer from another."""
    limits = request.limits
    fractions = (limits.max_spot_fraction, limits.max_zone_fraction, limits.max_provider_fraction)
    counts = (limits.max_changes, request.spot.losses, *fractions)
    return not limits.quotas and request.survive_loss == "none" and all(limit is None for limit in counts)


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


def assemble(
    candidates: Candidates,
    request: PlanRequest,
    choices: Mapping[int, Sequence[Choice]],
    replaced: dict[int, int],
) -> Columns:
    """Return the columns of some choices on some offers, by position in the snapshot, in the order given."""
    offers = tuple(candidates.snapshot.offers[position] for position in choices)
    columns: list[Column] = []
    rows: list[int] = []
    for position, (offer, several) in enumerate(zip(offers, choices.values(), strict=True)):
        for choice in several:
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
        offers=tuple(fleet_offer(offer, _there(offer, request, candidates.catalog)) for offer in offers),
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
            spot_losses=request.spot.losses,
            current=kept,
            released=sum(running.values()) - sum(kept.values()),
            quotas=quotas_of(limits.quotas, offers, candidates.catalog),
        ),
        survive_loss=request.survive_loss,
    )
    return Columns(problem, offers, tuple(choices), tuple(rows), replaced)


def fleet_offer(offer: Offer, there: float = 1.0) -> FleetOffer:
    """Return what the program knows of an offer, which is there for a fraction of the time."""
    return FleetOffer(
        offer_id=offer.offer_id,
        usd_per_hour=float(offer.usd_per_hour),
        gpus=offer.gpu_count,
        gpu_id=offer.gpu_id,
        provider=offer.provider,
        zone=_zone(offer),
        pool=offer.pool,
        is_spot=offer.term == "spot",
        there_fraction=there,
        vcpus=offer.vcpus,
    )
