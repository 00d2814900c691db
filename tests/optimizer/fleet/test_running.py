"""Running: odd loads end in plans that hold, with every replica and instance accounted for."""

from typing import Any

import pytest

from tests.optimizer.fleet.market import CHAT, TWO_SIZES, cost, lines, offer, plan, request, three_clouds

SPOT_TOO = {"terms": ["on_demand", "spot"]}
SHORT_AND_LONG = [
    {"input_tokens": 500, "output_tokens": 100, "share": 0.95},
    {"input_tokens": 100_000, "output_tokens": 300, "share": 0.05},
]


@pytest.mark.parametrize("rate", [1e-8, 1e-5, 1e-2])
def test_a_tiny_rate_of_two_sizes_is_served(rate: float) -> None:
    made = plan(request({**TWO_SIZES, "request_rate_per_s": rate}))
    assert ("optimal", True) == (made.status, made.certificate.verified)


def test_a_tiny_share_is_served() -> None:
    sizes = [
        {"input_tokens": 1000, "output_tokens": 200, "share": 1 - 1e-9},
        {"input_tokens": 60_000, "output_tokens": 500, "share": 1e-9},
    ]
    made = plan(request({"request_rate_per_s": 1, "buckets": sizes}))
    assert ("optimal", True) == (made.status, made.certificate.verified)


def test_many_users_are_served() -> None:
    made = plan(request({**CHAT, "users": 1_000_000}))
    assert ("optimal", True) == (made.status, made.certificate.verified)


def test_every_user_is_routed_to_a_replica() -> None:
    routed = sum(line.routing[0] for line in lines(request({**CHAT, "users": 37})))
    assert 37 == pytest.approx(37 * routed)


@pytest.mark.parametrize("most", [0.0, 0.3, 0.5, 1.0])
def test_spot_keeps_to_its_share_of_the_gpus(most: float) -> None:
    found = lines(request({**CHAT, "users": 60}, allow=SPOT_TOO, limits={"max_spot_fraction": most}))
    gpus = [(line.term, line.count * line.gpus_per_instance) for line in found]
    assert sum(count for term, count in gpus if term == "spot") <= most * sum(count for _, count in gpus) + 1e-9


@pytest.mark.parametrize("most", [0.3, 0.5])
def test_no_instance_is_rented_only_to_dilute_spot(most: float) -> None:
    found = lines(request({**CHAT, "users": 60}, allow=SPOT_TOO, limits={"max_spot_fraction": most}))
    for line in found:
        assert line.replicas * line.tensor_parallel * line.pipeline_parallel > (line.count - 1) * line.gpus_per_instance


@pytest.mark.parametrize(
    "workload", [{"users": 40, "tok_per_s_per_user": 20}, {"request_rate_per_s": 6}], ids=["users", "rate"]
)
def test_a_warm_prefix_cache_never_costs_more(workload: dict[str, Any]) -> None:
    sized = {**workload, "input_tokens": 12_000, "output_tokens": 100}
    warm, cold = ({**sized, "prefix_cache_hit_fraction": hit} for hit in (0.9, 0.0))
    assert cost(request(warm)) <= cost(request(cold)) + 1e-6


def test_a_warm_prefix_cache_saves_money_at_a_rate_of_long_prompts() -> None:
    sized = {"request_rate_per_s": 20, "input_tokens": 12_000, "output_tokens": 100}
    assert cost(request({**sized, "prefix_cache_hit_fraction": 0.9})) < cost(request(sized))


def test_a_small_gpu_serves_the_short_requests_of_a_mixed_load() -> None:
    market = (offer("5", gpus=1), offer("0.10", "L4-24GB", 1, provider="gcp"))
    asked = request(
        {"request_rate_per_s": 56, "buckets": SHORT_AND_LONG},
        model="llama-3.1-8b",
        quality={"quantizations": ["bf16"]},
    )
    assert {"H100-SXM-80GB", "L4-24GB"} == {line.gpu for line in lines(asked, market)}


@pytest.mark.parametrize("sizes", [SHORT_AND_LONG, TWO_SIZES["buckets"]], ids=["short and long", "two sizes"])
def test_memory_of_mixed_sizes_stays_within_the_gpu(sizes: list[dict[str, Any]]) -> None:
    for line in lines(request({"request_rate_per_s": 3, "buckets": sizes})):
        assert line.memory.used_gib_per_gpu <= line.memory.usable_gib_per_gpu


def test_the_best_quality_that_serves_runs_on_what_is_rented() -> None:
    (line,) = lines(request({**CHAT, "users": 1}, model="llama-3.1-8b"), [offer("40")])
    assert "lossless" == line.quality_tier


def test_a_whole_instance_is_filled_with_replicas() -> None:
    (line,) = lines(request({**CHAT, "users": 100}, model="llama-3.1-8b"), [offer("40")])
    gpus = line.tensor_parallel * line.pipeline_parallel
    assert line.count * line.gpus_per_instance // gpus == line.replicas


def test_the_kinds_of_instance_keep_to_their_limit() -> None:
    found = lines(request({**CHAT, "users": 500}, limits={"max_kinds": 1}), three_clouds())
    assert 1 == len({line.instance_type for line in found})
