"""Demand: one form for users, request rates and token rates."""

from typing import Any

import pytest

from catalog import InvalidInputError, load_catalog
from optimizer.demand import Demand, demand_of
from optimizer.request import read_request

TWO = [
    {"input_tokens": 1000, "output_tokens": 100, "share": 0.75},
    {"input_tokens": 4000, "output_tokens": 500, "share": 0.25},
]


def demand(workload: dict[str, Any], model: str = "llama-3.1-70b", **rest: Any) -> Demand:
    return demand_of(read_request({"workload": workload, **rest}), load_catalog().model(model))


def sizes(found: Demand) -> list[tuple[int, int]]:
    return [(size.input_tokens, size.output_tokens) for size in found.sizes]


def test_users_are_the_amount() -> None:
    found = demand({"users": 7, "context_tokens": 8192})
    assert ("users", (7.0,)) == (found.unit, found.amounts)


def test_a_rate_is_dealt_out_by_share() -> None:
    found = demand({"request_rate_per_s": 8, "buckets": TWO})
    assert ("requests_per_s", (6.0, 2.0)) == (found.unit, found.amounts)


def test_a_token_rate_is_divided_by_the_mean_answer() -> None:
    found = demand({"output_tok_per_s": 400, "buckets": TWO})
    assert (1.5, 0.5) == pytest.approx(found.amounts)


@pytest.mark.parametrize(
    ("context", "expected"),
    [(8192, (7680, 512)), (131_072, (130_560, 512)), (1024, (960, 64)), (16, (15, 1)), (2, (1, 1))],
)
def test_a_context_is_split_into_prompt_and_answer(context: int, expected: tuple[int, int]) -> None:
    assert [expected] == sizes(demand({"users": 1, "context_tokens": context}))


def test_the_split_of_a_context_is_named_as_an_assumption() -> None:
    (note,) = demand({"users": 1, "context_tokens": 8192}).assumptions
    assert "7,680 are prompt and 512 are answer" in note


def test_given_sizes_need_no_assumption() -> None:
    assert () == demand({"users": 1, "input_tokens": 2000, "output_tokens": 500}).assumptions


def test_the_longest_sequence_is_the_longest_of_all_sizes() -> None:
    assert 4500 == demand({"request_rate_per_s": 8, "buckets": TWO}).longest_tokens


@pytest.mark.parametrize(
    ("speed", "slo", "expected_ms"),
    [
        (20, {}, 50),
        (None, {"tok_per_s_per_user": 40}, 25),
        (None, {"tpot_ms": 30}, 30),
        (20, {"tok_per_s_per_user": 10}, 50),
        (20, {"tpot_ms": 30}, 30),
        (50, {"tpot_ms": 30, "tok_per_s_per_user": 40}, 20),
    ],
)
def test_the_tightest_way_to_ask_for_speed_counts(
    speed: float | None, slo: dict[str, float], expected_ms: float
) -> None:
    found = demand({"users": 1, "tok_per_s_per_user": speed, "context_tokens": 8192}, slo=slo)
    assert expected_ms == pytest.approx((found.tpot_s or 0) * 1000)


def test_without_a_speed_there_is_no_target() -> None:
    found = demand({"users": 1, "context_tokens": 8192})
    assert (None, None) == (found.tpot_s, found.tok_per_s_per_user)


def test_the_whole_context_of_a_model_may_be_asked_for() -> None:
    assert 131_072 == demand({"users": 1, "context_tokens": 131_072}).longest_tokens


@pytest.mark.parametrize(
    "workload",
    [
        {"users": 1, "context_tokens": 131_073},
        {"users": 1, "input_tokens": 131_072, "output_tokens": 1},
        {"request_rate_per_s": 1, "buckets": [{"input_tokens": 200_000, "output_tokens": 1}]},
    ],
    ids=str,
)
def test_more_than_the_context_of_a_model_is_refused(workload: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError, match="at most 131,072"):
        demand(workload)
