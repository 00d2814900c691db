"""A plan as one table: a row a line, or one row that says why there is none."""

from collections.abc import Iterator
from typing import Any

from optimizer.fleet.plan import Line, Plan

PLAN_COLUMNS = (
    "plan_id",
    "status",
    "model",
    "cost_usd_per_hour",
    "cost_usd_per_month",
    "provider",
    "tier",
    "region",
    "zone",
    "instance_type",
    "term",
    "count",
    "usd_per_hour",
    "line_usd_per_hour",
    "line_usd_per_month",
    "currency",
    "gpu",
    "gpus_per_instance",
    "link",
    "quantization",
    "kv_dtype",
    "engine",
    "tensor_parallel",
    "pipeline_parallel",
    "replicas",
    "tok_per_s_per_user",
    "tok_per_s_per_user_low",
    "tok_per_s_per_user_high",
    "ttft_s",
    "tpot_ms",
    "output_tok_per_s",
    "max_concurrency",
    "utilization",
    "used_gib_per_gpu",
    "usable_gib_per_gpu",
    "evidence",
    "observed_at",
    "source_url",
    "snapshot_id",
    "smallest_change",
)


def plan_rows(plan: Plan) -> Iterator[dict[str, Any]]:
    """Yield the rows of a plan; where nothing fits, one row with the smallest change that would."""
    common = {
        "plan_id": plan.plan_id,
        "status": plan.status,
        "model": plan.request.model,
        "cost_usd_per_hour": plan.cost_usd_per_hour,
        "cost_usd_per_month": plan.cost_usd_per_month,
        "snapshot_id": plan.snapshot.id,
    }
    for line in plan.lines:
        yield common | _line(line, plan.request.hours_per_month)
    if not plan.lines:
        changes = dict.fromkeys(conflict.smallest_change for conflict in plan.conflicts)
        yield common | {"smallest_change": " or ".join(changes)}


def _line(line: Line, hours_per_month: float) -> dict[str, Any]:
    speed, memory = line.performance, line.memory
    hourly = line.usd_per_hour * line.count
    own = {name: getattr(line, name) for name in PLAN_COLUMNS if hasattr(line, name)}
    return own | {
        "line_usd_per_hour": hourly,
        "line_usd_per_month": hourly * hours_per_month,
        "tok_per_s_per_user": speed.tok_per_s_per_user.value,
        "tok_per_s_per_user_low": speed.tok_per_s_per_user.low,
        "tok_per_s_per_user_high": speed.tok_per_s_per_user.high,
        "ttft_s": speed.ttft_s.value,
        "tpot_ms": speed.tpot_ms.value,
        "output_tok_per_s": speed.output_tok_per_s.value,
        "max_concurrency": speed.max_concurrency,
        "utilization": speed.utilization,
        "used_gib_per_gpu": memory.used_gib_per_gpu,
        "usable_gib_per_gpu": memory.usable_gib_per_gpu,
        "evidence": line.evidence.kind,
    }
