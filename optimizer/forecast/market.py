"""Market: what may be rented, pruned term by term, as units that add capacity."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from catalog import Catalog
from optimizer.fleet.candidates import Candidates, find_candidates
from optimizer.fleet.columns import Columns, columns_of
from optimizer.fleet.names import check_names
from optimizer.forecast.request import FLEXIBLE_TERMS, TERM_MONTHS, BudgetRequest
from pricing.offers import Offer, Snapshot


@dataclass(frozen=True, slots=True)
class Rental:
    """The least of an offer that adds capacity: one instance, or the instances that one replica spans.

    `capacity` is in the unit of the budget's demand; `row` is the layout in the candidates.
    """

    offer: Offer
    instances: int
    replicas: int
    capacity: float
    row: int

    @property
    def usd_per_hour(self) -> float:
        """Return the price of the whole rental."""
        return float(self.offer.usd_per_hour) * self.instances


@dataclass(frozen=True, slots=True)
class Market:
    """The pruned offers of a budget and the columns on them; `scale` turns the candidates' unit into the demand's.

    `capacity[row]` is what one replica of a column's row serves of each size alone, in the candidates' unit.
    """

    candidates: Candidates
    columns: Columns
    capacity: Mapping[int, tuple[float, ...]]
    scale: float

    @property
    def one_size(self) -> bool:
        """Return whether capacity is one number: a single size of request."""
        return len(self.candidates.demand.sizes) == 1

    def rentals(self, terms: Iterable[str]) -> tuple[Rental, ...]:
        """Return the rentals of the offers that the request allows on these terms, the cheapest first."""
        wanted, allowed = set(terms), {offer.offer_id for offer in self.candidates.eligible.offers}
        found = [
            rental
            for number, offer in enumerate(self.columns.offers)
            if offer.term in wanted and offer.offer_id in allowed
            for rental in rentals_of(self, number)
        ]
        return tuple(sorted(found, key=lambda rental: (rental.usd_per_hour, rental.offer.offer_id, rental.instances)))


def find_market(asked: BudgetRequest, peak: float, snapshot: Snapshot, catalog: Catalog) -> Market:
    """Return what a budget may choose from. Raises InvalidInputError on names or sizes that cannot be."""
    request = asked.plan_request(peak)
    check_names(request, snapshot, catalog)
    candidates = find_candidates(request, snapshot, catalog)
    groups = (FLEXIBLE_TERMS[:1], FLEXIBLE_TERMS[1:], *((term,) for term in TERM_MONTHS))
    positions, offers = candidates.eligible.positions, snapshot.offers
    kept: list[int] = []
    for terms in groups:  # a commitment never replaces an hour's rent, nor the other way round, so terms are apart
        on_terms = positions[[offers[position].term in terms for position in positions]]
        kept += columns_of(candidates, request, offers=on_terms).positions
    held = {existing.offer for existing in asked.existing}
    kept += [place for place, offer in enumerate(offers) if offer.offer_id in held and place not in kept]
    columns = columns_of(candidates, request, offers=np.array(kept, dtype=np.int64), prune=False)
    rows = np.unique(np.array(columns.rows, dtype=np.int64))
    served = {int(row): tuple(map(float, most)) for row, most in zip(rows, candidates.capacity_of(rows), strict=True)}
    load = float(getattr(request.workload, asked.demand.unit))
    return Market(candidates, columns, served, load / sum(candidates.demand.amounts))


def layout_id(offer: Offer, gpus_per_replica: int) -> str:
    """Return the id of what runs on an offer: replicas of one size."""
    return f"{offer.offer_id}#{gpus_per_replica}"


def rentals_of(market: Market, offer: int) -> list[Rental]:
    """Return the rentals of one offer: its best layout within an instance, and each that spans several.

    Replica sizes divide the instance, so filling it with the layout of most capacity per GPU is the most it serves.
    """
    problem = market.columns.problem
    whole: list[Rental] = []
    spanning: list[Rental] = []
    for index in problem.columns_of[offer]:
        column, row = problem.columns[index], market.columns.rows[index]
        served = mix_capacity(market, row)
        if served <= 0:
            continue
        if column.instances_per_replica > 1:
            spanning.append(Rental(market.columns.offers[offer], column.instances_per_replica, 1, served, row))
        else:
            replicas = problem.offers[offer].gpus // column.gpus_per_replica
            whole.append(Rental(market.columns.offers[offer], 1, replicas, served * replicas, row))
    best = max(whole, key=lambda rental: rental.capacity, default=None)
    return [*([best] if best else []), *spanning]


def mix_capacity(market: Market, row: int) -> float:
    """Return what one replica serves of the request's mix of sizes, in the demand's unit; 0 where it lacks a size."""
    served, amounts = market.capacity[row], market.candidates.demand.amounts
    total = sum(amounts)
    if any(capacity <= 0 for capacity in served):
        return 0.0
    alone = 1 / sum(amount / total / float(capacity) for amount, capacity in zip(amounts, served, strict=True))
    return alone * market.scale
