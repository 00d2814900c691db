"""What-ifs that the time does not allow to solve are given up, not shown at a cost that is not the least."""

from dataclasses import replace

import pytest

from optimizer.fleet.candidates import find_candidates
from optimizer.fleet.choosing import Chosen, Patience, choose
from tests.optimizer.fleet.market import catalog, request, snapshot, three_clouds


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


def test_no_time_left_gives_up() -> None:
    patience = Patience(left=0.0)
    assert patience.choose(find_candidates(request(), snapshot(*three_clouds()), catalog())) is None
    assert 1 == patience.given_up
