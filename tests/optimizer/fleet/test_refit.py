"""Refitting: the candidates of a changed request are those that it would have found by itself."""

from typing import Any

import numpy as np
import pytest

from optimizer.fleet.candidates import find_candidates, refit
from optimizer.fleet.choosing import choose
from tests.optimizer.fleet.market import CHAT, ONE_SIZE, TWO_SIZES, catalog, request, snapshot, three_clouds

PRICES = snapshot(*three_clouds())
CHANGES: dict[str, dict[str, Any]] = {
    "speed": {"slo": {"tok_per_s_per_user": 45}},
    "first token": {"slo": {"ttft_s": 1.5}},
    "quality": {"quality": {"min_tier": "degraded"}},
    "format": {"quality": {"quantizations": ["fp8"]}},
    "gpu": {"allow": {"gpus": ["A100"]}},
    "spot": {"allow": {"terms": ["on_demand", "spot"]}},
    "engine": {"allow": {"engines": ["sglang"]}},
    "confidence": {"confidence": 0.9},
}
every_change = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
every_load = pytest.mark.parametrize("workload", [CHAT, ONE_SIZE, TWO_SIZES], ids=["users", "rate", "two sizes"])


@every_change
@every_load
def test_what_may_be_used_serves_the_same(workload: dict[str, Any], change: dict[str, Any]) -> None:
    asked = request(workload, **change)
    fresh = find_candidates(asked, PRICES, catalog())
    again = refit(find_candidates(request(workload), PRICES, catalog()), asked)
    assert fresh.usable.tolist() == again.usable.tolist()
    assert fresh.useful[fresh.usable].tolist() == again.useful[again.usable].tolist()


@every_change
@every_load
def test_the_fleet_is_the_same(workload: dict[str, Any], change: dict[str, Any]) -> None:
    asked = request(workload, **change)
    fresh = choose(find_candidates(asked, PRICES, catalog()), break_ties=True)
    again = choose(refit(find_candidates(request(workload), PRICES, catalog()), asked), break_ties=True)
    assert fresh.parts == again.parts


@every_change
def test_narrowing_and_widening_again_loses_nothing(change: dict[str, Any]) -> None:
    first = find_candidates(request(), PRICES, catalog())
    back = refit(
        refit(refit(first, request(allow={"gpus": ["L40S"]}, slo={"ttft_s": 9})), request(**change)), request()
    )
    assert (
        np.where(first.usable[:, None], first.useful, 0).tolist()
        == np.where(back.usable[:, None], back.useful, 0).tolist()
    )
