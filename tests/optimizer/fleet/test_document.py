"""The candidates document: an outsider who builds the program from it alone finds the cost of the plan."""

from functools import cache
from typing import Any

import pytest

from api.documents import to_plain
from optimizer.fleet.document import candidates_document
from optimizer.fleet.plan import Plan
from optimizer.fleet.planning import Reading, make_plan
from optimizer.request import PlanRequest, read_request
from pricing import load_snapshot
from tests.optimizer.fleet.market import ONE_SIZE, TWO_SIZES, catalog, plan, request, snapshot, three_clouds
from tests.optimizer.fleet.outsider import cheapest

FRACTION_OF_A_CENT = 1e-6

REQUESTS: dict[str, dict[str, Any]] = {
    "one user of 405B": {"workload": {"users": 1, "tok_per_s_per_user": 10, "context_tokens": 8192}},
    "405B at lossless quality": {
        "workload": {"users": 4, "context_tokens": 4096},
        "quality": {"min_tier": "lossless"},
        "allow": {"providers": ["aws", "runpod"]},
    },
    "users of 70B": {
        "model": "llama-3.1-70b",
        "workload": {"users": 90, "tok_per_s_per_user": 20, "context_tokens": 8192},
    },
    "many users of 8B": {
        "model": "llama-3.1-8b",
        "workload": {"users": 700, "tok_per_s_per_user": 40, "input_tokens": 1500, "output_tokens": 300},
    },
    "users on few instances": {
        "model": "llama-3.1-70b",
        "workload": {"users": 60, "tok_per_s_per_user": 20, "context_tokens": 8192},
        "limits": {"max_instances": 2, "max_kinds": 1},
    },
    "users with quotas": {
        "model": "llama-3.1-70b",
        "workload": {"users": 60, "tok_per_s_per_user": 20, "context_tokens": 8192},
        "limits": {"quotas": {"H100-SXM-80GB": 2, "verda": 1, "hyperstack/CANADA-1": 1, "RTX-A6000-48GB": 0}},
    },
    "users with an account's quotas": {
        "model": "llama-3.1-70b",
        "workload": {"users": 60, "tok_per_s_per_user": 20, "context_tokens": 8192},
        "allow": {"providers": ["aws"]},
        "limits": {
            "quotas": {f"aws/{region}/P/on_demand vCPUs": 96 for region in ("us-east-1", "us-west-2", "us-east-2")}
        },
    },
    "users within a budget": {
        "model": "llama-3.1-70b",
        "workload": {"users": 30, "tok_per_s_per_user": 25, "context_tokens": 4096},
        "limits": {"max_usd_per_hour": 40},
        "slo": {"ttft_s": 2},
    },
    "users in Europe": {
        "model": "llama-3.1-70b",
        "workload": {"users": 12, "tok_per_s_per_user": 15, "context_tokens": 16384},
        "allow": {"continents": ["europe"]},
    },
    "users on spot": {
        "workload": {"users": 16, "tok_per_s_per_user": 15, "context_tokens": 8192},
        "allow": {"terms": ["spot"]},
    },
    "a rate of 8B": {
        "model": "llama-3.1-8b",
        "workload": {"request_rate_per_s": 30, "input_tokens": 800, "output_tokens": 200},
        "slo": {"ttft_s": 1, "tpot_ms": 40},
        "allow": {"providers": ["aws", "lambda", "verda"]},
    },
    "two sizes of 70B": {
        "model": "llama-3.1-70b",
        "workload": {**TWO_SIZES, "request_rate_per_s": 4},
        "allow": {"providers": ["aws", "gcp", "lambda"]},
    },
    "tokens per second of 405B": {
        "workload": {"output_tok_per_s": 900, "input_tokens": 2000, "output_tokens": 300},
        "slo": {"ttft_s": 10, "percentile": 90},
        "allow": {"providers": ["azure", "runpod", "crusoe"]},
    },
}


def asked(name: str) -> PlanRequest:
    return read_request(REQUESTS[name])


@cache
def shipped_plan(name: str) -> Plan:
    return make_plan(asked(name), load_snapshot(), catalog(), Reading("", ""))


@cache
def document(name: str, pruned: bool = False) -> dict[str, Any]:
    plain: dict[str, Any] = to_plain(candidates_document(asked(name), load_snapshot(), catalog(), pruned=pruned))
    return plain


@pytest.mark.parametrize("name", REQUESTS)
def test_an_outsider_finds_the_cost_of_the_plan(name: str) -> None:
    assert cheapest(document(name)) == pytest.approx(shipped_plan(name).cost_usd_per_hour, abs=FRACTION_OF_A_CENT)


@pytest.mark.parametrize("name", REQUESTS)
def test_pruned_columns_have_the_same_optimum(name: str) -> None:
    cost = shipped_plan(name).cost_usd_per_hour
    assert cheapest(document(name, pruned=True)) == pytest.approx(cost, abs=FRACTION_OF_A_CENT)


@pytest.mark.parametrize("name", REQUESTS)
def test_every_plan_is_verified(name: str) -> None:
    assert shipped_plan(name).certificate.verified


@pytest.mark.parametrize("name", REQUESTS)
def test_pruned_columns_are_those_that_nothing_replaces(name: str) -> None:
    standing = [column["id"] for column in document(name)["columns"] if column["replaced_by"] is None]
    assert standing == [column["id"] for column in document(name, pruned=True)["columns"]]


@pytest.mark.parametrize("name", REQUESTS)
def test_what_replaces_a_column_costs_no_more(name: str) -> None:
    columns = document(name)["columns"]
    price = {column["id"].rpartition("#")[0]: column["offer"]["usd_per_hour"] for column in columns}
    for column in columns:
        if column["replaced_by"] is not None:
            assert price[column["replaced_by"]] <= column["offer"]["usd_per_hour"]


@pytest.mark.parametrize("name", ["users of 70B", "two sizes of 70B", "tokens per second of 405B"])
def test_every_column_serves_something(name: str) -> None:
    for column in document(name)["columns"]:
        assert column.get("max_users") or any(column["max_rate_per_s"])


def test_column_ids_are_unique() -> None:
    ids = [column["id"] for column in document("users of 70B")["columns"]]
    assert len(ids) == len(set(ids))


def test_replicas_of_a_column_fit_its_instances_whole() -> None:
    for column in document("one user of 405B")["columns"]:
        gpus = column["offer"]["gpus"] * column["instances_per_replica"]
        assert gpus % column["gpus_per_replica"] == 0


def test_a_replica_has_tensor_times_pipeline_gpus() -> None:
    for column in document("one user of 405B")["columns"]:
        assert column["gpus_per_replica"] == column["tensor_parallel"] * column["pipeline_parallel"]


def test_users_are_in_the_document() -> None:
    assert document("users of 70B")["users"] == 90


def test_the_rates_of_buckets_add_up_to_the_request_rate() -> None:
    rates = [bucket["rate_per_s"] for bucket in document("two sizes of 70B")["buckets"]]
    assert rates == pytest.approx([3.0, 1.0])


def test_a_token_rate_becomes_a_request_rate() -> None:
    (bucket,) = document("tokens per second of 405B")["buckets"]
    assert bucket["rate_per_s"] == pytest.approx(3.0)


def test_limits_are_in_the_document() -> None:
    assert document("users on few instances")["limits"]["max_instances"] == 2


def test_a_size_that_a_column_cannot_serve_has_capacity_zero() -> None:
    sizes = [
        {"input_tokens": 500, "output_tokens": 100, "share": 0.9},
        {"input_tokens": 100_000, "output_tokens": 500, "share": 0.1},
    ]
    wanted = request({"request_rate_per_s": 1, "buckets": sizes}, slo={"ttft_s": 20})
    plain = to_plain(candidates_document(wanted, snapshot(*three_clouds()), catalog()))
    assert any(rates[0] > 0 and rates[1] == 0 for rates in (c["max_rate_per_s"] for c in plain["columns"]))


@pytest.mark.parametrize("workload", [None, ONE_SIZE, TWO_SIZES], ids=["users", "one size", "two sizes"])
def test_an_outsider_finds_the_cost_of_a_small_market(workload: dict[str, Any] | None) -> None:
    plain = to_plain(candidates_document(request(workload), snapshot(*three_clouds()), catalog()))
    assert cheapest(plain) == pytest.approx(plan(request(workload)).cost_usd_per_hour, abs=FRACTION_OF_A_CENT)
