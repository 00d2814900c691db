"""Plans for tests, made by hand so that no price changes a golden file."""

from dataclasses import replace
from typing import Any

from optimizer.fleet.plan import (
    Alternative,
    AlternativeLine,
    Certificate,
    Explanation,
    Line,
    LinePerformance,
    Plan,
    SnapshotFacts,
    UsdPerMillion,
)
from optimizer.performance.estimates import Estimate, MemoryBill
from optimizer.performance.intervals import Evidence
from optimizer.request import PlanRequest, read_request

LINE = Line(
    provider="aws", tier="hyperscaler", region="us-east-1", zone=None, instance_type="p5.48xlarge", term="on_demand",
    count=1, usd_per_hour=55.04, currency="USD", observed_at="2026-08-01", observed_until=None, source="test",
    source_url="https://example.org", gpu="H100-SXM-80GB", gpus_per_instance=8, link="nvswitch-gen4",
    inter_node_link=None, link_basis="catalog", quantization="fp8", quality_tier="lossless", kv_dtype="auto",
    engine="vllm", tensor_parallel=8, pipeline_parallel=1, nodes_per_replica=1, replicas=1, routing=(1.0,),
    memory=MemoryBill(380.0, 20.0, 40.0, 60.0, 73.0, 64),
    performance=LinePerformance(
        tok_per_s_per_user=Estimate(40.0, 30.0, 50.0), ttft_s=Estimate(0.8, 0.5, 1.5),
        tpot_ms=Estimate(25.0, 20.0, 33.0),
        output_tok_per_s=Estimate(600.0, 500.0, 700.0), max_concurrency=24, utilization=0.7,
    ),
    evidence=Evidence("measured", ()), warnings=(),
)  # fmt: skip
USERS = {"users": 16, "tok_per_s_per_user": 20.0, "input_tokens": 2048, "output_tokens": 512}
RATE = {
    "request_rate_per_s": 4.0,
    "buckets": [
        {"input_tokens": 512, "output_tokens": 128, "share": 0.75},
        {"input_tokens": 8000, "output_tokens": 192, "share": 0.25},
    ],
}


def line(**changes: Any) -> Line:
    """Return the usual line, changed."""
    return replace(LINE, **changes)


def request(model: str = "llama-3.1-405b", workload: dict[str, Any] = USERS, **rest: Any) -> PlanRequest:
    """Return a request."""
    return read_request({"model": model, "workload": workload, **rest})


def plan(*lines: Line, asked: PlanRequest | None = None, alternatives: tuple[Alternative, ...] = ()) -> Plan:
    """Return a plan of these lines."""
    return Plan(
        plan_id="0123456789abcdef", status="optimal", question="", interpretation="A plan for tests.", assumptions=(),
        ignored=(), request=asked or request(), cost_usd_per_hour=55.04, cost_usd_per_month=40179.2,
        usd_per_million_output_tokens=UsdPerMillion(1.0, 1.0),
        certificate=Certificate(55.04, 0.0, True, True, "HiGHS", 0.1), lines=lines, alternatives=alternatives,
        explanation=Explanation((), (), (), {}, (), ()), conflicts=(),
        snapshot=SnapshotFacts("test", "2026-08-01", "2026-08-01", 1), catalog_id="test", calibration_id="test",
        elapsed_seconds=0.1,
    )  # fmt: skip


def alternative(usd_per_hour: float, **changes: Any) -> Alternative:
    """Return an alternative of one line: the usual one, changed."""
    names = AlternativeLine.__dataclass_fields__
    fields = {name: getattr(LINE, name) for name in names} | {"usd_per_hour": usd_per_hour} | changes
    found = AlternativeLine(**fields)
    return Alternative("gpu: test", usd_per_hour, f"1 x {found.instance_type}", (found,))


ONE = plan(line(), alternatives=(
    alternative(88.0, provider="azure", region="eastus", instance_type="Standard_ND96isr_H100_v5"),
    alternative(24.0, provider="hyperstack", instance_type="n3-H100x8"),
    alternative(26.0, provider="runpod", region="secure", instance_type="8x H100-SXM-80GB", tier="neocloud"),
    alternative(20.0, term="spot"),
    alternative(30.0, tensor_parallel=4, pipeline_parallel=2),
))  # fmt: skip
"""One replica of FP8 on 8 H100, with alternatives of which two run the same command within the request."""
TWO_NODES = plan(
    line(count=4, nodes_per_replica=2, replicas=2, pipeline_parallel=2, quantization="bf16", inter_node_link="ib-400")
)
"""Two replicas over two nodes each."""
SHARED = plan(
    line(count=2, quantization="awq-int4", tensor_parallel=4, replicas=3, routing=(1.0, 0.0)),
    line(
        count=0, quantization="awq-int4", tensor_parallel=2, engine="sglang", kv_dtype="fp8_e4m3", replicas=2,
        routing=(0.0, 1.0),
    ),
    asked=request("llama-3.1-70b", RATE),
)  # fmt: skip
"""Two lines on the same two instances, each with its size of request."""
TRT = plan(line(engine="trt-llm", kv_dtype="fp8"))
LLAMA = plan(line(engine="llama.cpp", quantization="q4_k_m", kv_dtype="q8_0", tensor_parallel=1, pipeline_parallel=8))
SGLANG = plan(line(engine="sglang", quantization="int8-w8a8", tensor_parallel=4, replicas=2))
SGLANG_NODES = plan(line(engine="sglang", count=2, nodes_per_replica=2, pipeline_parallel=2))
STANDBY = plan(line(), line(region="us-east-2", routing=(0.0,)))
MI300X = plan(
    line(
        provider="azure", region="eastus", instance_type="Standard_ND96isr_MI300X_v5", gpu="MI300X-192GB", link=None,
        quantization="awq-int4", tensor_parallel=4, replicas=2,
    )
)  # fmt: skip
EVERY = {
    "one": ONE,
    "two_nodes": TWO_NODES,
    "shared": SHARED,
    "trt": TRT,
    "llama": LLAMA,
    "sglang": SGLANG,
    "sglang_nodes": SGLANG_NODES,
    "standby": STANDBY,
    "mi300x": MI300X,
}
