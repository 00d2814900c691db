"""The staircase is the cheapest cover of every amount, by trying all of them."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.forecast.covering import cheapest_covers
from optimizer.forecast.market import Rental
from tests.optimizer.fleet.market import offer

items = st.lists(st.tuples(st.integers(1, 400), st.integers(4, 40)), min_size=1, max_size=3)


def rentals(found: list[tuple[int, int]]) -> list[Rental]:
    return [
        Rental(offer(cents / 100, instance_type=str(n)), 1, 1, size / 4, n) for n, (cents, size) in enumerate(found)
    ]


def by_trying(found: list[Rental], need: float) -> float:
    most = [range(math.ceil(need / rental.capacity - 1e-9) + 1) for rental in found]
    return min(
        sum(count * rental.usd_per_hour for count, rental in zip(counts, found, strict=True))
        for counts in itertools.product(*most)
        if sum(count * rental.capacity for count, rental in zip(counts, found, strict=True)) >= need - 1e-9
    )


@given(items, st.integers(0, 60))
def test_each_amount_costs_what_the_best_cover_does(found: list[tuple[int, int]], quarters: int) -> None:
    market = rentals(found)
    covers = cheapest_covers(market, 15)
    need = quarters / 4
    expected = by_trying(market, need)
    assert expected == pytest.approx(float(covers.cost(np.array([need]))[0]))
    fleet = covers.fleet(need)
    assert expected == pytest.approx(sum(count * covers.rentals[n].usd_per_hour for n, count in fleet.items()))
    assert sum(count * covers.rentals[n].capacity for n, count in fleet.items()) >= need - 1e-6


@given(items, st.floats(0, 60))
def test_beyond_its_top_the_staircase_is_taken_again(found: list[tuple[int, int]], need: float) -> None:
    covers = cheapest_covers(rentals(found), 15)
    cost = float(covers.cost(np.array([need]))[0])
    assert cost >= by_trying(rentals(found), need) - 1e-9
    assert cost <= math.ceil(need / 15) * float(covers.usd_per_hour[-1]) + 1e-9


def test_with_nothing_to_rent_only_nothing_is_served() -> None:
    covers = cheapest_covers([], 5)
    assert [0.0, math.inf] == covers.cost(np.array([0.0, 1.0])).tolist()
