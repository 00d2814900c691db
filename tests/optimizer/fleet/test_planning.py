"""Planning: changes of a request or a market whose effect on the cost is known."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import QUALITY_TIERS
from optimizer.fleet.planning import plan_id
from tests.optimizer.fleet.market import (
    CHAT,
    ONE_SIZE,
    TWO_SIZES,
    catalog,
    cost,
    fresh_plan,
    offer,
    plan,
    request,
    snapshot,
    three_clouds,
)

CENT = 1e-6
WORKLOADS = {"users": CHAT, "one size": ONE_SIZE, "two sizes": TWO_SIZES}
every_workload = pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS)


@given(st.integers(1, 120), st.integers(1, 40))
@settings(max_examples=12)
def test_more_users_never_cost_less(users: int, more: int) -> None:
    few, many = request({**CHAT, "users": users}), request({**CHAT, "users": users + more})
    assert cost(many) >= cost(few) - CENT


@given(st.floats(0.1, 40), st.floats(1.01, 4))
@settings(max_examples=8)
def test_a_higher_rate_never_costs_less(rate: float, factor: float) -> None:
    slow = request({**ONE_SIZE, "request_rate_per_s": rate})
    fast = request({**ONE_SIZE, "request_rate_per_s": rate * factor})
    assert cost(fast) >= cost(slow) - CENT


@given(st.floats(1, 60), st.floats(1.01, 2))
@settings(max_examples=10)
def test_a_faster_stream_never_costs_less(speed: float, factor: float) -> None:
    slow = request({**CHAT, "tok_per_s_per_user": speed})
    fast = request({**CHAT, "tok_per_s_per_user": speed * factor})
    assert cost(fast) >= cost(slow) - CENT


@given(st.floats(0.2, 20), st.floats(0.3, 0.99))
@settings(max_examples=10)
def test_a_sooner_first_token_never_costs_less(seconds: float, factor: float) -> None:
    assert cost(request(slo={"ttft_s": seconds * factor})) >= cost(request(slo={"ttft_s": seconds})) - CENT


@given(st.integers(512, 60_000), st.integers(1, 60_000))
@settings(max_examples=10)
def test_a_longer_prompt_never_costs_less(tokens: int, more: int) -> None:
    short = request({"users": 8, "tok_per_s_per_user": 20, "input_tokens": tokens, "output_tokens": 256})
    long = request({"users": 8, "tok_per_s_per_user": 20, "input_tokens": tokens + more, "output_tokens": 256})
    assert cost(long) >= cost(short) - CENT


def test_a_stricter_percentile_never_costs_less() -> None:
    costs = [cost(request(ONE_SIZE, slo={"ttft_s": 1, "percentile": p})) for p in (50, 75, 90, 95, 99, 99.9)]
    assert costs == sorted(costs)


@every_workload
def test_a_better_quality_never_costs_less(workload: dict[str, Any]) -> None:
    costs = [cost(request(workload, quality={"min_tier": tier})) for tier in QUALITY_TIERS]
    assert costs == sorted(costs, reverse=True)


@given(
    st.decimals("0.5", "50", places=2),
    st.sampled_from(["H100-SXM-80GB", "A100-SXM-80GB", "L40S-48GB", "RTX-A6000-48GB"]),
    st.sampled_from([1, 2, 4, 8]),
)
@settings(max_examples=15)
def test_one_more_offer_never_costs_more(price: Decimal, gpu: str, gpus: int) -> None:
    more = (*three_clouds(), offer(str(price), gpu, gpus, provider="crusoe", tier="neocloud"))
    assert cost(request(), more) <= cost(request()) + CENT


@every_workload
def test_doubling_prices_doubles_the_cost(workload: dict[str, Any]) -> None:
    dearer = [replace(row, usd_per_hour=2 * row.usd_per_hour) for row in three_clouds()]
    assert cost(request(workload), dearer) == pytest.approx(2 * cost(request(workload)))


@every_workload
def test_the_order_of_offers_changes_nothing(workload: dict[str, Any]) -> None:
    assert plan(request(workload), three_clouds()[::-1]).lines == plan(request(workload)).lines


@every_workload
def test_the_same_request_gives_the_same_plan(workload: dict[str, Any]) -> None:
    first, second = plan(request(workload)), fresh_plan(request(workload))
    assert (first.plan_id, first.lines, first.alternatives) == (second.plan_id, second.lines, second.alternatives)


@pytest.mark.parametrize(
    "allow",
    [
        {"providers": ["gcp"]},
        {"regions": ["us-west-2"]},
        {"continents": ["europe"]},
        {"gpus": ["A100"]},
        {"engines": ["vllm"]},
        {"tiers": ["neocloud"]},
        {"terms": ["on_demand"]},
        {"links": ["nvlink"]},
    ],
    ids=lambda allow: next(iter(allow)),
)
def test_a_filter_never_makes_it_cheaper(allow: dict[str, list[str]]) -> None:
    assert cost(request(allow=allow)) >= cost(request()) - CENT


def test_denying_the_chosen_provider_changes_the_plan() -> None:
    chosen = plan(request()).lines[0].provider
    assert chosen not in {line.provider for line in plan(request(deny={"providers": [chosen]})).lines}


def test_denying_an_absent_offer_changes_nothing() -> None:
    without_spot = plan(request(deny={"terms": ["spot"]}))
    assert without_spot.lines == plan(request()).lines


def test_spot_is_taken_where_it_is_allowed_and_cheapest() -> None:
    only_h100 = [row for row in three_clouds() if row.gpu_id == "H100-SXM-80GB" and row.gpu_count == 8]
    spot = plan(request(allow={"terms": ["on_demand", "spot"]}), only_h100)
    assert [(line.term, line.usd_per_hour) for line in spot.lines] == [("spot", 16.2)]


def test_plan_id_depends_on_the_request() -> None:
    prices = snapshot(*three_clouds())
    assert plan_id(request(), prices, catalog()) != plan_id(request(hours_per_month=100), prices, catalog())


def test_plan_id_depends_on_the_snapshot() -> None:
    prices = snapshot(*three_clouds())
    assert plan_id(request(), prices, catalog()) != plan_id(
        request(), replace(prices, snapshot_id="another"), catalog()
    )


def test_plan_names_its_snapshot() -> None:
    facts = plan(request()).snapshot
    assert (facts.id, facts.offers, facts.oldest_observed_at) == ("a-test-snapshot", 5, "2026-08-01")


def test_an_optimal_plan_has_a_bound_equal_to_its_cost() -> None:
    made = plan(request())
    assert made.status == "optimal"
    assert made.certificate.bound_usd_per_hour == pytest.approx(made.cost_usd_per_hour, abs=CENT)


def test_alternatives_within_the_request_cost_no_less_than_the_plan() -> None:
    made = plan(request())
    inside = [other for other in made.alternatives if other.label.startswith(("gpu", "runner-up"))]
    assert inside
    assert min(other.cost_usd_per_hour for other in inside) >= (made.cost_usd_per_hour or 0) - CENT


def test_alternatives_cost_what_their_lines_add_up_to() -> None:
    for other in plan(request()).alternatives:
        added = sum(line.count * line.usd_per_hour for line in other.lines)
        assert other.cost_usd_per_hour == pytest.approx(added, abs=CENT)


def test_the_runner_up_has_no_instance_type_of_the_plan() -> None:
    made = plan(request())
    (runner_up,) = (other for other in made.alternatives if other.label == "runner-up")
    assert not {line.instance_type for line in runner_up.lines} & {line.instance_type for line in made.lines}


def test_every_rejected_offer_is_counted_once() -> None:
    made = plan(request())
    assert 0 < sum(made.explanation.rejected.values()) < len(three_clouds())


def test_rejections_name_the_reason() -> None:
    assert plan(request()).explanation.rejected["term not allowed"] == 1
