"""Risk: what a decision costs over a sample of futures, and the decisions that other measures would take.

The sample average stands for the mean and the CVaR of the cost (Rockafellar and Uryasev, 2000); its futures come from a
seed of their own, so that the percentiles of a budget are of futures that its decision has not seen.
"""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from optimizer.forecast.bill import Tally, billed_purchases
from optimizer.forecast.budget import RiskDecision, RiskReport, Spread
from optimizer.forecast.covering import Covers
from optimizer.forecast.deciding import Decision, alive_instances, capacity_of, decide, existing_usd, held_capacity
from optimizer.forecast.request import TERM_MONTHS, RiskMeasure
from optimizer.forecast.scenarios import demand_spread, draws_of
from optimizer.forecast.staircase import Futures
from optimizer.forecast.tail import Tail, cvar
from optimizer.forecast.uncertainty import spreads
from optimizer.performance.tables import Floats

OTHERS: Mapping[RiskMeasure, tuple[RiskMeasure, ...]] = {
    "forecast": (),
    "expected": ("cvar", "forecast"),
    "cvar": ("expected", "forecast"),
}
LEAST_SECONDS = 0.5
MOST_SECONDS = 5.0
"""A decision of another measure is there to compare with: it need not be proved."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """What a decision is made from, with the futures that it is held against."""

    tally: Tally
    covers: Covers
    futures: Futures

    def decide(self, measure: RiskMeasure, seconds: float) -> Decision:
        """Return the cheapest decision in the sense of a measure."""
        asked, tail = self.tally.asked, Tail(self.tally.asked.risk.alpha, self.tally.asked.risk.weight)
        futures = {
            "forecast": None,
            "expected": self.futures,
            "cvar": replace(self.futures, tail=tail if tail.weight > 0 else None),
        }[measure]
        return decide(asked, self.tally.loads, self.tally.market, self.covers, futures, seconds=seconds)


def sampling(tally: Tally, covers: Covers, prices: Spread) -> Sampling:
    """Return the sample of futures of a request; performance errs as the layouts do that rents by the hour run."""
    rows = np.unique(np.array([covers.rentals[int(number)].row for number in covers.last[1:]], dtype=np.int64))
    asked = tally.asked
    layouts = tally.market.candidates.grid.layouts.take(rows)
    found = spreads(asked.uncertainty, prices, layouts, demand_spread(tally))
    draws = draws_of(tally, found, asked.risk.samples, (asked.seed, 1))
    return Sampling(tally, covers, Futures(draws.demand / draws.performance[:, None], draws.price))


def risk_report(sample: Sampling, chosen: Decision, seconds: float) -> RiskReport:
    """Return the mean and CVaR of the chosen decision and, while there is time, of those of other measures."""
    started = time.perf_counter()
    asked = sample.tally.asked
    decisions = [_shown(sample, asked.risk.measure, chosen, is_chosen=True)]
    for measure in OTHERS[asked.risk.measure]:
        left = seconds - (time.perf_counter() - started)
        if left < LEAST_SECONDS:
            break
        other = sample.decide(measure, min(left, MOST_SECONDS))
        if other.found:
            decisions.append(_shown(sample, measure, other, is_chosen=False))
    return RiskReport(
        asked.risk.measure, asked.risk.alpha, asked.risk.weight, asked.risk.samples, asked.seed, tuple(decisions)
    )


def costs_over(sample: Sampling, decision: Decision) -> Floats:
    """Return the discounted cost of a decision in each future, with every payment that its commitments owe."""
    tally, futures = sample.tally, sample.futures
    held = held_capacity(tally.asked, tally.market)
    usd = np.full(len(futures.demand), _fixed_usd(tally, decision))
    for month, load in enumerate(tally.loads):
        alive = alive_instances(decision.purchases, month)
        capacity = held[month] + math.fsum(capacity_of(tally.market, name, count) for name, count in alive.items())
        amounts = np.array([hours.amount for hours in load.classes])
        hours = np.array([hours.hours for hours in load.classes])
        left = np.maximum(amounts[None, :] * futures.demand[:, month, None] - capacity, 0.0)
        rent = (sample.covers.cost(left) * hours).sum(axis=1)
        usd += rent * float(tally.clock.flexible_factor[month]) * futures.price[:, month]
    return usd


def _fixed_usd(tally: Tally, decision: Decision) -> float:
    """Return what commitments cost whatever comes: those held, and those bought."""
    asked, clock = tally.asked, tally.clock
    bought = []
    for (name, month), count in decision.purchases.items():
        term = name.rsplit("/", 1)[1]
        months = clock.paid_months(month, TERM_MONTHS[term], asked.after_horizon)
        rate = float(tally.price(name, 0)) / clock.drift[0]
        bought.append(count * clock.commitment_usd(rate, month, months, asked.upfront(term)))
    return existing_usd(asked, tally.market, clock) + math.fsum(bought)


def _shown(sample: Sampling, measure: RiskMeasure, decision: Decision, *, is_chosen: bool) -> RiskDecision:
    usd = costs_over(sample, decision)
    return RiskDecision(
        measure=measure,
        chosen=is_chosen,
        expected_usd=float(usd.mean()),
        cvar_usd=cvar(usd, sample.tally.asked.risk.alpha),
        proved_optimal=decision.outcome == "optimal",
        purchases=billed_purchases(sample.tally, decision),
    )
