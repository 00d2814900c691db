"""Reading a PlanRequest: every bad field is named, and nothing unknown is dropped."""

import json
import math
from typing import Any

import pytest

from catalog import InvalidInputError
from optimizer.request import PlanRequest, read_request

USERS = {"users": 1, "context_tokens": 8192}
RATE = {"request_rate_per_s": 1, "input_tokens": 100, "output_tokens": 10}


def buckets(*shares: float) -> dict[str, Any]:
    sizes = [{"input_tokens": 100, "output_tokens": 10, "share": share} for share in shares]
    return {"request_rate_per_s": 1, "buckets": sizes}


def message(document: object) -> str:
    with pytest.raises(InvalidInputError) as refused:
        read_request(document)
    return refused.value.message


@pytest.mark.parametrize(
    "workload",
    [
        USERS,
        {"users": 3, "input_tokens": 1, "output_tokens": 1},
        RATE,
        {"output_tok_per_s": 50, "context_tokens": 2},
        buckets(1.0),
        buckets(0.5, 0.25, 0.25),
        buckets(1 / 3, 1 / 3, 1 / 3),
    ],
    ids=str,
)
def test_each_form_of_workload_is_read(workload: dict[str, Any]) -> None:
    assert read_request({"workload": workload}).workload.model_dump(exclude_defaults=True)


WORKLOADS = [
    ({}, "exactly one of users"),
    ({"context_tokens": 8192}, "none of them"),
    ({**USERS, "request_rate_per_s": 1}, "users and request_rate_per_s"),
    ({"users": 1}, "give the size once"),
    ({**USERS, "input_tokens": 1, "output_tokens": 1}, "give the size once"),
    ({"users": 1, "input_tokens": 100}, "go together"),
    ({"users": 1, "buckets": buckets(1.0)["buckets"]}, "users have one size"),
    (buckets(0.5, 0.4), "add up to 0.9"),
    (buckets(0.7, 0.7), "add up to 1.4"),
]


@pytest.mark.parametrize(("workload", "words"), WORKLOADS, ids=str)
def test_a_workload_that_contradicts_itself_says_how(workload: dict[str, Any], words: str) -> None:
    assert words in message({"workload": workload})


BAD_FIELDS = [
    ("workload.users", 0),
    ("workload.users", -3),
    ("workload.users", 1.5),
    ("workload.users", 10**30),
    ("workload.users", "many"),
    ("workload.users", True),
    ("workload.users", math.nan),
    ("workload.users", [1]),
    ("workload.tok_per_s_per_user", 0),
    ("workload.tok_per_s_per_user", -1),
    ("workload.tok_per_s_per_user", math.inf),
    ("workload.tok_per_s_per_user", math.nan),
    ("workload.tok_per_s_per_user", 1e300),
    ("workload.context_tokens", 1),
    ("workload.context_tokens", 10**9),
    ("workload.prefix_cache_hit_fraction", 1),
    ("workload.prefix_cache_hit_fraction", math.nan),
    ("slo.ttft_s", 0),
    ("slo.ttft_s", -1),
    ("slo.tpot_ms", math.nan),
    ("slo.percentile", 49),
    ("slo.percentile", 100),
    ("slo.percentile", math.nan),
    ("quality.min_tier", "splendid"),
    ("allow.tiers", ["cloud"]),
    ("allow.terms", ["forever"]),
    ("allow.providers", "aws"),
    ("allow.providers", [""]),
    ("deny.terms", ["forever"]),
    ("limits.max_usd_per_hour", 0),
    ("limits.max_usd_per_hour", -10),
    ("limits.max_usd_per_hour", math.inf),
    ("limits.max_spot_fraction", 1.5),
    ("limits.max_spot_fraction", -0.1),
    ("limits.max_spot_fraction", math.nan),
    ("limits.quotas", {"aws": -1}),
    ("limits.quotas", {"aws": 1.5}),
    ("limits.quotas", ["aws"]),
    ("limits.max_instances", 0),
    ("limits.max_kinds", 0),
    ("survive_loss", "everything"),
    ("hours_per_month", 0),
    ("hours_per_month", 745),
    ("hours_per_month", math.nan),
    ("as_of", "yesterday"),
    ("as_of", "2026-02-30"),
    ("max_price_age_days", -1),
    ("model", 405),
    ("model", None),
]


def with_field(path: str, value: object) -> dict[str, Any]:
    document: dict[str, Any] = {"workload": dict(USERS)}
    part, _, field = path.partition(".")
    if field:
        document[part] = {**document.get(part, {}), field: value}
    else:
        document[part] = value
    return document


@pytest.mark.parametrize(("path", "value"), BAD_FIELDS, ids=lambda part: str(part)[:40])
def test_a_bad_field_is_named(path: str, value: object) -> None:
    assert message(with_field(path, value)).startswith(path)


@pytest.mark.parametrize(
    "path", ["surprise", "workload.usres", "slo.latency", "limits.budget", "allow.provider", "quality.tier"]
)
def test_an_unknown_field_is_refused_by_name(path: str) -> None:
    assert path in message(with_field(path, 1))


def test_every_bad_field_is_named_at_once() -> None:
    document = {"workload": {**USERS, "users": 0}, "survive_loss": "everything", "surprise": 1}
    assert {"workload.users", "survive_loss", "surprise"} == {
        line.split(":")[0] for line in message(document).splitlines()
    }


@pytest.mark.parametrize("document", [None, [], "users: 1", 7, True], ids=str)
def test_what_is_no_mapping_is_refused(document: object) -> None:
    assert "mapping" in message(document)


def test_a_request_without_a_workload_says_so() -> None:
    assert message({}).startswith("workload: Field required")


def test_a_long_value_is_not_repeated_in_full() -> None:
    assert len(message(with_field("workload.users", "x" * 100_000))) < 1000


def test_an_empty_request_has_visible_defaults() -> None:
    read = read_request({"workload": USERS})
    assert ("llama-4-405b", "good", ("on_demand",), 730) == (
        read.model,
        read.quality.min_tier,
        read.allow.terms,
        read.hours_per_month,
    )


def test_a_request_is_read_back_from_its_own_json() -> None:
    read = read_request({"workload": buckets(0.5, 0.5), "as_of": "2026-08-01", "limits": {"quotas": {"aws": 2}}})
    assert read == read_request(json.loads(read.model_dump_json()))


def test_a_request_cannot_be_changed() -> None:
    read = read_request({"workload": USERS})
    with pytest.raises(ValueError, match="frozen"):
        read.model = "another"


def test_every_field_has_a_default_but_the_workload() -> None:
    required = {name for name, field in PlanRequest.model_fields.items() if field.is_required()}
    assert {"workload"} == required
