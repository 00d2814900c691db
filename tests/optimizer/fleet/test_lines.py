"""Lines: memory against arithmetic done by hand, money against exact decimals, figures against the physics."""

from decimal import Decimal
from typing import Any

import pytest

from optimizer.fleet.plan import Line, Plan
from optimizer.performance import Layouts, Workload, load, predict, saturated
from optimizer.request import PlanRequest, read_request
from tests.optimizer.fleet.market import (
    CHAT,
    ONE_SIZE,
    TWO_SIZES,
    catalog,
    lines,
    offer,
    plan,
    request,
    three_clouds,
)

GIB = 2**30
HIDDEN, MLP, KV_WIDTH, LAYERS, VOCABULARY = 16_384, 53_248, 1_024, 126, 128_256
LINEAR_405B = LAYERS * (2 * HIDDEN * HIDDEN + 2 * HIDDEN * KV_WIDTH + 3 * HIDDEN * MLP)
REST_405B = 2 * VOCABULARY * HIDDEN + (2 * LAYERS + 1) * HIDDEN
KV_BYTES_405B = {16: 516_096, 8: 258_048}
BIG = (offer("60.00", "MI300X-192GB", intra_link_id="infinity-fabric"), offer("40.00"), offer("14.5", "A100-SXM-80GB"))
WORKLOADS = {"users": CHAT, "one size": ONE_SIZE, "two sizes": TWO_SIZES}
every_workload = pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS)


def of_405b(quantization: str, **rest: Any) -> PlanRequest:
    workload = {"users": 2, "tok_per_s_per_user": 8, "context_tokens": 8192}
    return read_request({"workload": workload, "quality": {"quantizations": [quantization]}, **rest})


def layout(line: Line, model: str) -> Layouts:
    """Return the layout of a line, read from what the line says."""
    return Layouts.one(
        catalog(),
        model=model,
        gpu=line.gpu,
        quantization=line.quantization,
        engine=line.engine,
        kv_dtype="bf16" if line.kv_dtype == "auto" else line.kv_dtype,
        link=line.link,
        tp=line.tensor_parallel,
        pp=line.pipeline_parallel,
    )


@pytest.mark.parametrize(
    ("quantization", "linear_bits", "rest_bits"),
    [("bf16", 16, 16), ("fp8", 8, 16), ("awq-int4", 4 + 20 / 128, 16), ("gptq-int4", 4 + 20 / 128, 16)],
)
def test_weights_of_405b_are_what_the_arithmetic_gives(quantization: str, linear_bits: float, rest_bits: float) -> None:
    by_hand = (LINEAR_405B * linear_bits + REST_405B * rest_bits) / 8 / GIB
    for line in lines(of_405b(quantization), BIG):
        assert line.memory.weights_gib == pytest.approx(by_hand, rel=0.002)


@pytest.mark.parametrize("context", [2048, 8192, 32_768])
def test_kv_cache_of_405b_is_what_the_arithmetic_gives(context: int) -> None:
    asked = read_request({"workload": {"users": 1, "tok_per_s_per_user": 5, "context_tokens": context}})
    (line,) = lines(asked, BIG)
    bits = 16 if line.kv_dtype in {"auto", "fp16", "f16"} else 8
    assert line.memory.kv_cache_gib == pytest.approx(KV_BYTES_405B[bits] * context / GIB, rel=0.001)


@every_workload
def test_memory_used_is_within_what_is_usable(workload: dict[str, Any]) -> None:
    for line in lines(request(workload)):
        assert line.memory.used_gib_per_gpu <= line.memory.usable_gib_per_gpu


@every_workload
def test_memory_parts_add_up_over_the_gpus(workload: dict[str, Any]) -> None:
    for line in lines(request(workload)):
        parts = line.memory.weights_gib + line.memory.kv_cache_gib + line.memory.overhead_gib
        gpus = line.tensor_parallel * line.pipeline_parallel
        assert line.memory.used_gib_per_gpu * gpus >= parts * 0.999


@every_workload
def test_cost_is_the_exact_sum_of_the_lines(workload: dict[str, Any]) -> None:
    made = plan(request(workload))
    total = sum((Decimal(str(line.usd_per_hour)) * line.count for line in made.lines), Decimal(0))
    assert made.cost_usd_per_hour == float(total)


@pytest.mark.parametrize("hours", [730, 744, 160.5])
def test_a_month_costs_its_hours(hours: float) -> None:
    made = plan(request(hours_per_month=hours))
    assert made.cost_usd_per_month == pytest.approx((made.cost_usd_per_hour or 0) * hours, rel=1e-12)


def test_prices_of_a_tenth_of_a_cent_add_up_exactly() -> None:
    made = plan(request({**CHAT, "users": 300}), [offer("3.0010", "H100-SXM-80GB", 1)])
    (line,) = made.lines
    assert Decimal(str(made.cost_usd_per_hour)) == Decimal("3.001") * line.count


def per_million(made: Plan, tok_per_s: float) -> float:
    return (made.cost_usd_per_hour or 0) / (tok_per_s * 3600) * 1e6


def test_a_million_tokens_of_users_cost_at_their_speed() -> None:
    made = plan(request())
    assert made.usd_per_million_output_tokens.at_offered_load == pytest.approx(per_million(made, 8 * 20))


def test_a_million_tokens_of_requests_cost_at_their_rate() -> None:
    made = plan(request(TWO_SIZES))
    offered = 2 * (0.75 * 200 + 0.25 * 400)
    assert made.usd_per_million_output_tokens.at_offered_load == pytest.approx(per_million(made, offered))


def test_users_who_wait_for_long_prompts_pay_for_what_they_get() -> None:
    long = {"users": 1, "tok_per_s_per_user": 8, "input_tokens": 120_000, "output_tokens": 64}
    made = plan(request(long))
    given = sum(line.performance.output_tok_per_s.value * line.replicas for line in made.lines)
    assert given < 8
    assert made.usd_per_million_output_tokens.at_offered_load == pytest.approx(per_million(made, given))


@pytest.mark.parametrize("workload", [ONE_SIZE, TWO_SIZES], ids=["one size", "two sizes"])
def test_a_cached_prompt_makes_a_full_fleet_cheaper_too(workload: dict[str, Any]) -> None:
    """The same fleet, whatever is cached: what it generates when full rises with the share of the prompt."""
    made = plan(request({**workload, "prefix_cache_hit_fraction": 0.8}))
    cost = made.usd_per_million_output_tokens
    assert (cost.at_saturation or 0) < (cost.at_offered_load or 0)
    assert made.certificate.verified


def test_a_full_fleet_shares_its_time_among_the_sizes() -> None:
    made = plan(request(TWO_SIZES))
    buckets = [(0.75, 200), (0.25, 400)]
    full = 0.0
    for line in made.lines:
        layouts = layout(line, "llama-3.1-70b")
        mix = [share * routed for (share, _), routed in zip(buckets, line.routing, strict=True)]
        sizes = [(size["input_tokens"], size["output_tokens"]) for size in TWO_SIZES["buckets"]]
        seconds = sum(
            part * out / saturated(layouts, prompt, out).output_tok_per_s[0]
            for part, (prompt, out) in zip(mix, sizes, strict=True)
        )
        full += line.replicas * sum(part * out for part, (_, out) in zip(mix, sizes, strict=True)) / seconds
    assert made.usd_per_million_output_tokens.at_saturation == pytest.approx(per_million(made, full))


@every_workload
def test_a_full_fleet_makes_tokens_cheaper_than_the_offered_load(workload: dict[str, Any]) -> None:
    cost = plan(request(workload)).usd_per_million_output_tokens
    assert (cost.at_saturation or 0) < (cost.at_offered_load or 0)


def test_speed_is_the_prediction_at_the_users_of_a_replica() -> None:
    made = plan(request())
    (line,) = made.lines
    users = -(-8 // line.replicas)
    predicted = predict(layout(line, "llama-3.1-70b"), Workload(7680, 512, concurrency=users))
    assert predicted.tok_per_s_per_user is not None
    assert line.performance.tok_per_s_per_user.value == pytest.approx(predicted.tok_per_s_per_user.value)


@pytest.mark.parametrize("users", [1, 8, 40])
def test_every_user_gets_the_speed_asked_for(users: int) -> None:
    for line in lines(request({**CHAT, "users": users})):
        assert line.performance.tok_per_s_per_user.value >= 20 * (1 - 1e-9)


@pytest.mark.parametrize("speed", [10, 25, 45])
def test_most_users_of_a_replica_keep_the_speed(speed: float) -> None:
    (line,) = lines(request({**CHAT, "users": 1, "tok_per_s_per_user": speed}))
    done = load(layout(line, "llama-3.1-70b"), 7680, 512, float(line.performance.max_concurrency))
    assert float(done.tok_per_s_per_user[0]) >= speed * (1 - 1e-9)


@pytest.mark.parametrize("speed", [10, 25, 45])
def test_one_more_than_the_most_users_is_too_slow_or_does_not_fit(speed: float) -> None:
    (line,) = lines(request({**CHAT, "users": 1, "tok_per_s_per_user": speed}))
    more = line.performance.max_concurrency + 1
    done = load(layout(line, "llama-3.1-70b"), 7680, 512, float(more))
    assert float(done.tok_per_s_per_user[0]) < speed or more > line.memory.max_concurrent_sequences


def test_the_first_token_comes_in_time() -> None:
    for line in lines(request(slo={"ttft_s": 2})):
        assert line.performance.ttft_s.value <= 2 * (1 + 1e-9)


@pytest.mark.parametrize("percentile", [50, 95, 99])
def test_the_first_token_of_a_rate_comes_in_time_at_the_percentile(percentile: float) -> None:
    for line in lines(request(ONE_SIZE, slo={"ttft_s": 1.5, "percentile": percentile})):
        assert line.performance.ttft_s.value <= 1.5 * 1.001


def test_the_time_per_token_of_a_rate_is_within_its_target() -> None:
    for line in lines(request(ONE_SIZE, slo={"tpot_ms": 30})):
        assert line.performance.tpot_ms.value <= 30 * 1.001


def test_replicas_carry_the_request_rate() -> None:
    found = lines(request({**ONE_SIZE, "request_rate_per_s": 9}))
    carried = sum(line.performance.output_tok_per_s.value * line.replicas for line in found)
    assert carried == pytest.approx(9 * 200, rel=0.001)


@every_workload
def test_every_size_is_routed_whole(workload: dict[str, Any]) -> None:
    found = lines(request(workload))
    for shares in zip(*(line.routing for line in found), strict=True):
        assert sum(shares) == pytest.approx(1)


@every_workload
def test_no_line_carries_more_than_it_can(workload: dict[str, Any]) -> None:
    for line in lines(request(workload)):
        assert 0 < line.performance.utilization <= 1 + 1e-6


@every_workload
def test_every_figure_is_inside_its_interval(workload: dict[str, Any]) -> None:
    for line in lines(request(workload)):
        done = line.performance
        for figure in (done.tok_per_s_per_user, done.ttft_s, done.tpot_ms, done.output_tok_per_s):
            assert figure.low <= figure.value <= figure.high


@every_workload
def test_replicas_fit_the_instances(workload: dict[str, Any]) -> None:
    for line in lines(request(workload)):
        gpus = line.replicas * line.tensor_parallel * line.pipeline_parallel
        assert gpus <= line.count * line.gpus_per_instance


def test_a_spot_line_warns_that_it_can_be_taken_back() -> None:
    found = lines(request(allow={"terms": ["spot"]}))
    assert all("spot instances can be taken back at any moment" in line.warnings for line in found)


def test_the_assumed_shape_of_405b_is_a_warning() -> None:
    (line,) = lines(of_405b("awq-int4"), BIG)
    assert any("shape of llama-4-405b is assumed" in warning for warning in line.warnings)


def test_a_plan_of_a_model_with_a_published_shape_does_not_warn_of_it() -> None:
    assert not any("is assumed" in warning for line in lines(request()) for warning in line.warnings)


def test_an_offer_note_is_shown_with_its_line() -> None:
    offers = [offer("40", note="sold in pairs")]
    assert all("sold in pairs" in line.warnings for line in lines(request(), offers))


def test_a_line_shows_where_its_price_was_seen() -> None:
    (line,) = lines(request(), three_clouds()[:1])
    assert (line.source, line.source_url, line.observed_at) == (
        "a test",
        "https://example.com/prices",
        "2026-08-01",
    )
