"""HiGHS and CBC give the same plan, line by line, numbers and routing included."""

from typing import Any

import pytest

from benchmarks.solvers import Answer, both, same
from tests.optimizer.fleet.market import CHAT, ONE_SIZE, TWO_SIZES, catalog, offer, snapshot, three_clouds

MARKET = (
    *three_clouds(),
    offer("14.5", "A100-SXM-80GB", 4, zone="us-east-1a"),
    offer("7.913577", gpus=2, provider="lambda", tier="neocloud", region="us-west-2"),
)
MODEL = {"model": "llama-3.1-70b"}
CASES: dict[str, dict[str, Any]] = {
    "users": {"workload": {**CHAT, "users": 150}},
    "one size": {"workload": ONE_SIZE, "limits": {"max_kinds": 2}},
    "two sizes": {"workload": TWO_SIZES},
    "two sizes, a quota": {"workload": TWO_SIZES, "limits": {"quotas": {"aws": 1}}},
    "two sizes, a provider lost": {"workload": TWO_SIZES, "survive_loss": "provider"},
    "two sizes, an instance lost": {"workload": TWO_SIZES, "survive_loss": "instance"},
    "nothing fits": {"workload": TWO_SIZES, "limits": {"max_usd_per_hour": 0.01}},
}


@pytest.mark.parametrize("name", CASES)
def test_both_solvers_give_the_same_plan(name: str) -> None:
    highs, cbc = both({**MODEL, **CASES[name]}, snapshot(*MARKET), catalog())
    assert same(highs, cbc)
    assert bool(highs.lines) is (name != "nothing fits")


def test_another_count_is_another_plan() -> None:
    lines = [{"count": 1, "usd_per_hour": 2.0}]
    one = Answer("optimal", 2.0, lines, 0.1)
    assert same(one, Answer("optimal", 2.0 + 1e-12, lines, 0.2))
    assert not same(one, Answer("optimal", 2.0, [{"count": 2, "usd_per_hour": 2.0}], 0.1))
    assert not same(one, Answer("feasible", 2.0, lines, 0.1))
