"""Capacity asked again and again: what is cut off at a demand, or asked for some rows, is what is asked afresh."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.fleet.candidates import Candidates, find_candidates
from optimizer.performance.capacity import Rates, Users
from optimizer.performance.replicas import replicas
from optimizer.performance.service import load, max_rate, max_users
from tests.optimizer.fleet.market import catalog, request, snapshot, three_clouds

TPOTS = st.none() | st.floats(0.004, 0.5)
TTFTS = st.none() | st.floats(0.02, 30.0)


@cache
def candidates() -> Candidates:
    return find_candidates(request(), snapshot(*three_clouds()), catalog())


@cache
def users(most: int) -> Users:
    return Users(replicas(candidates().grid.layouts), 1500, 300, most)


@cache
def rates(most: float) -> Rates:
    return Rates(replicas(candidates().grid.layouts), 1500, 300, 95, most)


@given(TPOTS, TTFTS, st.sampled_from([1, 3, 50, 400]))
@settings(max_examples=30, deadline=None)
def test_users_up_to_a_demand_are_all_users_cut_off_there(
    tpot_s: float | None, ttft_s: float | None, most: int
) -> None:
    every = max_users(candidates().grid.layouts, 1500, 300, tpot_s, ttft_s)
    assert np.minimum(every, most).tolist() == users(most).within(tpot_s, ttft_s).tolist()


@given(TPOTS, TTFTS, st.sampled_from([0.01, 0.5, 4.0, 100.0]))
@settings(max_examples=15, deadline=None)
def test_rates_up_to_a_demand_are_all_rates_cut_off_there(
    tpot_s: float | None, ttft_s: float | None, most: float
) -> None:
    every = max_rate(candidates().grid.layouts, 1500, 300, tpot_s, ttft_s, 95)
    cut = np.minimum(rates(most).within(tpot_s, ttft_s), most)
    assert np.minimum(every, most).tolist() == cut.tolist()


@given(TPOTS, TTFTS)
@settings(max_examples=10, deadline=None)
def test_rows_that_are_not_asked_for_change_no_others(tpot_s: float | None, ttft_s: float | None) -> None:
    some = np.arange(len(candidates().grid.layouts)) % 3 == 0
    for trial in (users(50), rates(4.0)):
        every, asked = trial.within(tpot_s, ttft_s), trial.within(tpot_s, ttft_s, some)
        assert np.where(some, every, 0).tolist() == asked.tolist()


@pytest.mark.parametrize("tpot_s", [0.05, 0.02, 0.01])
def test_one_user_more_than_the_most_misses_the_target(tpot_s: float) -> None:
    layouts = candidates().grid.layouts
    most = max_users(layouts, 1500, 300, tpot_s)
    short_of_room = most < users(8192).room
    assert short_of_room.any()
    more = load(layouts, 1500, 300, most + 1.0).tpot_s
    assert (more[short_of_room] > tpot_s).all()
