"""Choosing: from candidates to the cheapest fleet, for the request or for any choice among its offers and rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from optimizer.fleet.candidates import Candidates
from optimizer.fleet.cheapest import Fleet, cheapest_fleet
from optimizer.fleet.columns import Columns, columns_of
from optimizer.fleet.running import Running, running
from optimizer.performance.tables import Bools
from pricing.offers import Offer

SECONDS = 60.0


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


def choose(
    candidates: Candidates,
    *,
    offers: Sequence[Offer] | None = None,
    rows: Bools | None = None,
    seconds: float = SECONDS,
    break_ties: bool = False,
) -> Chosen:
    """Return the cheapest fleet of the request's candidates, or of those in `offers` and `rows`.

    The plan itself breaks ties, so that every solver gives the same one; a what-if needs only its cost.
    """
    columns = columns_of(candidates, candidates.request, offers=offers, rows=rows)
    fleet = cheapest_fleet(columns.problem, seconds=seconds, break_ties=break_ties)
    parts = running(candidates, columns, fleet, rows=rows) if fleet.found else ()
    return Chosen(columns, fleet, parts)
