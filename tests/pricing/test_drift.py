"""Drift: what a history says of prices of an age, whose history it is, and that every series counts the same."""

import math
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

import pytest

from pricing.drift import ENOUGH_SERIES, PriceDrift
from pricing.spans import PriceSpan

START = date(2025, 1, 1)


def series(name: str, *prices: float, provider: str = "aws", term: str = "spot", days: int = 30) -> list[PriceSpan]:
    """Return one price after the other, each seen on one day."""
    looks = [START + timedelta(days=days * number) for number in range(len(prices))]
    key = (provider, name, None, "p5", term, "", "H100-SXM-80GB", 8)
    return [PriceSpan(*key, Decimal(str(usd)), day, day, "a test") for usd, day in zip(prices, looks, strict=True)]


def history(*parts: Iterable[PriceSpan]) -> PriceDrift:
    return PriceDrift([span for part in parts for span in part], {"aws": "hyperscaler", "gcp": "hyperscaler"})


def doubled(share: float, count: int = 2 * ENOUGH_SERIES, **changes: str) -> list[PriceSpan]:
    """Return series of which a share doubled within thirty days and the others stood."""
    risen = round(share * count)
    return [span for n in range(count) for span in series(f"{n:03}", 1.0, 2.0 if n < risen else 1.0, **changes)]


def test_a_price_of_today_has_not_moved() -> None:
    found = history(doubled(0.5)).range("aws", "hyperscaler", "spot", 0, 0.9)
    assert (1.0, 1.0) == (found.low, found.high)


@pytest.mark.parametrize(("share", "high"), [(0.05, 1.0), (0.2, 2.0)])
def test_the_upper_end_is_where_so_many_prices_stayed_below(share: float, high: float) -> None:
    found = history(doubled(share)).range("aws", "hyperscaler", "spot", 30, 0.9)
    assert (pytest.approx(high), "provider aws spot", 2 * ENOUGH_SERIES) == (found.high, found.scope, found.series)


def test_between_ages_it_is_straight_and_beyond_it_widens_with_the_root_of_time() -> None:
    drift = history(doubled(1.0))
    at = {days: math.log(drift.range("aws", "hyperscaler", "spot", days, 0.9).high) for days in (15, 30, 120)}
    assert at[30] == pytest.approx(math.log(2))
    assert at[15] == pytest.approx(at[30] / 2)
    assert at[120] == pytest.approx(2 * at[30])


@pytest.mark.parametrize(
    ("asked", "scope"),
    [
        (("gcp", "hyperscaler", "spot"), "tier hyperscaler spot"),
        (("vast", "marketplace", "spot"), "term spot"),
        (("vast", "marketplace", "on_demand"), "all"),
    ],
)
def test_without_a_history_of_its_own_a_price_has_that_of_more(asked: tuple[str, str, str], scope: str) -> None:
    assert scope == history(doubled(0.5)).range(*asked, 30, 0.9).scope


def test_without_any_history_nothing_is_claimed() -> None:
    found = history(series("one", 1.0, 2.0)).range("aws", "hyperscaler", "spot", 30, 0.9)
    assert ("no history", 1.0, 0) == (found.scope, found.high, found.series)


def test_one_series_that_is_looked_at_often_counts_once() -> None:
    nervous = series("nervous", *(2.0 ** (n // 30) for n in range(300)), days=1)
    steady = doubled(0.0, count=ENOUGH_SERIES)
    assert 1.0 == history(nervous, steady).range("aws", "hyperscaler", "spot", 30, 0.9).high


def test_looks_that_are_too_far_apart_say_nothing_of_an_age() -> None:
    far = [span for n in range(ENOUGH_SERIES) for span in series(f"{n:03}", 1.0, 2.0, days=700)]
    assert "no history" == history(far).range("aws", "hyperscaler", "spot", 30, 0.9).scope
