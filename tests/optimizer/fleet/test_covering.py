"""Covering: the search finds what trying everything finds, and gives up rather than say something else."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.fleet.covering import Item, covered

ITEMS = st.lists(st.tuples(st.integers(20, 3000), st.integers(1, 60)), min_size=1, max_size=7)


def items(*sold: tuple[float, float]) -> list[Item]:
    return [Item(number, 0, 1, price, capacity) for number, (price, capacity) in enumerate(sold)]


def least_cents(sold: list[tuple[int, int]], demand: int) -> int:
    """Return the least cost of serving each whole amount up to the demand, one after the other."""
    least = [0]
    for wanted in range(1, demand + 1):
        least.append(min(cents + least[max(0, wanted - served)] for cents, served in sold))
    return least[demand]


@given(ITEMS, st.integers(1, 300))
@settings(max_examples=200)
def test_it_costs_what_trying_everything_costs(sold: list[tuple[int, int]], demand: int) -> None:
    found = covered(items(*((cents / 100, float(served)) for cents, served in sold)), demand)
    assert found is not None
    assert found.cost_usd_per_hour == pytest.approx(least_cents(sold, demand) / 100)


@given(ITEMS, st.floats(0.1, 300))
@settings(max_examples=100)
def test_what_is_rented_serves_the_demand(sold: list[tuple[int, int]], demand: float) -> None:
    found = covered(items(*((cents / 100, served / 7) for cents, served in sold)), demand)
    assert found is not None
    assert sum(item.capacity * count for item, count in found.counts) >= demand * (1 - 1e-6)


def test_nothing_for_sale_covers_nothing() -> None:
    found = covered([], 3)
    assert found is not None
    assert math.isinf(found.cost_usd_per_hour)


def test_a_search_without_end_is_given_up() -> None:
    alike = items(*((1.0 + number * 1e-4, math.sqrt(2) + number * 1e-4) for number in range(60)))
    assert covered(alike, 1234.5) is None
