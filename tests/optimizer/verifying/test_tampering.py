"""The verifier: a sound plan keeps every rule, and each tampered field breaks one."""

import copy
import json
from functools import cache, reduce
from typing import Any

import pytest

from api.documents import from_json, to_plain
from optimizer.fleet.plan import Plan
from optimizer.fleet.planning import plan_id
from optimizer.request import read_request
from optimizer.verifying import broken_rules
from tests.optimizer.fleet.market import ONE_SIZE, TWO_SIZES, catalog, offer, plan, request, snapshot, three_clouds

REQUESTS = {
    "users": request(limits={"max_instances": 3, "max_kinds": 2, "quotas": {"lambda": 4}, "max_usd_per_hour": 30}),
    "one size": request(ONE_SIZE, slo={"ttft_s": 2}),
    "two sizes": request(TWO_SIZES),
}
WITH_SPOT = {
    "spot": request(allow={"terms": ["spot"]}, spot={"losses": 1}),
    "spot of two sizes": request(TWO_SIZES, allow={"terms": ["spot"]}, spot={"losses": 2}),
}


@cache
def sound(name: str) -> dict[str, Any]:
    plain: dict[str, Any] = to_plain(plan((REQUESTS | WITH_SPOT)[name]))
    return plain


def tampered(path: str, value: object, name: str = "users") -> dict[str, Any]:
    """Return a sound plan with one field changed; numbers in the path are positions in a list."""
    document = copy.deepcopy(sound(name))
    *parents, last = (int(part) if part.isdigit() else part for part in path.split("."))
    reduce(lambda part, key: part[key], parents, document)[last] = value
    return signed(document) if parents[:1] == ["request"] else document


def signed(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document with the id of its request, so that only what it claims can give it away."""
    document["plan_id"] = plan_id(read_request(document["request"]), snapshot(*three_clouds()), catalog())
    return document


def broken(document: dict[str, Any]) -> tuple[str, ...]:
    return broken_rules(from_json(Plan, json.dumps(document), "a test"), snapshot(*three_clouds()), catalog())


def value_of(path: str, name: str = "users") -> Any:
    return reduce(lambda part, key: part[int(key) if key.isdigit() else key], path.split("."), sound(name))


@pytest.mark.parametrize("name", [*REQUESTS, *WITH_SPOT])
def test_a_sound_plan_breaks_no_rule(name: str) -> None:
    assert broken(sound(name)) == ()


OTHER_WORDS = {
    "lines.0.provider": "azure",
    "lines.0.tier": "marketplace",
    "lines.0.region": "eu-west-1",
    "lines.0.zone": "us-east-1a",
    "lines.0.instance_type": "p5.48xlarge",
    "lines.0.term": "spot",
    "lines.0.currency": "EUR",
    "lines.0.observed_at": "2026-08-02",
    "lines.0.observed_until": "2026-08-03",
    "lines.0.source": "hearsay",
    "lines.0.source_url": "https://example.com/elsewhere",
    "lines.0.gpu": "B200-SXM-180GB",
    "lines.0.link": "nvswitch-gen5",
    "lines.0.link_basis": "catalog",
    "lines.0.quantization": "q2_k",
    "lines.0.quality_tier": "lossy",
    "lines.0.kv_dtype": "int3",
    "lines.0.engine": "llama.cpp",
    "status": "feasible",
    "plan_id": "0123456789abcdef",
    "calibration_id": "another-calibration",
    "snapshot.id": "another-snapshot",
    "snapshot.newest_observed_at": "2026-08-30",
    "snapshot.oldest_observed_at": "2020-01-01",
    "lines.0.inter_node_link": "ib-400",
    "catalog_id": "another-catalog",
}


@pytest.mark.parametrize(("path", "word"), OTHER_WORDS.items(), ids=OTHER_WORDS)
def test_another_word_breaks_a_rule(path: str, word: str) -> None:
    assert value_of(path) != word
    assert broken(tampered(path, word))


NUMBERS = (
    "cost_usd_per_hour",
    "cost_usd_per_month",
    "certificate.bound_usd_per_hour",
    "certificate.gap_fraction",
    "lines.0.count",
    "lines.0.usd_per_hour",
    "lines.0.gpus_per_instance",
    "lines.0.tensor_parallel",
    "lines.0.pipeline_parallel",
    "lines.0.nodes_per_replica",
    "lines.0.replicas",
    "lines.0.routing.0",
    "lines.0.memory.weights_gib",
    "lines.0.performance.tok_per_s_per_user.value",
    "lines.0.performance.ttft_s.value",
    "lines.0.performance.tpot_ms.value",
    "lines.0.performance.output_tok_per_s.value",
    "lines.0.performance.utilization",
    "lines.0.performance.tok_per_s_per_user.high",
    "lines.0.performance.ttft_s.high",
    "lines.0.performance.tpot_ms.high",
    "lines.0.performance.output_tok_per_s.high",
    "lines.0.memory.kv_cache_gib",
    "lines.0.memory.overhead_gib",
    "lines.0.memory.used_gib_per_gpu",
    "lines.0.memory.usable_gib_per_gpu",
    "usd_per_million_output_tokens.at_offered_load",
    "usd_per_million_output_tokens.at_saturation",
    "snapshot.offers",
    "alternatives.0.cost_usd_per_hour",
)


@pytest.mark.parametrize("name", REQUESTS)
@pytest.mark.parametrize("path", NUMBERS)
def test_one_more_breaks_a_rule(path: str, name: str) -> None:
    assert broken(tampered(path, value_of(path, name) + 1, name))


@pytest.mark.parametrize("name", REQUESTS)
@pytest.mark.parametrize("path", ["cost_usd_per_hour", "certificate.bound_usd_per_hour", "lines.0.usd_per_hour"])
def test_a_cent_less_breaks_a_rule(path: str, name: str) -> None:
    assert broken(tampered(path, value_of(path, name) - 0.01, name))


SPOT_FACTS = {
    "lines.0.spot": None,
    "lines.0.spot.basis": "request",
    "lines.0.spot.source": "hearsay",
    "lines.0.spot.interruptions_per_month": 0.001,
    "lines.0.spot.there_fraction": 0.5,
    "spot_risk": None,
    "spot_risk.interruptions_per_month": 0.001,
    "spot_risk.replace_minutes": 1.0,
    "spot_risk.losses": 3,
    "spot_risk.capacity_fraction": 50.0,
    "spot_risk.expected_capacity_fraction": 50.0,
    "spot_risk.worst_case_capacity_fraction": 50.0,
}


@pytest.mark.parametrize("name", WITH_SPOT)
@pytest.mark.parametrize(("path", "value"), SPOT_FACTS.items(), ids=SPOT_FACTS)
def test_another_fact_of_spot_breaks_a_rule(path: str, value: object, name: str) -> None:
    assert broken(tampered(path, value, name))


def test_spot_risk_without_spot_breaks_a_rule() -> None:
    assert any("no spot" in rule for rule in broken(tampered("spot_risk", sound("spot")["spot_risk"])))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("losses", 4, "taken back"), ("interruptions_per_month", 40_000.0, "on average")],
)
def test_spot_that_is_not_as_safe_as_asked_breaks_a_rule(field: str, value: float, said: str) -> None:
    assert any(said in rule for rule in broken(tampered(f"request.spot.{field}", value, "spot")))


@pytest.mark.parametrize("part", ["tok_per_s_per_user", "ttft_s", "tpot_ms", "output_tok_per_s"])
@pytest.mark.parametrize(("end", "factor"), [("low", 3.0), ("high", 0.1)])
def test_a_value_outside_its_interval_breaks_a_rule(part: str, end: str, factor: float) -> None:
    path = f"lines.0.performance.{part}.{end}"
    assert broken(tampered(path, value_of(path) * factor))


def test_more_memory_used_than_usable_breaks_a_rule() -> None:
    usable = value_of("lines.0.memory.usable_gib_per_gpu")
    assert broken(tampered("lines.0.memory.used_gib_per_gpu", usable + 1))


def test_more_memory_usable_than_the_gpu_has_breaks_a_rule() -> None:
    assert broken(tampered("lines.0.memory.usable_gib_per_gpu", 500.0))


def test_memory_that_is_held_but_not_used_breaks_a_rule() -> None:
    assert broken(tampered("lines.0.memory.used_gib_per_gpu", 1.0))


def test_a_proof_that_is_denied_breaks_a_rule() -> None:
    assert broken(tampered("certificate.proved_optimal", False))


def test_a_certificate_without_a_bound_breaks_a_rule() -> None:
    assert broken(tampered("certificate.bound_usd_per_hour", None))


@pytest.mark.parametrize("name", REQUESTS)
@pytest.mark.parametrize("path", ["lines.0.performance.max_concurrency", "lines.0.memory.max_concurrent_sequences"])
def test_many_more_sequences_than_fit_break_a_rule(path: str, name: str) -> None:
    assert broken(tampered(path, 10_000, name))


def test_a_format_below_the_quality_asked_for_breaks_a_rule() -> None:
    document = to_plain(plan(request(quality={"quantizations": ["awq-int4"]})))
    document["request"]["quality"] = {"min_tier": "lossless", "quantizations": []}
    assert any("below lossless" in rule for rule in broken(signed(document)))


@pytest.mark.parametrize("path", ["lines.0.count", "lines.0.replicas", "lines.0.usd_per_hour"])
def test_nothing_breaks_a_rule(path: str) -> None:
    assert broken(tampered(path, 0))


@pytest.mark.parametrize("path", ["lines.0.count", "lines.0.replicas", "lines.0.tensor_parallel"])
def test_less_than_nothing_breaks_a_rule(path: str) -> None:
    assert broken(tampered(path, -1))


def test_an_infeasible_plan_with_a_cost_breaks_a_rule() -> None:
    document = tampered("status", "infeasible")
    document["lines"] = []
    assert broken(document)


def test_an_infeasible_plan_is_sound() -> None:
    assert broken(to_plain(plan(request(limits={"max_usd_per_hour": 0.5})))) == ()


def test_an_engine_named_by_another_spelling_is_sound() -> None:
    assert broken(to_plain(plan(request(allow={"engines": ["vLLM"]})))) == ()


def test_a_gpu_named_by_its_family_is_sound() -> None:
    assert broken(to_plain(plan(request(allow={"gpus": ["A100"]})))) == ()


def test_a_plan_without_lines_breaks_a_rule() -> None:
    assert broken(tampered("lines", []))


def test_an_infeasible_plan_with_lines_breaks_a_rule() -> None:
    assert broken(tampered("status", "infeasible"))


def test_a_line_given_twice_breaks_a_rule() -> None:
    assert broken(tampered("lines", sound("users")["lines"] * 2))


def test_a_line_left_out_of_the_routing_breaks_a_rule() -> None:
    assert broken(tampered("lines.0.routing", []))


STRICTER = {
    "request.limits.max_usd_per_hour": 0.5,
    "request.limits.quotas": {"lambda": 0},
    "request.workload.users": 400,
    "request.workload.tok_per_s_per_user": 900.0,
    "request.slo.ttft_s": 0.001,
    "request.allow.providers": ["gcp"],
    "request.allow.tiers": ["hyperscaler"],
    "request.allow.regions": ["europe-west4"],
    "request.allow.continents": ["europe"],
    "request.allow.gpus": ["A100"],
    "request.allow.engines": ["llama.cpp"],
    "request.allow.terms": ["spot"],
    "request.allow.links": ["pcie"],
    "request.deny.links": ["nvlink"],
    "request.deny.gpus": ["H100"],
    "request.deny.providers": ["lambda"],
    "request.deny.tiers": ["neocloud"],
    "request.deny.regions": ["us-west-2"],
    "request.deny.continents": ["north-america"],
    "request.deny.terms": ["on_demand"],
    "request.quality.quantizations": ["q4_k_m"],
    "request.survive_loss": "provider",
    "request.hours_per_month": 100.0,
    "request.as_of": "2026-07-01",
}


@pytest.mark.parametrize(("path", "value"), STRICTER.items(), ids=STRICTER)
def test_a_plan_that_misses_a_stricter_request_breaks_a_rule(path: str, value: object) -> None:
    assert broken(tampered(path, value))


def test_a_price_older_than_allowed_breaks_a_rule() -> None:
    document = tampered("request.as_of", "2026-09-01")
    document["request"]["max_price_age_days"] = 7
    assert any("31 days old" in rule for rule in broken(signed(document)))


def test_more_instances_than_allowed_are_named() -> None:
    document = tampered("lines.0.count", 5)
    assert "5 instances, at most 3 allowed" in broken(document)


def test_a_broken_rule_names_its_line() -> None:
    assert any(rule.startswith("line 1: ") for rule in broken(tampered("lines.0.usd_per_hour", 0.01)))


def test_every_broken_rule_is_listed() -> None:
    document = tampered("lines.0.usd_per_hour", 0.01)
    document["lines"][0]["tier"] = "marketplace"
    assert ["usd_per_hour", "tier"] == [rule.split()[2] for rule in broken(document)][:2]


def test_more_vcpus_than_the_quota_of_a_family_are_told() -> None:
    offers = (offer("10", instance_type="p5.48xlarge", vcpus=192),)
    asked = request(limits={"quotas": {"aws/us-east-1/P/on_demand vCPUs": 192}})
    document: dict[str, Any] = copy.deepcopy(to_plain(plan(asked, offers)))
    document["request"]["limits"]["quotas"]["aws/us-east-1/P/on_demand vCPUs"] = 191
    document["plan_id"] = plan_id(read_request(document["request"]), snapshot(*offers), catalog())
    found = broken_rules(from_json(Plan, json.dumps(document), "a test"), snapshot(*offers), catalog())
    assert found == ("192 of aws/us-east-1/P/on_demand vCPUs, its quota is 191",)
