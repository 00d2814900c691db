"""Choosing: from a BudgetRequest to a decision, in the form that its rules need.

Without rules on fleets capacity is one number and hours are a staircase (`staircase`). With limits that bind, or a loss
to survive, every hour is a fleet program (`limited`); the staircase then bounds it.
"""

import math
import time
from dataclasses import replace

from catalog import Catalog, InvalidInputError
from optimizer.forecast.bill import Tally
from optimizer.forecast.budget import Spread
from optimizer.forecast.chances import Decided
from optimizer.forecast.covering import cheapest_covers
from optimizer.forecast.deciding import Decision, decide
from optimizer.forecast.history import Outlook, outlook_of, read_history
from optimizer.forecast.hours import Ground, Machine, machine_of
from optimizer.forecast.limited import Limited, decide_limited
from optimizer.forecast.limits import breaks_limits, refuse_changes, refuse_spot_losses, shapes_fleets
from optimizer.forecast.load import month_loads
from optimizer.forecast.losing import losing_usd
from optimizer.forecast.market import find_market
from optimizer.forecast.money import Clock
from optimizer.forecast.request import FLEXIBLE_TERMS, BudgetRequest
from optimizer.forecast.risk import sampling
from optimizer.forecast.sparing import sparing
from pricing.offers import Snapshot

PLACES = 5
"""The cheapest zones, or providers, of each machine and term, among which fleets that survive their loss are sought."""
SHARE_OF_BOUND = 0.3
"""The part of the time that bounds of a loss may take."""
HEADROOM = 2.0
"""Prices are laid out for this many times the peak, for scenarios and spreadsheets that go beyond it."""


def decide_budget(
    asked: BudgetRequest, snapshot: Snapshot, catalog: Catalog, prices: Spread, seconds: float
) -> Decided:
    """Return the decision of a budget. Raises InvalidInputError on names, sizes or rules that cannot be."""
    started = time.perf_counter()
    request = asked.plan_request(1.0)
    refuse_changes(request)
    refuse_spot_losses(request)
    outlook = _outlook(asked)
    loads = month_loads(asked, request.hours_per_month, outlook)
    peak = max(load.peak for load in loads)
    if peak <= 0:
        raise InvalidInputError("demand: is zero in every hour", "give a load to serve")
    market = find_market(asked, peak * HEADROOM, snapshot, catalog)
    covers = cheapest_covers(market.rentals(_by_the_hour(asked)), peak * HEADROOM)
    on_demand = cheapest_covers(market.rentals(["on_demand"]), peak * HEADROOM)
    tally = Tally(asked, market, loads, Clock.of(asked, request.hours_per_month), outlook)
    sample = sampling(tally, covers, prices)
    decision = sample.decide(asked.risk.measure if covers.can_serve else "forecast", seconds)
    decided = Decided(tally, covers, on_demand, decision, sample, None)
    if not decision.found or not (shapes_fleets(request) or breaks_limits(tally, decision)):
        return decided
    if asked.risk.measure != "forecast":
        raise InvalidInputError(
            f"risk.measure: {asked.risk.measure} goes with limits that do not bind, and without survive_loss",
            "decide for the forecast, or loosen the limits: futures beyond what they allow would have no cost",
        )
    left = max(1.0, seconds - (time.perf_counter() - started))
    chosen, limited = _within(tally, decision, left)
    return replace(decided, decision=chosen, limited=limited)


def _within(tally: Tally, free: Decision, seconds: float) -> tuple[Decision, Limited]:
    """Return the decision within the limits.

    Where zones or providers are to be lost, offers are many times as many: the usual machines in their cheapest places
    come first, all of them where those do not do.
    """
    ground = Ground.of(tally.asked, tally.market)
    scope = ground.problem.survive_loss
    near = (ground.cheapest_places(PLACES, _usual_machines(tally)),) if scope in ("zone", "provider") else ()
    for own in (*near, ground):
        limited = Limited(tally, own)
        chosen = decide_limited(limited, _bound(limited, free, seconds), seconds=seconds)
        if chosen.found:
            break
    return chosen, limited


def _usual_machines(tally: Tally) -> set[Machine]:
    """Return the machines that would do if nothing were lost."""
    candidates = tally.market.candidates
    request = {**tally.asked.request, "survive_loss": "none"}
    asked = tally.asked.model_copy(update={"request": request})
    peak = HEADROOM * max(load.peak for load in tally.loads)
    market = find_market(asked, peak, candidates.snapshot, candidates.catalog)
    return {machine_of(offer) for offer in market.columns.offers}


def _bound(limited: Limited, free: Decision, seconds: float) -> Decision:
    """Return a decision that bounds those within the limits from below: with spares for what a loss takes."""
    tally, scope = limited.tally, limited.ground.problem.survive_loss
    if scope == "none":
        return free
    started = time.perf_counter()
    best, peak = free, HEADROOM * max(load.peak for load in tally.loads)
    committed = {rental.offer.offer_id for rental in tally.market.rentals(tally.asked.purchase_terms)}
    committed |= {existing.offer for existing in tally.asked.existing}
    whole = Ground.of(tally.asked, tally.market)
    spared = scope if scope == "replica" else "instance"  # a zone or a provider loses an instance at least
    covers = sparing(whole, spared, committed, peak)
    if covers is not None:
        found = decide(tally.asked, tally.loads, tally.market, covers, seconds=seconds * SHARE_OF_BOUND)
        best = max(best, found, key=lambda one: one.bound_usd if one.found else -math.inf)
    if scope not in ("zone", "provider"):
        return best

    def left() -> float:
        return seconds * SHARE_OF_BOUND - (time.perf_counter() - started)

    usd = losing_usd(tally, whole, peak, max(0.0, free.bound_usd), left)
    return best if usd <= best.bound_usd else replace(best, bound_usd=usd)


def _outlook(asked: BudgetRequest) -> Outlook | None:
    if not asked.demand.history:
        return None
    return outlook_of(read_history(asked.demand.history, asked.start), asked.start, asked.months)


def _by_the_hour(asked: BudgetRequest) -> list[str]:
    return [term for term in asked.allowed_terms if term in FLEXIBLE_TERMS]
