"""Relaxing: what is found without the solver costs what the solver finds, whatever is asked and limited."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.fleet.candidates import Candidates, find_candidates
from optimizer.fleet.choosing import Chosen, choose
from optimizer.fleet.relaxing import relaxed_fleet
from tests.optimizer.fleet.market import CHAT, ONE_SIZE, TWO_SIZES, catalog, offer, request, snapshot, three_clouds

LIMITS: dict[str, dict[str, Any]] = {
    "none": {},
    "instances": {"max_instances": 3},
    "kinds": {"max_kinds": 1},
    "budget": {"max_usd_per_hour": 12.5},
    "quota": {"quotas": {"lambda": 2, "A100-SXM-80GB": 8}},
    "replicas": {"min_replicas": 3},
    "provider": {"max_provider_fraction": 0.6},
    "spot": {"max_spot_fraction": 0.5},
}
every_limit = pytest.mark.parametrize("limits", LIMITS.values(), ids=LIMITS)
WORKLOADS = st.one_of(
    st.builds(lambda users: {**CHAT, "users": users}, st.integers(1, 200)),
    st.builds(lambda rate: {**ONE_SIZE, "request_rate_per_s": rate}, st.floats(0.05, 20)),
)
PRICES = st.lists(st.integers(40, 4000), min_size=6, max_size=6)


def market(cents: list[int], workload: dict[str, Any], limits: dict[str, Any]) -> Candidates:
    rows = [
        *three_clouds(),
        offer("3.10", "A100-SXM-80GB", 2, provider="gcp", region="europe-west4", continent="europe"),
    ]
    offers = [
        offer(price / 100, row.gpu_id, row.gpu_count, provider=row.provider, region=row.region, term=row.term)
        for price, row in zip(cents, rows, strict=True)
    ]
    asked = request(workload, limits=limits, allow={"terms": ["on_demand", "spot"], "tiers": []})
    return find_candidates(asked, snapshot(*offers), catalog())


def relaxed(candidates: Candidates) -> float | None:
    found = relaxed_fleet(candidates, candidates.eligible.positions, candidates.choices)
    return None if found is None else found[1].cost_usd_per_hour


@every_limit
@given(cents=PRICES, workload=WORKLOADS)
@settings(max_examples=12, deadline=None)
def test_without_the_solver_it_costs_the_same(
    limits: dict[str, Any], cents: list[int], workload: dict[str, Any]
) -> None:
    candidates = market(cents, workload, limits)
    quick, proved = choose(candidates), choose(candidates, break_ties=True)
    assert quick.cost_usd_per_hour == pytest.approx(proved.cost_usd_per_hour, rel=1e-9)


@given(cents=PRICES, workload=WORKLOADS)
@settings(max_examples=12, deadline=None)
def test_what_runs_on_it_serves_everything(cents: list[int], workload: dict[str, Any]) -> None:
    candidates = market(cents, workload, {})
    quick = choose(candidates)
    assert sum(amount for part in quick.parts for amount in part.amounts) == pytest.approx(
        sum(candidates.demand.amounts)
    )
    assert all(_carries(candidates, quick, number) for number in range(len(quick.parts)))


def _carries(candidates: Candidates, chosen: Chosen, number: int) -> bool:
    part = chosen.parts[number]
    served = candidates.capacity_of(np.array([part.row]))[0, 0]
    return bool(part.amounts[0] <= served * part.replicas * (1 + 1e-9))


def test_a_limit_that_does_not_bind_needs_no_solver() -> None:
    loose = market([4000, 1620, 1450, 110, 598, 310], CHAT, {"max_instances": 50, "quotas": {"aws": 40}})
    assert relaxed(loose) is not None


def test_a_limit_that_binds_is_left_to_the_solver() -> None:
    assert relaxed(market([4000, 1620, 1450, 110, 598, 310], {**CHAT, "users": 52}, {"max_instances": 1})) is None


def test_a_budget_below_the_cheapest_fleet_needs_no_solver() -> None:
    assert relaxed(market([4000, 1620, 1450, 110, 598, 310], CHAT, {"max_usd_per_hour": 0.5})) == np.inf


def test_several_sizes_and_losses_are_left_to_the_solver() -> None:
    assert relaxed(market([4000, 1620, 1450, 110, 598, 310], TWO_SIZES, {})) is None
    lossy = find_candidates(request(survive_loss="instance"), snapshot(*three_clouds()), catalog())
    assert relaxed(lossy) is None
