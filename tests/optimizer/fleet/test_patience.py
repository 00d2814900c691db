"""What-ifs that the time does not allow to solve are given up, not shown at a cost that is not the least."""

from dataclasses import replace

import pytest

from optimizer.fleet.candidates import find_candidates
from optimizer.fleet.choosing import WORK_OF_ALL_WHAT_IFS, Chosen, Patience, choose
from tests.optimizer.fleet.market import TWO_SIZES, catalog, request, snapshot, three_clouds


def unproved(bound_fraction: float) -> Chosen:
    """Return a fleet as a solver leaves it at its time limit, with a bound at this fraction of the cost."""
    chosen = choose(find_candidates(request(), snapshot(*three_clouds()), catalog()))
    cost = chosen.cost_usd_per_hour
    return replace(chosen, fleet=replace(chosen.fleet, outcome="feasible", bound_usd_per_hour=cost * bound_fraction))


@pytest.mark.parametrize(("bound_fraction", "close"), [(0.1, False), (0.9, False), (0.995, True)])
def test_an_unproved_cost_counts_only_near_its_bound(bound_fraction: float, close: bool) -> None:
    assert close is unproved(bound_fraction).is_close


def test_a_proved_cost_counts() -> None:
    assert choose(find_candidates(request(), snapshot(*three_clouds()), catalog())).is_close


@pytest.mark.parametrize("patience", [Patience(left=0), Patience(until=0.0)], ids=["work", "time"])
def test_no_work_or_time_left_gives_up(patience: Patience) -> None:
    assert patience.choose(find_candidates(request(), snapshot(*three_clouds()), catalog())) is None
    assert 1 == patience.given_up


def test_work_is_that_of_the_solver_and_the_same_each_time() -> None:
    candidates = find_candidates(request(TWO_SIZES), snapshot(*three_clouds()), catalog())
    one, other = Patience(), Patience()
    assert one.choose(candidates) is not None
    assert other.choose(candidates) is not None
    assert one.left == other.left < WORK_OF_ALL_WHAT_IFS


def test_what_needs_no_solver_is_no_work() -> None:
    patience = Patience()
    assert patience.choose(find_candidates(request(), snapshot(*three_clouds()), catalog())) is not None
    assert WORK_OF_ALL_WHAT_IFS == patience.left


def test_the_same_program_is_solved_once() -> None:
    candidates = find_candidates(request(TWO_SIZES), snapshot(*three_clouds()), catalog())
    patience = Patience()
    first = patience.choose(candidates)
    left = patience.left
    again = patience.choose(candidates)
    assert first is not None
    assert again is not None
    assert again.parts == first.parts
    assert left == patience.left


def test_another_demand_is_another_program() -> None:
    patience = Patience()
    for workload in (TWO_SIZES, {**TWO_SIZES, "request_rate_per_s": 2 * TWO_SIZES["request_rate_per_s"]}):
        patience.choose(find_candidates(request(workload), snapshot(*three_clouds()), catalog()))
    assert 2 == len(patience.solved)
