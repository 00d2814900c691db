"""Load: the hours of each month, collapsed to the distinct amounts of demand they have."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from optimizer.forecast.history import Outlook
from optimizer.forecast.request import BudgetDemand, BudgetRequest
from optimizer.forecast.series import month_starts, read_series

HOURS_PER_WEEK = 168
MOST_CLASSES = 48


@dataclass(frozen=True, slots=True)
class HourClass:
    """Hours of a month that have the same demand. `demand` is what was asked, `amount` what must be served of it."""

    demand: float
    amount: float
    hours: float


@dataclass(frozen=True, slots=True)
class MonthLoad:
    """One month: its base level and its hour classes, the busiest first; their hours add up to hours_per_month."""

    month: str
    level: float
    classes: tuple[HourClass, ...]

    @property
    def mean(self) -> float:
        """Return the mean demand over the hours of the month."""
        return math.fsum(c.demand * c.hours for c in self.classes) / math.fsum(c.hours for c in self.classes)

    @property
    def peak(self) -> float:
        """Return the highest amount that must be served."""
        return self.classes[0].amount


def month_loads(asked: BudgetRequest, hours_per_month: float, outlook: Outlook | None = None) -> tuple[MonthLoad, ...]:
    """Return the load of every month; of a history, by its `outlook`.

    Raises InvalidInputError on a series with gaps, duplicates or strangers.
    """
    names = [start.strftime("%Y-%m") for start in month_starts(asked.start, asked.months)]
    demand = asked.demand
    whole = demand.unit == "users"
    if not demand.series:
        shape = weekly_shape(shaped(demand, outlook))
        base = demand.base or 0.0
        grown = [base * (1 + demand.monthly_growth) ** number for number in range(asked.months)]
        levels = grown if outlook is None else outlook.levels
        return tuple(
            _month(name, level, [(level * float(factor), weight) for factor, weight in shape], hours_per_month, whole)
            for name, level in zip(names, levels, strict=True)
        )
    series = read_series(demand.series, asked.start, asked.months)
    shape = [(Fraction(1), Fraction(1))]
    if series.step == "month":
        shape = weekly_shape(demand)
    elif series.step == "day":
        shape = weekly_shape(demand.model_copy(update={"weekly": ()}))
    months = []
    for name, values in zip(names, series.values, strict=True):
        part = Fraction(1, len(values))
        pairs = [(value * float(factor), weight * part) for _, value in values for factor, weight in shape]
        level = math.fsum(value for _, value in values) / len(values)
        months.append(_month(name, level, pairs, hours_per_month, whole))
    return tuple(months)


def shaped(demand: BudgetDemand, outlook: Outlook | None) -> BudgetDemand:
    """Return the demand with the shapes of its history, as far as that has any."""
    if outlook is None:
        return demand
    own = {"diurnal": outlook.diurnal, "weekly": outlook.weekly}
    return demand.model_copy(update={name: shape for name, shape in own.items() if shape})


def weekly_shape(demand: BudgetDemand) -> list[tuple[Fraction, Fraction]]:
    """Return (multiplier, share of the week) of each distinct multiplier; exact, the shares add up to 1."""
    day = [Fraction(str(factor)) for factor in demand.diurnal or [1.0] * 24]
    week = [Fraction(str(factor)) for factor in demand.weekly or [1.0] * 7]
    counts = Counter(hour * weekday for weekday in week for hour in day)
    return [(factor, Fraction(count, HOURS_PER_WEEK)) for factor, count in sorted(counts.items(), reverse=True)]


def _month(
    name: str, level: float, pairs: Iterable[tuple[float, Fraction]], hours_per_month: float, whole: bool
) -> MonthLoad:
    """Return a month's classes: hours of equal amount together, users whole, the nearest together above 48 of them."""
    hours: dict[float, Fraction] = {}
    asked: dict[float, float] = {}
    for demand, share in pairs:
        amount = float(math.ceil(demand - 1e-9)) if whole else demand
        hours[amount] = hours.get(amount, Fraction(0)) + share
        asked[amount] = asked.get(amount, 0.0) + demand * float(share)
    total = Fraction(str(hours_per_month))
    classes = [
        HourClass(asked[amount] / float(share), amount, float(share * total))
        for amount, share in sorted(hours.items(), reverse=True)
    ]
    return MonthLoad(name, level, tuple(_coarsened(classes)))


def _coarsened(classes: list[HourClass]) -> list[HourClass]:
    """Return at most 48 classes: of a longer list, neighbours are served as the highest of them."""
    if len(classes) <= MOST_CLASSES:
        return classes
    size = math.ceil(len(classes) / MOST_CLASSES)
    merged = []
    for first in range(0, len(classes), size):
        group = classes[first : first + size]
        hours = math.fsum(c.hours for c in group)
        merged.append(HourClass(math.fsum(c.demand * c.hours for c in group) / hours, group[0].amount, hours))
    return merged
