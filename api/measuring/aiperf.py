"""AIPerf's `profile_export_aiperf.json`: one run. The unit of each metric is the one it names."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.measuring.points import Metrics, Point, Stated, check_failures, refuse
from catalog import bad_fields

TOOL = "AIPerf"
MS_PER_UNIT = {"ns": 1e-6, "us": 1e-3, "µs": 1e-3, "ms": 1.0, "s": 1e3, "sec": 1e3, "seconds": 1e3}
PER_SECOND = frozenset({"tokens/sec", "tokens/s", "requests/sec", "requests/s", "tokens/sec/user", "tokens/s/user"})


class Metric(BaseModel):
    """A metric: what is unset does not apply to it."""

    model_config = ConfigDict(extra="ignore")

    unit: str
    avg: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    p50: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    p99: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None


class Failure(BaseModel):
    """How often one error occurred."""

    model_config = ConfigDict(extra="ignore")

    count: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0


class Export(BaseModel):
    """The fields of an export that are read."""

    model_config = ConfigDict(extra="ignore")

    schema_version: str = "1.0"
    start_time: str = ""
    was_cancelled: bool = False
    input_config: dict[str, Any] = {}
    telemetry_data: dict[str, Any] = {}
    run_info: dict[str, Any] = {}
    error_summary: list[Failure] = []
    request_count: Metric
    request_throughput: Metric | None = None
    output_token_throughput: Metric
    output_token_throughput_per_user: Metric | None = None
    input_sequence_length: Metric
    output_sequence_length: Metric
    time_to_first_token: Metric | None = None
    inter_token_latency: Metric | None = None


def is_aiperf(document: dict[str, object]) -> bool:
    """Return whether a document is an export of AIPerf."""
    return "aiperf_version" in document or {"schema_version", "output_token_throughput"} <= set(document)


def read_aiperf(document: dict[str, object]) -> tuple[Point, ...]:
    """Return the point of a run. Raises InvalidInputError on what is missing, cancelled, or of another version."""
    where = "the run"
    try:
        export = Export.model_validate(document)
    except ValidationError as error:
        raise refuse(where, f"it is no whole export:\n{bad_fields(error, 'export')}") from error
    if export.schema_version.split(".")[0] != "1":
        raise refuse(where, f"schema version {export.schema_version} is not known", "versions 1.x are read")
    if export.was_cancelled:
        raise refuse(where, "it was cancelled before its end")
    completed = export.request_count.avg or 0.0
    check_failures(where, sum(item.count for item in export.error_summary), completed)
    concurrency, rate = _load(export)
    return (
        Point(
            tool=TOOL,
            where=where,
            day=export.start_time[:10],
            stated=Stated(model=_model(export.input_config), gpu=_gpu(export.telemetry_data)),
            input_tokens=export.input_sequence_length.avg,
            output_tokens=export.output_sequence_length.avg,
            concurrency=concurrency,
            request_rate=rate,
            requests=completed,
            online=True,
            metrics=_metrics(where, export),
        ),
    )


def _metrics(where: str, export: Export) -> Metrics:
    first, between = export.time_to_first_token, export.inter_token_latency
    found = {
        "output_tok_s_total": _per_second(where, export.output_token_throughput),
        "requests_s": _per_second(where, export.request_throughput),
        "output_tok_s_per_user": _per_second(where, export.output_token_throughput_per_user),
        "ttft_ms_mean": _ms(where, first, "avg"),
        "ttft_ms_p50": _ms(where, first, "p50"),
        "ttft_ms_p99": _ms(where, first, "p99"),
        "itl_ms": _ms(where, between, "avg"),
    }
    return tuple((name, value) for name, value in found.items() if value)


def _ms(where: str, metric: Metric | None, field: str) -> float | None:
    value = None if metric is None else getattr(metric, field)
    if metric is None or value is None:
        return None
    if metric.unit not in MS_PER_UNIT:
        raise refuse(where, f"{metric.unit!r} is no unit of time that is known")
    return float(value) * MS_PER_UNIT[metric.unit]


def _per_second(where: str, metric: Metric | None) -> float | None:
    if metric is None or metric.avg is None:
        return None
    if metric.unit not in PER_SECOND:
        raise refuse(where, f"{metric.unit!r} is no rate that is known")
    return metric.avg


def _load(export: Export) -> tuple[float | None, float | None]:
    """Return (concurrency, request rate): under a rate, the concurrency is only a limit."""
    config = export.input_config
    phases = config.get("phases")
    named = phases.get("profiling") if isinstance(phases, dict) else None
    listed = [phase for phase in phases if isinstance(phase, dict)] if isinstance(phases, list) else []
    places = [config.get("loadgen"), named, *listed[-1:], config, export.run_info.get("variation_values")]
    found: dict[str, float] = {}
    for place in places:
        for key, value in place.items() if isinstance(place, dict) else ():
            name = str(key).rsplit(".", 1)[-1]
            name = "request_rate" if name == "rate" else name
            if name in {"concurrency", "request_rate"} and isinstance(value, int | float) and value > 0:
                found.setdefault(name, float(value))
    rate = found.get("request_rate")
    return (None if rate else found.get("concurrency")), rate


def _model(config: dict[str, Any]) -> str | None:
    endpoint = config.get("endpoint")
    named = endpoint.get("model_names") if isinstance(endpoint, dict) else None
    models = named or config.get("models") or config.get("model")
    if isinstance(models, dict):
        models = models.get("items") or models.get("name")
    first = models[0] if isinstance(models, list) and models else models
    name = first.get("name") if isinstance(first, dict) else first
    return name if isinstance(name, str) else None


def _gpu(telemetry: dict[str, Any]) -> str | None:
    """Return the one GPU that telemetry saw; None where it saw none or several kinds."""
    gpus = [gpu for endpoint in _values(telemetry.get("endpoints")) for gpu in _values(endpoint.get("gpus"))]
    names = {str(gpu["gpu_name"]) for gpu in gpus if gpu.get("gpu_name")}
    return names.pop() if len(names) == 1 else None


def _values(mapping: object) -> list[dict[str, Any]]:
    return [value for value in mapping.values() if isinstance(value, dict)] if isinstance(mapping, dict) else []
