"""Planning: the whole way from a BudgetRequest to a Budget."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from catalog import Catalog, InvalidInputError
from optimizer.errors import TimeLimitError
from optimizer.fleet.obstacles import obstacles, rejected_offers
from optimizer.fleet.plan import SnapshotFacts
from optimizer.forecast.bill import Tally, billed_months, billed_purchases, total_of
from optimizer.forecast.break_even import break_even, with_usd_per_million
from optimizer.forecast.budget import Budget, BudgetCertificate, BudgetMonth, Spread
from optimizer.forecast.checking import broken_budget_rules
from optimizer.forecast.covering import Covers, cheapest_covers
from optimizer.forecast.deciding import Decision, alive_instances, capacity_of, decide, held_capacity
from optimizer.forecast.limits import refuse_broken_limits, refuse_losses
from optimizer.forecast.load import month_loads
from optimizer.forecast.market import Market, find_market
from optimizer.forecast.money import Clock
from optimizer.forecast.request import FLEXIBLE_TERMS, BudgetRequest
from optimizer.forecast.scenarios import Draws, Standing, draw, month_costs, other_commitments, percentiles
from optimizer.forecast.showing import shown_covers, used_offers, used_rows
from optimizer.forecast.staircase import Futures
from optimizer.forecast.uncertainty import price_spread, spreads
from optimizer.performance.coefficients import shipped_coefficients
from optimizer.performance.tables import Floats
from pricing.offers import Snapshot

SOLVER = "HiGHS"
HEADROOM = 2.0
"""Prices are laid out for this many times the peak, for scenarios and spreadsheets that go beyond it."""
LEAST_GAP = 1e-9
FUTURES = 32
"""Scenarios over which a decision for the expected cost takes the mean."""


@dataclass(frozen=True, slots=True)
class _Decided:
    """A decision with everything it came from."""

    tally: Tally
    covers: Covers
    on_demand: Covers
    decision: Decision


def make_budget(
    asked: BudgetRequest,
    snapshot: Snapshot,
    catalog: Catalog,
    *,
    price: Spread | None = None,
    seconds: float = 60,
    progress: Callable[[int], None] | None = None,
) -> Budget:
    """Return the cheapest budget; `price` is the spread of prices, an estimate where it is not given.

    Raises InvalidInputError on names, sizes or limits that cannot be, TimeLimitError when no budget was found in time.
    """
    started = time.perf_counter()
    prices = price or price_spread(())
    decided = _decide(asked, snapshot, catalog, prices, seconds)
    if decided.decision.outcome == "time limit":
        raise TimeLimitError(f"no budget was found in {seconds:g} s", "give it more time, or fewer months")
    budget = _draft(decided)
    if decided.decision.found:
        budget = _with_chances(_billed(budget, decided), decided, prices, progress)
        verified = not broken_budget_rules(budget, snapshot, catalog)
        assert budget.certificate is not None
        budget = replace(budget, certificate=replace(budget.certificate, verified=verified))
    return replace(budget, elapsed_seconds=time.perf_counter() - started)


def _decide(asked: BudgetRequest, snapshot: Snapshot, catalog: Catalog, prices: Spread, seconds: float) -> _Decided:
    first = asked.plan_request(1.0)
    refuse_losses(first)
    loads = month_loads(asked, first.hours_per_month)
    peak = max(load.peak for load in loads)
    if peak <= 0:
        raise InvalidInputError("demand: is zero in every hour", "give a load to serve")
    market = find_market(asked, peak * HEADROOM, snapshot, catalog)
    covers = cheapest_covers(market.rentals(_by_the_hour(asked)), peak * HEADROOM)
    on_demand = cheapest_covers(market.rentals(["on_demand"]), peak * HEADROOM)
    decision = decide(asked, loads, market, covers, _futures(asked, market, covers, prices), seconds=seconds)
    tally = Tally(asked, market, loads, Clock.of(asked, first.hours_per_month))
    if decision.found:
        refuse_broken_limits(tally, decision)
    return _Decided(tally, covers, on_demand, decision)


def _futures(asked: BudgetRequest, market: Market, covers: Covers, prices: Spread) -> Futures | None:
    """Return the futures over which a decision takes the mean, None where it is for the forecast alone."""
    if asked.risk.measure == "forecast" or not covers.can_serve:
        return None
    rows = np.unique(np.array([covers.rentals[int(number)].row for number in covers.last[1:]], dtype=np.int64))
    found = spreads(asked.uncertainty, prices, market.candidates.grid.layouts.take(rows))
    draws = draw(found, FUTURES, asked.months, asked.seed)
    return Futures(draws.demand / draws.performance[:, None], draws.price)


def _by_the_hour(asked: BudgetRequest) -> list[str]:
    return [term for term in asked.allowed_terms if term in FLEXIBLE_TERMS]


def _draft(decided: _Decided) -> Budget:
    """Return a budget with everything that does not depend on whether one was found."""
    tally = decided.tally
    asked, candidates = tally.asked, tally.market.candidates
    snapshot, catalog = candidates.snapshot, candidates.catalog
    calibration = shipped_coefficients().calibration_id
    parts = (asked.model_dump_json(), snapshot.snapshot_id, catalog.catalog_id, calibration)
    return Budget(
        budget_id=hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16],
        status="infeasible",
        model=candidates.model.model_id,
        unit=asked.demand.unit,
        currency="USD",
        request=asked,
        hours_per_month=tally.clock.hours_per_month,
        assumptions=(*_assumptions(tally), *candidates.demand.assumptions),
        months=(),
        purchases=(),
        total=None,
        certificate=None,
        offers=(),
        covers=shown_covers(decided.covers),
        covers_on_demand=shown_covers(decided.on_demand),
        uncertainty=(),
        commitments=(),
        break_even=None,
        rejected=dict(rejected_offers(candidates, obstacles(candidates)).most_common()),
        snapshot=SnapshotFacts(
            id=snapshot.snapshot_id,
            oldest_observed_at=snapshot.oldest_observed_at.isoformat(),
            newest_observed_at=snapshot.newest_observed_at.isoformat(),
            offers=len(snapshot.offers),
        ),
        catalog_id=catalog.catalog_id,
        calibration_id=calibration,
        elapsed_seconds=0.0,
    )


def _assumptions(tally: Tally) -> tuple[str, ...]:
    """Return what the reader of a budget should know of how it counts."""
    asked = tally.asked
    notes = [f"every month has {tally.clock.hours_per_month:g} hours, shared out as the hours of a week are"]
    if asked.purchase_terms and asked.after_horizon == "charged":
        notes.append("a commitment is weighed with all it costs, also after the last month")
    if asked.purchase_terms and asked.after_horizon == "free":
        notes.append("what a commitment costs after the last month is left out: the need is taken to go on")
    if asked.risk.measure == "expected":
        notes.append(f"purchases minimise the mean cost of {FUTURES} scenarios, not the cost of the forecast")
    if not tally.market.one_size:
        notes.append("every replica serves the same mix of sizes; routing sizes apart (gpumix plan) may cost less")
    for existing in asked.existing:
        if capacity_of(tally.market, existing.offer, existing.count) <= 0:
            notes.append(f"the existing {existing.count} x {existing.offer} serve nothing of this load, but are paid")
    if "spot" in asked.allowed_terms:
        notes.append("spot instances are taken to be there in every hour")
    return tuple(notes)


def _billed(budget: Budget, decided: _Decided) -> Budget:
    """Return the budget with its months, purchases, totals and proof."""
    tally, decision = decided.tally, decided.decision
    months = billed_months(tally, decision, _all_on_demand(decided))
    purchases = billed_purchases(tally, decision)
    cost = decision.usd
    bound = min(decision.bound_usd, cost)
    proved = decision.outcome == "optimal"
    gap = (cost - bound) / cost if cost > 0 else 0.0
    return replace(
        budget,
        status="optimal" if proved else "feasible",
        months=with_usd_per_million(tally, months),
        purchases=purchases,
        total=total_of(months, purchases, cost),
        certificate=BudgetCertificate(
            cost_usd=cost,
            bound_usd=bound,
            gap_fraction=0.0 if proved and gap < LEAST_GAP else gap,
            proved_optimal=proved,
            verified=False,
            solver=SOLVER,
            solve_seconds=decision.seconds,
        ),
        offers=used_offers(tally, decision),
        break_even=break_even(tally, decided.covers, months),
    )


def _all_on_demand(decided: _Decided) -> list[float] | None:
    """Return what each month costs with nothing but on-demand instances beside the existing commitments."""
    tally = decided.tally
    covers = decided.on_demand
    if not covers.can_serve:
        return None
    standing = _standing(tally, Decision("optimal", 0.0, 0.0, 0.0, {}, ()), ())
    usd = month_costs(tally.loads, covers, standing, _no_draws(len(tally.loads)))
    return [float(value) for value in usd[0]]


def _no_draws(months: int) -> Draws:
    return Draws(np.ones((1, months)), np.ones((1, months)), np.ones(1))


def _standing(tally: Tally, decision: Decision, months: Sequence[BudgetMonth]) -> Standing:
    """Return what a decision fixes; `months` are its billed months, none where it buys nothing."""
    asked, numbers = tally.asked, range(len(tally.loads))
    held = billed_months(tally, replace(decision, purchases={}, rented=_nothing(tally)), None)
    held_usd = np.array([month.usd_committed for month in held])
    committed = np.array([month.usd_committed for month in months]) if months else held_usd
    bought: Floats = np.array(
        [
            sum(
                capacity_of(tally.market, name, count)
                for name, count in alive_instances(decision.purchases, month).items()
            )
            for month in numbers
        ],
        dtype=float,
    )
    return Standing(
        held_capacity=np.array(held_capacity(asked, tally.market)),
        held_usd=held_usd,
        bought_capacity=bought,
        bought_usd=committed - held_usd,
        drift=np.array(tally.clock.drift[: len(tally.loads)]),
    )


def _nothing(tally: Tally) -> tuple[tuple[dict[str, int], ...], ...]:
    return tuple(tuple({} for _ in load.classes) for load in tally.loads)


def _with_chances(budget: Budget, decided: _Decided, price: Spread, progress: Callable[[int], None] | None) -> Budget:
    """Return the budget with its percentiles and the cost of other commitments, where scenarios are asked for."""
    tally, asked = decided.tally, decided.tally.asked
    layouts = tally.market.candidates.grid.layouts.take(used_rows(tally, decided.decision))
    found = spreads(asked.uncertainty, price, layouts)
    if not asked.scenarios or not (decided.covers.can_serve and budget.total):
        return replace(budget, uncertainty=found)
    standing = _standing(tally, decided.decision, budget.months)
    draws = draw(found, asked.scenarios, asked.months, asked.seed)
    usd = month_costs(tally.loads, decided.covers, standing, draws, progress=progress)
    shares = [percentiles(usd[:, month]) for month in range(asked.months)]
    months = tuple(
        replace(month, p10=low, p50=middle, p90=high)
        for month, (low, middle, high) in zip(budget.months, shares, strict=True)
    )
    low, middle, high = percentiles(usd.sum(axis=1))
    return replace(
        budget,
        months=months,
        total=replace(budget.total, p10=low, p50=middle, p90=high),
        uncertainty=found,
        commitments=other_commitments(tally.loads, decided.covers, standing, draws),
    )
