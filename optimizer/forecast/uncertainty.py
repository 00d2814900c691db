"""How large each error is, and where the figure comes from."""

import math
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import numpy as np

from optimizer.forecast.budget import Spread
from optimizer.forecast.request import Uncertainty
from optimizer.performance.intervals import interval
from optimizer.performance.layouts import Layouts

DEMAND_FRACTION_PER_YEAR = 0.2
PRICE_FRACTION_PER_YEAR = 0.2
YEAR = timedelta(days=365)
WIDTH_OF_80_PERCENT = 2 * 1.2815515655446004  # standard deviations between the 10th and the 90th percentile

Step = tuple[date, date, float]


def price_spread(series: Iterable[Sequence[Step]]) -> Spread:
    """Return the yearly spread of prices from their history: the root mean square of log changes over one year.

    A series is one offer's steps (first seen, last seen, $/h), by date. Each step that was still the price, or had been
    replaced, one year later gives one change.
    """
    changes: list[float] = []
    count = 0
    for steps in series:
        found = [math.log(later / usd) for first, _, usd in steps if (later := _price_on(steps, first + YEAR))]
        changes += found
        count += bool(found)
    if not changes:
        return Spread("price", PRICE_FRACTION_PER_YEAR, "an estimate: no price history was given")
    spread = math.sqrt(math.fsum(change * change for change in changes) / len(changes))
    basis = f"{len(changes):,} one-year changes of {count:,} on-demand prices in the shipped history"
    return Spread("price", round(spread, 4), basis)


def spreads(asked: Uncertainty, price: Spread, layouts: Layouts, demand: Spread | None = None) -> tuple[Spread, ...]:
    """Return the three spreads of a request; `layouts` are those that run, `demand` is known from a history."""
    return (
        _stated("demand", asked.demand_fraction_per_year)
        or demand
        or Spread("demand", DEMAND_FRACTION_PER_YEAR, "an estimate: a year's forecast of load is off by a fifth"),
        _stated("price", asked.price_fraction_per_year) or price,
        _stated("performance", asked.performance_fraction) or _performance(layouts),
    )


def _stated(name: str, fraction: float | None) -> Spread | None:
    return None if fraction is None else Spread(name, fraction, "given in the request")


def _performance(layouts: Layouts) -> Spread:
    """Return the widest spread of throughput of the layouts that run, from the calibration's 80% intervals."""
    if not len(layouts):
        return Spread("performance", 0.0, "nothing runs")
    low, high = interval(layouts, "output_tok_per_s", np.ones(len(layouts)))
    widest = float((np.log(high / low) / WIDTH_OF_80_PERCENT).max())
    return Spread("performance", round(widest, 4), "the 80% interval of throughput of what runs, from the calibration")


def _price_on(steps: Sequence[Step], day: date) -> float | None:
    """Return the price of a day: that of the last step that began by then, if it was seen at or after the day."""
    begun = [step for step in steps if step[0] <= day]
    if not begun:
        return None
    _, last_seen, usd = begun[-1]
    return usd if last_seen >= day or begun[-1] is not steps[-1] else None
