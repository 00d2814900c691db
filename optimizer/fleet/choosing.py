"""Choosing: from candidates to the cheapest fleet, for the request or for any choice among its offers and rows."""

import math
import time
from dataclasses import dataclass, field, replace
from decimal import Decimal

from optimizer.fleet.candidates import Candidates
from optimizer.fleet.cheapest import Fleet, cheapest_fleet
from optimizer.fleet.columns import Columns, columns_of
from optimizer.fleet.problem import FleetProblem
from optimizer.fleet.relaxing import relaxed_fleet
from optimizer.fleet.running import Running, running
from optimizer.fleet.solver import SolverName
from optimizer.performance.tables import Bools, Ints

SECONDS = 60.0
WHAT_IF_GAP_FRACTION = 1e-5
WORK_OF_ALL_WHAT_IFS = 60_000
ANY_WORK = 10**12
CLOSE_FRACTION = 0.01


@dataclass(slots=True)
class Patience:
    """The solver's work that is left for the what-ifs of one plan, and how many were given up for want of it.

    An easy request never comes near it; in a hard one, the plan matters more than its twentieth alternative. Work is
    counted in simplex iterations, so that a busy machine gives up no more than an idle one. Of the clock is only the
    end of the time that the whole request was given, `until` on the performance counter. Two questions that come to the
    same program are solved once: `solved` has its fleet.
    """

    left: int = WORK_OF_ALL_WHAT_IFS
    until: float = math.inf
    given_up: int = 0
    solved: list[tuple[FleetProblem, Fleet]] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Return how long a solve may take, none where nothing is left."""
        return min(SECONDS, self.until - time.perf_counter()) if self.left > 0 else 0.0

    def choose(
        self,
        candidates: Candidates,
        *,
        offers: Ints | None = None,
        rows: Bools | None = None,
        any_cost: bool = False,
        gap_fraction: float = WHAT_IF_GAP_FRACTION,
    ) -> "Chosen | None":
        """Return the cheapest fleet, to within a gap; None where it takes too long to know.

        What the time did not allow to prove counts where it is within CLOSE_FRACTION of the bound, or at `any_cost`.
        """
        seconds = self.seconds
        if seconds <= 0:
            self.given_up += 1
            return None
        chosen = choose(
            candidates, offers=offers, rows=rows, seconds=seconds, gap_fraction=gap_fraction, solved=self.solved
        )
        self.left -= chosen.fleet.work
        if chosen.fleet.outcome == "time limit" or not (any_cost or chosen.is_close):
            self.given_up += 1
            return None
        return chosen


@dataclass(frozen=True, slots=True)
class Chosen:
    """A solved choice: what was to choose from, the fleet, and what runs on it (nothing where none was found)."""

    columns: Columns
    fleet: Fleet
    parts: tuple[Running, ...]

    @property
    def cost_usd_per_hour(self) -> float:
        """Return the price of the fleet, infinite where there is none."""
        return self.fleet.cost_usd_per_hour

    @property
    def is_close(self) -> bool:
        """Return whether the cost is the least there can be, or all but; so is that of no fleet at all."""
        fleet = self.fleet
        return fleet.outcome != "feasible" or fleet.cost_usd_per_hour <= fleet.bound_usd_per_hour * (1 + CLOSE_FRACTION)

    @property
    def exact_usd_per_hour(self) -> float:
        """Return the price of what runs, added up in decimals."""
        return float(sum((part.offer.usd_per_hour * part.instances for part in self.parts), Decimal(0)))


def choose(
    candidates: Candidates,
    *,
    offers: Ints | None = None,
    rows: Bools | None = None,
    seconds: float = SECONDS,
    gap_fraction: float = 0.0,
    break_ties: bool = False,
    solver: SolverName = "highs",
    solved: list[tuple[FleetProblem, Fleet]] | None = None,
) -> Chosen:
    """Return the cheapest fleet of the request's candidates, or of those in `offers` and `rows`.

    The plan itself breaks ties, so that every solver gives the same one, and has the solver's own proof. A what-if
    needs only its cost, for which the relaxation is often enough.
    """
    if not break_ties:
        where = candidates.eligible.positions if offers is None else offers
        choices = candidates.choices if rows is None else candidates.choices_of(rows)
        relaxed = relaxed_fleet(candidates, where, choices)
        if relaxed is not None:
            columns, fleet = relaxed
            return Chosen(columns, fleet, running(candidates, columns, fleet, rows=rows) if fleet.found else ())
    columns = columns_of(candidates, candidates.request, offers=offers, rows=rows)
    problem = _nameless(columns.problem)
    known = [fleet for other, fleet in solved or () if other == problem]
    fleet = (
        known[0]
        if known
        else cheapest_fleet(problem, solver=solver, seconds=seconds, gap_fraction=gap_fraction, break_ties=break_ties)
    )
    if solved is not None and not known and fleet.outcome in ("optimal", "infeasible"):
        solved.append((problem, replace(fleet, work=0)))
    parts = running(candidates, columns, fleet, rows=rows) if fleet.found else ()
    return Chosen(columns, fleet, parts)


def _nameless(problem: FleetProblem) -> FleetProblem:
    """Return a problem in which columns have no names: what runs in them is the same to the program."""
    return replace(problem, columns=tuple(replace(column, column_id="") for column in problem.columns))
