"""Planning: the whole way from a BudgetRequest to a Budget."""

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from catalog import Catalog
from optimizer.errors import TimeLimitError
from optimizer.fleet.obstacles import obstacles, rejected_offers
from optimizer.fleet.plan import SnapshotFacts
from optimizer.forecast.bill import Tally, billed_months, billed_purchases, total_of
from optimizer.forecast.break_even import break_even, with_usd_per_million
from optimizer.forecast.budget import Budget, BudgetCertificate, Spread
from optimizer.forecast.chances import Decided, all_on_demand, conflicts, running_in, with_chances
from optimizer.forecast.checking import broken_budget_rules
from optimizer.forecast.choosing import decide_budget
from optimizer.forecast.deciding import Decision, capacity_of
from optimizer.forecast.request import BudgetRequest, Risk
from optimizer.forecast.risk import risk_report
from optimizer.forecast.showing import history_report, shown_covers, used_offers
from optimizer.forecast.uncertainty import price_spread
from optimizer.performance.coefficients import calibration_id
from pricing.offers import Snapshot

SOLVER = "HiGHS"
LEAST_GAP = 1e-9


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
    decided = decide_budget(asked, snapshot, catalog, prices, seconds)
    if decided.decision.outcome == "time limit":
        raise TimeLimitError(f"no budget was found in {seconds:g} s", "give it more time, or fewer months")
    budget = _draft(decided)
    if decided.decision.found:
        budget = with_chances(_billed(budget, decided), decided, prices, progress)
        if decided.covers.can_serve and decided.limited is None:
            left = seconds - (time.perf_counter() - started)
            budget = replace(budget, risk=risk_report(decided.sample, decided.decision, left))
        verified = not broken_budget_rules(budget, snapshot, catalog)
        assert budget.certificate is not None
        budget = replace(budget, certificate=replace(budget.certificate, verified=verified))
    return replace(budget, elapsed_seconds=time.perf_counter() - started)


def _draft(decided: Decided) -> Budget:
    """Return a budget with everything that does not depend on whether one was found."""
    tally = decided.tally
    asked, candidates = tally.asked, tally.market.candidates
    snapshot, catalog = candidates.snapshot, candidates.catalog
    calibration = calibration_id(catalog)
    parts = (asked.model_dump_json(), snapshot.snapshot_id, catalog.catalog_id, calibration)
    return Budget(
        budget_id=hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16],
        status="infeasible",
        model=candidates.model.model_id,
        unit=asked.demand.unit,
        currency="USD",
        request=asked,
        hours_per_month=tally.clock.hours_per_month,
        assumptions=(*_assumptions(decided), *candidates.demand.assumptions),
        months=(),
        purchases=(),
        total=None,
        certificate=None,
        offers=(),
        form="staircase" if decided.limited is None else "fleets",
        conflicts=conflicts(decided),
        covers=shown_covers(decided.covers),
        covers_on_demand=shown_covers(decided.on_demand),
        uncertainty=(),
        commitments=(),
        risk=None,
        history=None if tally.outlook is None else history_report(tally.outlook),
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


def _assumptions(decided: Decided) -> tuple[str, ...]:
    """Return what the reader of a budget should know of how it counts."""
    tally, limited = decided.tally, decided.limited is not None
    asked = tally.asked
    notes = [f"every month has {tally.clock.hours_per_month:g} hours, shared out as the hours of a week are"]
    if asked.demand.origin is not None:
        notes.append(asked.demand.origin)
    if asked.purchase_terms and asked.after_horizon == "charged":
        notes.append("a commitment is weighed with all it costs, also after the last month")
    if asked.purchase_terms and asked.after_horizon == "free":
        notes.append("what a commitment costs after the last month is left out: the need is taken to go on")
    if asked.risk.measure != "forecast":
        notes.append(f"{_minimised(asked.risk)} over {asked.risk.samples} futures, not the cost of the forecast")
    if limited:
        notes.append("every hour is a fleet within the limits; the price of other amounts of commitment is left out")
    if not tally.market.one_size:
        notes.append("every replica serves the same mix of sizes; routing sizes apart (gpumix plan) may cost less")
    for existing in asked.existing:
        if capacity_of(tally.market, existing.offer, existing.count) <= 0:
            notes.append(f"the existing {existing.count} x {existing.offer} serve nothing of this load, but are paid")
    if "spot" in asked.allowed_terms:
        notes.append("spot instances are taken to be there in every hour")
    return (*notes, *_rounding(decided.decision), *_ending_rates(tally))


def _rounding(decision: Decision) -> Iterator[str]:
    """Yield what counting commitments on a grid may cost, where they are."""
    if decision.rounded is not None:
        yield (
            "commitments have too many sums to hold each against every future: what is committed counts as the next "
            f"below of {decision.rounded.levels:,} levels, which overstates the minimised cost by at most "
            f"${decision.rounded.usd:,.0f}; the bound allows for it"
        )


def _ending_rates(tally: Tally) -> Iterator[str]:
    """Yield the contract rates that end before the last month: what comes after them, nobody has said."""
    last = tally.loads[-1].month
    for offer in tally.market.columns.offers:
        if offer.valid_until is not None and f"{offer.valid_until:%Y-%m}" < last:
            yield f"the contract rate of {offer.offer_id} is taken to go on after {offer.valid_until}"


def _minimised(risk: Risk) -> str:
    """Return in words what the purchases minimise."""
    if risk.measure == "expected" or risk.weight == 0:
        return "purchases minimise the mean cost"
    tail = f"the mean of the dearest {1 - risk.alpha:.0%} (CVaR)"
    mixed = "" if risk.weight == 1 else f"{1 - risk.weight:.0%} mean cost and {risk.weight:.0%} "
    return f"purchases minimise {mixed}{tail}"


def _billed(budget: Budget, decided: Decided) -> Budget:
    """Return the budget with its months, purchases, totals and proof."""
    tally, decision = decided.tally, decided.decision
    months = billed_months(tally, decision, all_on_demand(decided), running_in(decided))
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
        offers=used_offers(tally, decision, decided.limited),
        break_even=break_even(tally, decided.covers, months),
    )
