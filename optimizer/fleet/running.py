"""Running: what is laid out on the instances a fleet rents, and the load that each replica gets.

The program decides what to rent; among the layouts that serve the load on it, the best quality wins, then the usual
engine, then speed. So an 8-GPU instance that is the cheapest way to serve one user is not left half idle.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.fleet.candidates import Candidates
from optimizer.fleet.cheapest import Fleet
from optimizer.fleet.columns import Columns
from optimizer.fleet.hardware import Hardware
from optimizer.performance.own.corrected import rate_load, user_load
from optimizer.performance.service import Load
from optimizer.performance.tables import Bools, Floats, Ints
from pricing.offers import Offer

STANDBY_REQUESTS_PER_S = 1e-6


@dataclass(frozen=True, slots=True)
class Running:
    """`replicas` of layout `row` on `instances` of an offer; `amounts[b]` is their part of the demand together."""

    offer: Offer
    row: int
    instances: int
    replicas: int
    amounts: tuple[float, ...]


def running(candidates: Candidates, columns: Columns, fleet: Fleet, rows: Bools | None = None) -> tuple[Running, ...]:
    """Return what runs on a fleet, the costliest offer first, among the layouts in `rows` (default: good enough)."""
    usable = candidates.good_enough if rows is None else rows
    placed = [part for offer in fleet.instances for part in _of_offer(candidates, columns, fleet, offer, usable)]
    if candidates.demand.unit == "users":
        placed = _whole_users(placed, round(sum(candidates.demand.amounts)))
    return tuple(
        sorted(placed, key=lambda part: (-float(part.offer.usd_per_hour) * part.instances, part.offer.offer_id))
    )


def load_of(candidates: Candidates, rows: Ints, replicas: Ints, amounts: Sequence[float]) -> Load:
    """Return what one replica of each row does when `replicas` of it share `amounts`; users are whole.

    Several sizes of request are taken as one of their mean length.
    """
    demand, fleet = candidates.demand, candidates.capacities.fleet_of(rows)
    layouts = candidates.grid.layouts.take(rows)
    total, lengths = math.fsum(amounts), demand.mean_lengths(amounts)
    if demand.unit == "users":
        users = np.ceil(total / replicas - 1e-9)
        return user_load(layouts, fleet, *lengths, users)
    return rate_load(layouts, fleet, *lengths, np.asarray(total / replicas, dtype=float), demand.percentile)


def shown_amounts(candidates: Candidates, part: Running) -> tuple[float, ...]:
    """Return the load that a part is shown at: its own, or a single request of what it can serve where it stands by.

    A part stands by where it is there for a loss, and nothing is routed to it before.
    """
    if math.fsum(part.amounts) > 0:
        return part.amounts
    demand, able = candidates.demand, candidates.useful[part.row] > 0
    mix = tuple(amount if can else 0.0 for amount, can in zip(demand.amounts, able, strict=True))
    single = 1.0 if demand.unit == "users" else STANDBY_REQUESTS_PER_S
    return tuple(single * amount / math.fsum(mix) for amount in mix)


def _of_offer(candidates: Candidates, columns: Columns, fleet: Fleet, offer: int, usable: Bools) -> list[Running]:
    """Return the layouts that run on one offer's instances: the best one alone, or those of the program."""
    instances = fleet.instances[offer]
    used = [column for column in columns.problem.columns_of[offer] if column in fleet.replicas]
    amounts = {
        column: tuple(
            fleet.share.get((bucket, column), 0.0) * amount for bucket, amount in enumerate(candidates.demand.amounts)
        )
        for column in used
    }
    if not columns.problem.survives_losses and columns.problem.limits.min_replicas is None:
        if not columns.problem.limits.counts_parts:
            used = [column for column in used if sum(amounts[column]) > 0] or used
        together = tuple(map(math.fsum, zip(*amounts.values(), strict=True)))
        best = _best_alone(candidates, columns.offers[offer], instances, together, usable)
        if best is not None:
            return [best]
    return _share_out(columns, fleet, offer, used, amounts)


def _best_alone(
    candidates: Candidates, offer: Offer, instances: int, amounts: tuple[float, ...], usable: Bools
) -> Running | None:
    """Return the best single layout for all of an offer's instances, or None where no single one serves the load."""
    rows, replicas = _that_serve(candidates, Hardware.of(offer), instances, amounts, usable)
    if not rows.size or not sum(amounts):
        return None
    taste = candidates.taste[rows]
    best = taste == taste.min()
    rows, replicas = rows[best], replicas[best]
    if rows.size > 1:
        speed = load_of(candidates, rows, replicas, amounts).tok_per_s_per_user
        fastest = np.lexsort((candidates.preference[rows], -speed))[:1]
        rows, replicas = rows[fastest], replicas[fastest]
    return Running(offer, int(rows[0]), instances, int(replicas[0]), amounts)


def _that_serve(
    candidates: Candidates, machine: Hardware, instances: int, amounts: tuple[float, ...], usable: Bools
) -> tuple[Ints, Ints]:
    """Return (rows, replicas) of the acceptable layouts that serve `amounts` when they fill the instances."""
    indices = candidates.grid.rows_of(machine)
    rows = indices[usable[indices]]
    replicas = (instances * machine.gpu_count) // candidates.grid.layouts.gpus[rows]
    capacity = candidates.useful[rows]
    wanted = np.array(amounts)
    able: Bools = ((capacity > 0) | (wanted == 0)).all(axis=1) & (replicas > 0)
    needed: Floats = np.divide(wanted, capacity, out=np.zeros_like(capacity), where=capacity > 0).sum(axis=1)
    able &= needed <= replicas + 1e-9
    return rows[able], replicas[able]


def _share_out(
    columns: Columns, fleet: Fleet, offer: int, used: list[int], amounts: dict[int, tuple[float, ...]]
) -> list[Running]:
    """Return the program's own columns, each with the instances it needs beyond those of the larger ones."""
    gpus = columns.problem.offers[offer].gpus
    placed, before, taken = [], 0, 0
    for column in sorted(used, key=lambda index: -columns.problem.columns[index].gpus_per_replica):
        taken += columns.problem.columns[column].gpus_per_replica * fleet.replicas[column]
        instances = math.ceil(taken / gpus)
        placed.append(
            Running(
                columns.offers[offer], columns.rows[column], instances - before, fleet.replicas[column], amounts[column]
            )
        )
        before = instances
    return placed


def _whole_users(placed: list[Running], users: int) -> list[Running]:
    """Round each part's users to whole ones that add up, by largest remainder."""
    exact = [sum(part.amounts) for part in placed]
    counts = [math.floor(amount + 1e-9) for amount in exact]
    by_remainder = sorted(range(len(placed)), key=lambda index: (counts[index] - exact[index], index))
    for index in by_remainder[: users - sum(counts)]:
        counts[index] += 1
    return [
        Running(part.offer, part.row, part.instances, part.replicas, (float(count),))
        for part, count in zip(placed, counts, strict=True)
    ]
