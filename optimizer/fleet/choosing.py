"""Choosing: from candidates to the cheapest fleet, for the request or for any choice among its offers and rows."""

import time
from dataclasses import dataclass
from decimal import Decimal

from optimizer.fleet.candidates import Candidates
from optimizer.fleet.cheapest import Fleet, cheapest_fleet
from optimizer.fleet.columns import Columns, columns_of
from optimizer.fleet.running import Running, running
from optimizer.performance.tables import Bools, Ints

SECONDS = 60.0
WHAT_IF_SECONDS = 2.0
WHAT_IF_GAP_FRACTION = 1e-5
ALL_WHAT_IFS_SECONDS = 4.0
CLOSE_FRACTION = 0.01


@dataclass(slots=True)
class Patience:
    """The seconds that are left for the what-ifs of one plan, and how many were given up for want of them.

    An easy request never comes near them; in a hard one, the plan matters more than its twentieth alternative.
    """

    left: float = ALL_WHAT_IFS_SECONDS
    given_up: int = 0

    def choose(
        self, candidates: Candidates, *, offers: Ints | None = None, rows: Bools | None = None, any_cost: bool = False
    ) -> "Chosen | None":
        """Return the cheapest fleet, to within WHAT_IF_GAP_FRACTION; None where the time does not allow to know.

        What the time did not allow to prove counts where it is within CLOSE_FRACTION of the bound, or at `any_cost`.
        """
        if self.left <= 0:
            self.given_up += 1
            return None
        seconds = min(WHAT_IF_SECONDS, self.left)
        started = time.perf_counter()
        chosen = choose(candidates, offers=offers, rows=rows, seconds=seconds, gap_fraction=WHAT_IF_GAP_FRACTION)
        self.left -= time.perf_counter() - started
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
) -> Chosen:
    """Return the cheapest fleet of the request's candidates, or of those in `offers` and `rows`.

    The plan itself breaks ties, so that every solver gives the same one; a what-if needs only its cost.
    """
    columns = columns_of(candidates, candidates.request, offers=offers, rows=rows)
    fleet = cheapest_fleet(columns.problem, seconds=seconds, gap_fraction=gap_fraction, break_ties=break_ties)
    parts = running(candidates, columns, fleet, rows=rows) if fleet.found else ()
    return Chosen(columns, fleet, parts)
