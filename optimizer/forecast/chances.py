"""Chances: what a decision costs over the scenarios, and what others would have."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimizer.forecast.bill import Running, Tally, billed_months
from optimizer.forecast.budget import Budget, BudgetMonth, Spread
from optimizer.forecast.covering import Covers
from optimizer.forecast.deciding import Decision, alive_instances, capacity_of, held_capacity
from optimizer.forecast.limited import Limited
from optimizer.forecast.risk import Sampling
from optimizer.forecast.scenarios import (
    Draws,
    Standing,
    demand_spread,
    draws_of,
    limited_costs,
    month_costs,
    other_commitments,
    percentiles,
)
from optimizer.forecast.showing import used_rows
from optimizer.forecast.tail import cvar
from optimizer.forecast.uncertainty import spreads
from optimizer.performance.tables import Floats


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with everything it came from; `limited` where its hours are fleet programs."""

    tally: Tally
    covers: Covers
    on_demand: Covers
    decision: Decision
    sample: Sampling
    limited: Limited | None


def all_on_demand(decided: Decided) -> list[float] | None:
    """Return what each month costs with nothing but on-demand instances beside the existing commitments."""
    tally = decided.tally
    if decided.limited is not None:
        return _limited_on_demand(decided.limited, tally)
    covers = decided.on_demand
    if not covers.can_serve:
        return None
    standing = _standing(tally, Decision("optimal", 0.0, 0.0, 0.0, {}, ()), ())
    usd = month_costs(tally.loads, covers, standing, _no_draws(len(tally.loads)))
    return [float(value) for value in usd[0]]


def _limited_on_demand(limited: Limited, tally: Tally) -> list[float] | None:
    """Return the same within the limits, None where they leave no on-demand fleet."""
    only = replace(limited, ground=limited.ground.only("on_demand"))
    rent = np.array(only.rent({})) / np.array(tally.clock.discount[: len(tally.loads)])
    held = _standing(tally, Decision("optimal", 0.0, 0.0, 0.0, {}, ()), ()).held_usd
    return (rent + held).tolist() if np.isfinite(rent).all() else None


def running_in(decided: Decided) -> Running:
    """Return the replicas of each hour class of each month by layout; none where every instance runs its best."""
    limited = decided.limited
    if limited is None:
        return ()
    ground, months = limited.ground, []
    for month, load in enumerate(decided.tally.loads):
        stairs = limited.stairs(decided.decision.purchases, month)
        steps = [stairs.step(hours.amount) for hours in load.classes]
        counts = [sorted(step.replicas.items()) if step is not None else [] for step in steps]
        months.append(tuple({ground.layout(column): count for column, count in each} for each in counts))
    return tuple(months)


def conflicts(decided: Decided) -> tuple[str, ...]:
    """Return, for a budget that its limits forbid, the first month and the load that no fleet within them serves."""
    limited = decided.limited
    if limited is None or decided.decision.found:
        return ()
    for month, load in enumerate(decided.tally.loads):
        stairs = limited.stairs({}, month)
        if stairs.step(load.peak) is None:
            unit = decided.tally.asked.demand.unit
            return (f"{load.month}: no fleet within the limits serves {load.peak:g} {unit}",)
    return ()


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


def with_chances(budget: Budget, decided: Decided, price: Spread, progress: Callable[[int], None] | None) -> Budget:
    """Return the budget with its percentiles and the cost of other commitments, where scenarios are asked for."""
    tally, asked = decided.tally, decided.tally.asked
    layouts = tally.market.candidates.grid.layouts.take(used_rows(tally, decided.decision))
    found = spreads(asked.uncertainty, price, layouts, demand_spread(tally))
    if not asked.scenarios or not (decided.covers.can_serve and budget.total):
        return replace(budget, uncertainty=found)
    standing = _standing(tally, decided.decision, budget.months)
    draws = draws_of(tally, found, asked.scenarios, (asked.seed,))
    limited, notes = decided.limited, budget.assumptions
    if limited is None:
        usd = month_costs(tally.loads, decided.covers, standing, draws, progress=progress)
    else:
        stairs = [limited.stairs(decided.decision.purchases, month) for month in range(asked.months)]
        usd, beyond = limited_costs(tally.loads, stairs, standing, draws, progress)
        if beyond:
            notes = (*notes, f"{beyond:.1%} of the scenario hours are beyond the limits, priced in proportion")
    shares = [percentiles(usd[:, month]) for month in range(asked.months)]
    likely = np.percentile(draws.demand, (10, 90), axis=0)
    months = tuple(
        replace(month, p10=low, p50=middle, p90=high, demand_p10=month.demand * less, demand_p90=month.demand * more)
        for month, (low, middle, high), less, more in zip(budget.months, shares, *likely.tolist(), strict=True)
    )
    whole, alpha = usd.sum(axis=1), asked.risk.alpha
    low, middle, high = percentiles(whole)
    mean, tail = float(whole.mean()), cvar(whole, alpha)
    return replace(
        budget,
        months=months,
        total=replace(budget.total, p10=low, p50=middle, p90=high, expected=mean, cvar=tail),
        uncertainty=found,
        assumptions=notes,
        commitments=() if limited else other_commitments(tally.loads, decided.covers, standing, draws, alpha),
    )
