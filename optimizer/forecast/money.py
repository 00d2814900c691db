"""Money over time: price drift, discounting, and what one commitment costs from its purchase on."""

from dataclasses import dataclass

import numpy as np

from optimizer.forecast.request import TERM_MONTHS, BudgetRequest
from optimizer.performance.tables import Floats

MONTHS_PER_YEAR = 12


@dataclass(frozen=True, slots=True)
class Clock:
    """How money changes with the month: `drift[m]` multiplies the prices of today, `discount[m]` a payment."""

    months: int
    hours_per_month: float
    drift: tuple[float, ...]
    discount: tuple[float, ...]

    @classmethod
    def of(cls, asked: BudgetRequest, hours_per_month: float) -> "Clock":
        """Return the clock of a request, with the months after the horizon that a commitment can reach."""
        last = asked.months + max(TERM_MONTHS.values())
        return cls(
            asked.months,
            hours_per_month,
            tuple((1 + asked.price_change_per_year) ** (month / MONTHS_PER_YEAR) for month in range(last)),
            tuple((1 + asked.discount_per_year) ** (-month / MONTHS_PER_YEAR) for month in range(last)),
        )

    def paid_months(self, bought: int, term_months: int, after_horizon: str) -> range:
        """Return the months that a commitment bought in month `bought` counts for in the decision."""
        end = bought + term_months
        return range(bought, end if after_horizon == "charged" else min(end, self.months))

    def commitment_usd(self, usd_per_hour: float, bought: int, months: range, upfront_fraction: float) -> float:
        """Return the discounted payments of one commitment: its price is fixed at purchase, idle or not."""
        monthly = usd_per_hour * self.drift[bought] * self.hours_per_month
        upfront = upfront_fraction * monthly * len(months) * self.discount[bought]
        return upfront + (1 - upfront_fraction) * monthly * sum(self.discount[month] for month in months)

    @property
    def flexible_factor(self) -> Floats:
        """Return drift x discount of each month of the horizon."""
        return np.asarray(np.array(self.drift[: self.months]) * np.array(self.discount[: self.months]))
