"""`vllm bench serve --save-result`: one JSON object, or one a line with `--append-result`."""

import math
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.measuring.points import Metrics, Point, Stated, check_failures, check_ratio, refuse
from catalog import bad_fields

TOOL = "vllm bench serve"
RATE_REACHED = 0.95
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1, le=100_000)]


class Result(BaseModel):
    """The fields of a result that are read; `--metadata` stands among them at the top. Texts of requests are not."""

    model_config = ConfigDict(extra="ignore", protected_namespaces=())

    date: str = ""
    backend: str = ""
    endpoint_type: str = ""
    model_id: str | None = None
    completed: Amount
    failed: Amount = 0
    duration: Positive
    total_input_tokens: Amount
    total_output_tokens: Amount
    request_rate: Positive | Literal["inf"] = "inf"
    max_concurrency: Positive | None = None
    request_throughput: Positive
    output_throughput: Positive
    mean_ttft_ms: Amount | None = None
    median_ttft_ms: Amount | None = None
    p99_ttft_ms: Amount | None = None
    mean_tpot_ms: Amount | None = None
    mean_itl_ms: Amount | None = None
    model: str | None = None
    gpu: str | None = None
    gpu_count: Count | None = None
    nodes: Count | None = None
    tp: Count | None = None
    pp: Count | None = None
    quantization: str | None = None
    kv_cache_dtype: str | None = None
    engine: str | None = None
    vllm: str | None = None


def is_vllm_bench(document: dict[str, object]) -> bool:
    """Return whether a document is a result of `vllm bench serve`."""
    return {"total_input_tokens", "request_throughput"} <= set(document) or "total_input_sequences" in document


def read_vllm_bench(documents: list[dict[str, object]]) -> tuple[Point, ...]:
    """Return the point of each result. Raises InvalidInputError."""
    return tuple(_point(f"result {number}", document) for number, document in enumerate(documents, start=1))


def _point(where: str, document: dict[str, object]) -> Point:
    if "total_input_sequences" in document:
        raise refuse(where, "this is a run of an embedding or pooling model, which generates nothing")
    try:
        result = Result.model_validate(document)
    except ValidationError as error:
        raise refuse(where, f"it is no whole result:\n{bad_fields(error, 'result')}") from error
    check_failures(where, result.failed, result.completed)
    check_ratio(where, "output_throughput", result.output_throughput, result.total_output_tokens / result.duration)
    check_ratio(where, "request_throughput", result.request_throughput, result.completed / result.duration)
    concurrency, rate, notes = _load(result)
    online = concurrency is not None or rate is not None
    engine, assumed = _engine(result)
    return Point(
        tool=TOOL,
        where=where,
        day=_day(result.date),
        stated=Stated(
            model=result.model or result.model_id, gpu=result.gpu, gpus=result.gpu_count, nodes=result.nodes,
            tp=result.tp, pp=result.pp, quantization=result.quantization, kv_dtype=result.kv_cache_dtype,
            engine=engine, engine_version=result.vllm,
        ),
        input_tokens=result.total_input_tokens / result.completed,
        output_tokens=result.total_output_tokens / result.completed,
        concurrency=concurrency,
        request_rate=rate,
        requests=result.completed,
        online=online,
        metrics=_metrics(result, online),
        notes=notes,
        assumed=assumed,
    )  # fmt: skip


def _load(result: Result) -> tuple[float | None, float | None, str]:
    """Return (concurrency, request rate, remark): of the two limits of a run, the one that held it back."""
    rate = None if result.request_rate == "inf" else result.request_rate
    most = result.max_concurrency
    if rate is None or most is None:
        return most, rate, "" if rate is not None or most is not None else "all requests at once"
    if result.request_throughput >= RATE_REACHED * rate:
        return None, rate, f"max_concurrency {most:g} did not hold it back"
    return most, None, f"held back by the concurrency: {rate:g} requests/s were offered"


def _metrics(result: Result, online: bool) -> Metrics:
    """Return the figures; of a burst only the throughput, since its latencies are those of a queue."""
    latencies = {
        "ttft_ms_mean": result.mean_ttft_ms,
        "ttft_ms_p50": result.median_ttft_ms,
        "ttft_ms_p99": result.p99_ttft_ms,
        "tpot_ms": result.mean_tpot_ms,
        "itl_ms": result.mean_itl_ms,
    }
    found = {"output_tok_s_total": result.output_throughput, "requests_s": result.request_throughput}
    found |= {name: value for name, value in latencies.items() if online and value is not None and value > 0}
    return tuple((name, value) for name, value in found.items() if math.isfinite(value))


def _engine(result: Result) -> tuple[str | None, tuple[str, ...]]:
    if result.engine or result.vllm or (result.backend or result.endpoint_type) == "vllm":
        return result.engine or "vllm", ()
    return None, ("engine vllm: the file is of vLLM's own benchmark and names no other",)


def _day(text: str) -> str:
    """Return the day of a date such as 20261124-101500; blank where it cannot be read."""
    try:
        return datetime.strptime(text[:8], "%Y%m%d").date().isoformat()  # noqa: DTZ007  # the file's own local day
    except ValueError:
        return ""
