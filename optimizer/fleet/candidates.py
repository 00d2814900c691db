"""Candidates: what one replica of every layout serves, on every machine of the snapshot.

The physics does not depend on price or place, so it is evaluated once for all machines; a request's filters, and
every what-if about them, then only pick offers and rows.
"""

from dataclasses import dataclass, replace

import numpy as np

from catalog import Catalog, Model
from optimizer.demand import Demand, demand_of
from optimizer.fleet.capacities import Capacities, replica_capacity
from optimizer.fleet.choices import Choices
from optimizer.fleet.eligible import Eligible, eligible_offers
from optimizer.fleet.ground import Ground, ground_of
from optimizer.fleet.hardware import Grid
from optimizer.fleet.preemption import useful_times
from optimizer.fleet.quality import meets_quality
from optimizer.performance.memory import sequences_that_fit
from optimizer.performance.tables import Bools, Floats, Ints
from optimizer.request import PlanRequest
from pricing.offers import Snapshot


@dataclass(frozen=True, slots=True)
class Candidates:
    """Every layout that fits, on all machines of the snapshot, and what a request may use of them.

    `ground` has all layouts, laid out and possible; `grid` holds those of the possible ones that fit in memory.
    `useful[i, b]` is what one replica of grid row i serves of size b alone (users, or requests per second), 0 where it
    cannot within the targets; it is cut off where more changes no fleet (see `Capacities`), and 0 outside `asked`, the
    rows whose capacity was asked for. `good_enough[i]` says whether row i meets the quality asked for.
    `preference[i]` ranks rows among equals, `taste[i]` by quality, KV cache and engine alone.
    """

    request: PlanRequest
    demand: Demand
    model: Model
    catalog: Catalog
    snapshot: Snapshot
    eligible: Eligible
    ground: Ground
    grid: Grid
    capacities: Capacities
    useful: Floats
    asked: Bools
    good_enough: Bools
    preference: Ints
    taste: Ints
    choices: Choices

    @property
    def usable(self) -> Bools:
        """Return the rows that are good enough and stand on the machine of an eligible offer."""
        return usable_rows(self, self.grid)

    def choices_of(self, rows: Bools) -> Choices:
        """Return the choices among some rows."""
        return Choices(self.ground, self.grid, self.useful, self.preference, rows)

    def capacity_of(self, rows: Ints) -> Floats:
        """Return [row, size]: all that one replica of some rows serves, however much more than is useful."""
        return replica_capacity(self.grid.layouts.take(rows), self.demand)


def find_candidates(request: PlanRequest, snapshot: Snapshot, catalog: Catalog) -> Candidates:
    """Return every layout that fits, with what it serves. Raises InvalidInputError on names or sizes that cannot be."""
    model = catalog.model(request.model)
    demand = demand_of(request, model)
    ground = ground_of(request, model, snapshot, catalog)
    rows = np.flatnonzero(sequences_that_fit(ground.memory, demand.shortest_tokens) > 0)
    grid = ground.possible.take(rows)
    times = useful_times(request, catalog, int(grid.layouts.nodes.max(initial=1)))
    capacities = Capacities(grid.layouts, ground.fleet.take(rows), demand, times)
    useful, good_enough = capacities.within(demand), meets_quality(grid.layouts, request, catalog)
    return Candidates(
        request=request,
        demand=demand,
        model=model,
        catalog=catalog,
        snapshot=snapshot,
        eligible=eligible_offers(request, snapshot, catalog),
        ground=ground,
        grid=grid,
        capacities=capacities,
        useful=useful,
        asked=np.ones(len(rows), dtype=bool),
        good_enough=good_enough,
        preference=ground.preference[rows],
        taste=ground.taste[rows],
        choices=Choices(ground, grid, useful, ground.preference[rows], good_enough),
    )


def refit(candidates: Candidates, request: PlanRequest) -> Candidates:
    """Return the candidates of a changed request, evaluating again only what the change touches.

    Where the physics is asked again, it is asked for what the request may use and nothing else.
    """
    before = candidates.request
    demand = demand_of(request, candidates.model)
    same_grid = (
        request.model == before.model
        and (request.allow.engines, request.deny.engines) == (before.allow.engines, before.deny.engines)
        and demand.shortest_tokens >= candidates.demand.shortest_tokens  # where it does not fit it serves nothing
    )
    if not same_grid:
        return find_candidates(request, candidates.snapshot, candidates.catalog)
    good_enough = candidates.good_enough
    if request.quality != before.quality:
        good_enough = meets_quality(candidates.grid.layouts, request, candidates.catalog)
    eligible = eligible_offers(request, candidates.snapshot, candidates.catalog)
    other = replace(candidates, request=request, demand=demand, eligible=eligible, good_enough=good_enough)
    usable = other.usable
    same_load = replace(demand, assumptions=()) == replace(candidates.demand, assumptions=())
    times = useful_times(request, candidates.catalog, int(candidates.grid.layouts.nodes.max(initial=1)))
    same_load = same_load and times == candidates.capacities.useful_times
    if not same_load or (usable & ~candidates.asked).any():
        capacities = candidates.capacities
        if not capacities.answers(demand) or capacities.useful_times != times:
            capacities = replace(capacities, load=demand, useful_times=times)
        other = replace(other, capacities=capacities, useful=capacities.within(demand, usable), asked=usable)
    same_choices = other.useful is candidates.useful and good_enough is candidates.good_enough
    return other if same_choices else replace(other, choices=other.choices_of(good_enough))


def usable_rows(candidates: Candidates, grid: Grid) -> Bools:
    """Return which rows of a grid are good enough and stand on the machine of an eligible offer."""
    machines = candidates.ground.stock.machine[candidates.eligible.positions]
    there = candidates.ground.ways.reached(machines)[grid.placement]
    good = candidates.good_enough if grid is candidates.grid else _good(candidates, grid)
    return np.asarray(there & good)


def _good(candidates: Candidates, grid: Grid) -> Bools:
    return meets_quality(grid.layouts, candidates.request, candidates.catalog)
