"""Scenarios: what a decided budget costs when demand, prices and performance turn out otherwise."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimizer.forecast.bill import Tally
from optimizer.forecast.budget import Commitments, Spread
from optimizer.forecast.covering import Covers
from optimizer.forecast.load import MonthLoad
from optimizer.forecast.stairs import Stairs
from optimizer.forecast.tail import cvar
from optimizer.performance.tables import Floats

QUANTILES = (10, 50, 90)
FACTORS = (0.0, 0.5, 1.0, 1.5, 2.0)
MONTHS_PER_YEAR = 12
MOST_TIMES = 2.0
COARSE = 8
"""Where zones or providers are to be lost, scenarios are priced at the next eighth of the peak: a fleet takes long."""
DEMAND_STREAM = 2
SPREAD_PATHS = 1000


@dataclass(frozen=True, slots=True)
class Draws:
    """Sampled factors: `demand` and `price` [scenario, month] on the forecast, `performance` [scenario] on capacity."""

    demand: Floats
    price: Floats
    performance: Floats


@dataclass(frozen=True, slots=True)
class Standing:
    """What a decision fixes, per month: capacity and amortised price of commitments, held and bought; price drift."""

    held_capacity: Floats
    held_usd: Floats
    bought_capacity: Floats
    bought_usd: Floats
    drift: Floats


def draw(spreads: Sequence[Spread], scenarios: int, months: int, seed: Sequence[int]) -> Draws:
    """Return the factors of every scenario, from one seed; demand and price walk, their median is the forecast.

    Logarithms add an independent normal step each month, so that one standard deviation grows with the square root
    of time to the yearly fraction; performance errs once, on all hardware alike.
    """
    sigma = {spread.name: spread.fraction for spread in spreads}
    random = np.random.default_rng(tuple(seed))
    step = 1 / math.sqrt(MONTHS_PER_YEAR)
    demand = np.cumsum(random.standard_normal((scenarios, months)), axis=1) * sigma["demand"] * step
    price = np.cumsum(random.standard_normal((scenarios, months)), axis=1) * sigma["price"] * step
    performance = random.standard_normal(scenarios) * sigma["performance"]
    return Draws(np.exp(demand), np.exp(price), np.exp(performance))


def demand_spread(tally: Tally) -> Spread | None:
    """Return the spread of demand that the fit of a history has a year ahead, or at the end; None without one."""
    if tally.outlook is None:
        return None
    month = min(MONTHS_PER_YEAR, len(tally.loads)) - 1
    factors = tally.outlook.factors(SPREAD_PATHS, np.random.default_rng(DEMAND_STREAM))[:, month]
    basis = f"the fit of the history, {month + 1} months ahead, with the spread that its back-test adds"
    return Spread("demand", round(float(np.log(factors).std()), 4), basis)


def draws_of(tally: Tally, found: Sequence[Spread], scenarios: int, seed: tuple[int, ...]) -> Draws:
    """Return the draws of a budget: the demand of a history is simulated by its own fit, unless a spread is given."""
    draws = draw(found, scenarios, len(tally.loads), seed)
    if tally.outlook is None or tally.asked.uncertainty.demand_fraction_per_year is not None:
        return draws
    return replace(draws, demand=tally.outlook.factors(scenarios, np.random.default_rng((*seed, DEMAND_STREAM))))


def month_costs(
    loads: Sequence[MonthLoad],
    covers: Covers,
    standing: Standing,
    draws: Draws,
    factor: float = 1.0,
    progress: Callable[[int], None] | None = None,
) -> Floats:
    """Return amortised dollars [scenario, month] with `factor` times the purchases; what they lack is rented."""
    usd = np.zeros((len(draws.performance), len(loads)))
    for month, load in enumerate(loads):
        amounts = np.array([hours.amount for hours in load.classes])
        hours = np.array([hours.hours for hours in load.classes])
        capacity = standing.held_capacity[month] + factor * standing.bought_capacity[month]
        wanted = amounts[None, :] * (draws.demand[:, month] / draws.performance)[:, None]
        rent = (covers.cost(np.maximum(wanted - capacity, 0.0)) * hours).sum(axis=1)
        fixed = standing.held_usd[month] + factor * standing.bought_usd[month]
        usd[:, month] = rent * standing.drift[month] * draws.price[:, month] + fixed
        if progress is not None:
            progress(month + 1)
    return usd


def limited_costs(
    loads: Sequence[MonthLoad],
    stairs: Sequence[Stairs],
    standing: Standing,
    draws: Draws,
    progress: Callable[[int], None] | None = None,
) -> tuple[Floats, float]:
    """Return the same within limits, whose stairs know the commitments, and the share of hours beyond them.

    What no fleet within the limits serves, or is more than MOST_TIMES the peak, is priced in proportion to the most
    that is.
    """
    usd = np.zeros((len(draws.performance), len(loads)))
    peak = max(load.peak for load in loads)
    beyond = 0.0
    for month, load in enumerate(loads):
        amounts = np.array([hours.amount for hours in load.classes])
        hours = np.array([hours.hours for hours in load.classes])
        wanted = amounts[None, :] * (draws.demand[:, month] / draws.performance)[:, None]
        within = np.minimum(wanted, MOST_TIMES * peak)
        if not stairs[month].is_exact:
            within = np.ceil(within / peak * COARSE - 1e-9) * peak / COARSE
        rates = stairs[month].cost(within)
        able = np.isfinite(rates)
        most = float(within[able].max(initial=0.0))
        top = stairs[month].step(most)
        dearest = 0.0 if top is None else top.usd_per_hour
        over = wanted / max(most, 1e-12)
        rates = np.where(
            able, rates * np.where(wanted > within, wanted / np.maximum(within, 1e-12), 1.0), dearest * over
        )
        beyond += float((hours * ~able).sum())
        fixed = standing.held_usd[month] + standing.bought_usd[month]
        usd[:, month] = (rates * hours).sum(axis=1) * standing.drift[month] * draws.price[:, month] + fixed
        if progress is not None:
            progress(month + 1)
    return usd, beyond / (len(usd) * sum(hours.hours for load in loads for hours in load.classes))


def percentiles(usd: Floats) -> tuple[float, float, float]:
    """Return P10, P50 and P90 of one row of dollars."""
    low, middle, high = (float(value) for value in np.percentile(usd, QUANTILES))
    return low, middle, high


def other_commitments(
    loads: Sequence[MonthLoad], covers: Covers, standing: Standing, draws: Draws, alpha: float
) -> tuple[Commitments, ...]:
    """Return the cost over scenarios with none, half, one and a half and twice the purchases; CVaR is at `alpha`."""
    if not standing.bought_capacity.any():
        return ()
    found = []
    for factor in FACTORS:
        usd = month_costs(loads, covers, standing, draws, factor).sum(axis=1)
        found.append(Commitments(factor, float(usd.mean()), float(np.percentile(usd, 90)), cvar(usd, alpha)))
    return tuple(found)
