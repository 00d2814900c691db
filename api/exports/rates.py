"""What an hour's demand costs on a sheet: as a formula, and as the value that it has now."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from optimizer.forecast.budget import Cover


class Rate(Protocol):
    """What an amount of demand costs in an hour, as a formula and as a value."""

    def formula(self, cell: str) -> str:
        """Return the formula of the amount in a cell."""

    def cost(self, amount: float) -> float:
        """Return the value of the formula."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same for every amount up to `most`; what more would cost is not known, and the formula says so."""

    usd_per_hour: float
    most: float

    def formula(self, cell: str) -> str:
        """Return the formula: the rate, or #N/A for more than was planned."""
        return f"=IF({cell}>{self.most!r}*(1+0.000000001)+0.000000001,NA(),{self.usd_per_hour!r})"

    def cost(self, amount: float) -> float:
        """Return the rate."""
        return self.usd_per_hour


class Steps:
    """One staircase on the sheet Steps: what an amount costs, as a formula and as a value."""

    def __init__(self, sheet: str, above: str, usd: str, covers: Sequence[Cover], spot: bool = False) -> None:
        last = len(covers) + 1
        self.above = f"{sheet}!${above}$2:${above}${last}"
        self.usd = f"{sheet}!${usd}$2:${usd}${last}"
        self.top = f"{sheet}!${chr(ord(above) + 1)}${last}"
        self.last = f"{sheet}!${usd}${last}"
        self.capacities = [cover.capacity for cover in covers]
        self.rates = [cover.spot_usd_per_hour if spot else cover.usd_per_hour for cover in covers]

    def formula(self, cell: str) -> str:
        """Return $/h of the amount in a cell; above the top, the whole staircase as often as it fits."""
        if not self.capacities:
            return "=0"
        times = f"IF({cell}>{self.top}*(1+0.000000001),ROUNDUP({cell}/{self.top},0)-1,0)"
        rest = f"({cell}-{times}*{self.top})*(1-0.000000001)-0.000000001"
        return f"=IF({cell}<=0.000000001,0,{times}*{self.last}+INDEX({self.usd},MATCH(MAX(0,{rest}),{self.above},1)))"

    def cost(self, amount: float) -> float:
        """Return the value of the formula."""
        if amount <= 1e-9 or not self.capacities:
            return 0.0
        top = self.capacities[-1]
        times = -(-amount // top) - 1 if amount > top * (1 + 1e-9) else 0.0
        rest = (amount - times * top) * (1 - 1e-9) - 1e-9
        return times * self.rates[-1] + self.rates[min(bisect_left(self.capacities, rest), len(self.rates) - 1)]
