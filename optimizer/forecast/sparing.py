"""A bound for budgets that survive the loss of a replica or an instance, where capacity is one number again.

A fleet survives if what it serves is the amount and its largest loss. So beside commitments that serve C, renting costs
at least what the cheapest cover of `amount + l - C` does, of rentals none of which loses more than l, for the best l:
a staircase; where anything is committed to, l is no less than the least that a commitment loses. A commitment may lose
more than l, so this bounds the budget from below; where none does, it is the budget.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from optimizer.forecast.covering import SLACK, Covers, cheapest_covers
from optimizer.forecast.hours import Ground
from optimizer.forecast.market import Rental
from optimizer.performance.tables import Floats


@dataclass(frozen=True)
class Sparing(Covers):
    """The cheapest rent for an amount and its spare: `by_loss` has the covers that lose no more than `loss` each.

    Where anything is committed to, no less than `least_committed` is lost.
    """

    by_loss: tuple[tuple[float, Covers], ...] = ()
    least_committed: float = 0.0

    def cost_beside(self, wanted: Floats, relied: Floats) -> Floats:
        """Return $/h of what is left of the amounts and their spare, the best over the largest loss."""
        bare = [covers.cost(wanted + loss) for loss, covers in self.by_loss]
        beside = [
            covers.cost(np.maximum(wanted + max(loss, self.least_committed) - relied, 0.0))
            for loss, covers in self.by_loss
        ]
        usd = np.where(relied > SLACK, np.min(beside, axis=0), np.min(bare, axis=0))
        return np.asarray(np.where(wanted > SLACK, usd, 0.0))

    @property
    def spare(self) -> float:
        """Return the least spare beside commitments."""
        return self.least_committed


def sparing(ground: Ground, scope: str, committed: Collection[str], most: float) -> Sparing | None:
    """Return the covers with a spare replica or instance; None where nothing is rented by the hour.

    `committed` are the offers that may be committed to, or are.
    """
    layouts = [ground.rental(column) for column in range(len(ground.problem.columns))]
    hourly = {ground.market_offers[offer].offer_id for offer in ground.by_the_hour}
    rentals = sorted(
        (rental for rental in layouts if rental.offer.offer_id in hourly),
        key=lambda rental: (rental.usd_per_hour, rental.offer.offer_id, rental.replicas),
    )
    if not rentals:
        return None
    found = []
    for loss in sorted({_loss(rental, scope) for rental in rentals}):
        able = [rental for rental in rentals if _loss(rental, scope) <= loss * (1 + SLACK)]
        found.append((loss, cheapest_covers(able, most + loss)))
    last = found[-1][1]
    parts = (last.rentals, last.capacity, last.usd_per_hour, last.spot_usd_per_hour, last.before, last.last)
    own = [_loss(rental, scope) for rental in layouts if rental.offer.offer_id in committed]
    return Sparing(*parts, by_loss=tuple(found), least_committed=min(own, default=0.0))


def _loss(rental: Rental, scope: str) -> float:
    return rental.capacity if scope == "instance" else rental.capacity / rental.replicas
