"""Drift: how far prices moved in so many days, from what real prices did.

Two looks at one series, so many days apart, are one change. Every series counts the same, however often somebody
looked at it: its changes share a weight of one. What moved is asked of the provider and term first, then of its trust
tier and term, of the term, of all prices; the first with enough series answers, and says so.
"""

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from pricing.spans import PriceSpan

AGES = ((7, 3, 14), (30, 15, 50), (90, 51, 130), (180, 131, 260), (365, 261, 480))
"""(age in days, the fewest and the most days between two looks that stand for it)."""
ENOUGH_SERIES = 20
EVERY_DAYS = 28
Scope = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drift:
    """The likely range of a price after some days, as factors on it, and what it is read from.

    `series` have `changes` in the `scope`, each between two real looks; of an age between those of AGES the range is
    interpolated, beyond the last it widens with the root of time.
    """

    low: float
    high: float
    scope: str
    series: int
    changes: int


class PriceDrift:
    """The changes of a price history, ready to be asked."""

    def __init__(self, history: Iterable[PriceSpan], tiers: Mapping[str, str]) -> None:
        """Read a history, ordered by key; `tiers` has the trust tier of each provider."""
        self._found: dict[tuple[Scope, int], _Changes] = defaultdict(_Changes)
        for _, spans in groupby(history, key=lambda span: span.key):
            series = list(spans)
            first = series[0]
            tier = tiers.get(first.provider)
            scopes: list[Scope] = [("provider", first.provider, first.term), ("term", first.term), ("all",)]
            if tier is not None:
                scopes.append(("tier", tier, first.term))
            for age, changes in _changes(series):
                for scope in scopes:
                    self._found[scope, age].add(changes)

    def range(self, provider: str, tier: str, term: str, age_days: int, quantile: float) -> Drift:
        """Return the range in which the price of an offer lies after some days, but for 1 - quantile on each side."""
        scopes: tuple[Scope, ...] = (("provider", provider, term), ("tier", tier, term), ("term", term), ("all",))
        for scope in scopes:
            known = [(age, self._found[scope, age]) for age, _, _ in AGES if (scope, age) in self._found]
            known = [(age, found) for age, found in known if found.series >= ENOUGH_SERIES]
            if known:
                low, high = (_at(known, age_days, part) for part in (1 - quantile, quantile))
                near = min(known, key=lambda one: abs(one[0] - age_days))[1]
                return Drift(math.exp(low), math.exp(high), " ".join(scope), near.series, near.count)
        return Drift(1.0, 1.0, "no history", 0, 0)


class _Changes:
    """Logarithms of price ratios, the weight of each series one."""

    def __init__(self) -> None:
        self.series, self.count = 0, 0
        self._points: list[tuple[float, float]] = []
        self._sorted: list[tuple[float, float]] | None = None

    def add(self, changes: Sequence[float]) -> None:
        """Add the changes of one series."""
        self.series, self.count = self.series + 1, self.count + len(changes)
        self._points += [(change, 1 / len(changes)) for change in changes]
        self._sorted = None

    def quantile(self, part: float) -> float:
        """Return the change that a part of the weight does not exceed."""
        if self._sorted is None:
            total, self._sorted = 0.0, []
            for change, weight in sorted(self._points):
                total += weight
                self._sorted.append((total, change))
        place = bisect_left(self._sorted, part * self._sorted[-1][0] - 1e-9, key=lambda point: point[0])
        return self._sorted[min(place, len(self._sorted) - 1)][1]


def _at(known: Sequence[tuple[int, _Changes]], age_days: int, part: float) -> float:
    """Return the quantile of changes at an age: from none at once, straight between ages, then by the root of time."""
    points = [(0, 0.0), *((age, found.quantile(part)) for age, found in known)]
    last_age, last = points[-1]
    if age_days >= last_age:
        return last * math.sqrt(age_days / last_age)
    for (younger, before), (older, after) in pairwise(points):
        if age_days <= older:
            return before + (after - before) * (age_days - younger) / (older - younger)
    return last


def _changes(series: Sequence[PriceSpan]) -> Iterator[tuple[int, list[float]]]:
    """Yield, for each age that has any, the changes between two looks of one series about so many days apart."""
    looks = sorted({(day, float(span.usd_per_hour)) for span in series for day in _days(span)})
    if len(looks) < 2:
        return
    days = [day for day, _ in looks]
    for age, fewest, most in AGES:
        found = []
        for place, (day, usd) in enumerate(looks):
            after = bisect_left(days, day + age, lo=place)
            near = [n for n in (after - 1, after) if n < len(days) and fewest <= days[n] - day <= most]
            best = min(near, key=lambda n: abs(days[n] - day - age), default=None)
            if best is not None and usd > 0 and looks[best][1] > 0:
                found.append(math.log(looks[best][1] / usd))
        if found:
            yield age, found


def _days(span: PriceSpan) -> Iterator[int]:
    """Yield the days (ordinals) on which a price was seen: its first, its last, and some between."""
    first, last = span.first_seen.toordinal(), span.last_seen.toordinal()
    yield from range(first, last, EVERY_DAYS)
    yield last
