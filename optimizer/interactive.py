"""Planning from Python: a request as keywords, a mapping or a PlanRequest; the shipped facts and prices unless given.

Errors are those of the command: `catalog.InvalidInputError` says what is wrong and what to do. Nothing is read but
packaged data: other prices and the user's own measurements are arguments (docs/python.md).
"""

from collections.abc import Mapping
from typing import Any

from catalog import Catalog, InvalidInputError, load_catalog
from optimizer.fleet.frontier import Axis, Frontier
from optimizer.fleet.frontier import frontier as find_frontier
from optimizer.fleet.plan import Plan
from optimizer.fleet.planning import Reading, make_plan
from optimizer.performance.layouts import Layouts
from optimizer.performance.predict import Prediction, Workload
from optimizer.performance.predict import predict as predict_one
from optimizer.request import PlanRequest, read_request
from pricing import Snapshot, load_snapshot

Asked = PlanRequest | Mapping[str, Any] | None


def plan(
    request: Asked = None,
    /,
    *,
    prices: Snapshot | None = None,
    catalog: Catalog | None = None,
    seconds: float = 60,
    **fields: Any,
) -> Plan:
    """Return the cheapest plan of a request, or of its fields as keywords; a notebook shows it as a table and a chart.

    Raises InvalidInputError on what cannot be, TimeLimitError when no fleet was found in `seconds`.
    """
    return make_plan(
        _request(request, fields),
        prices or load_snapshot(),
        catalog or load_catalog(),
        Reading("", ""),
        seconds=seconds,
    )


def frontier(
    request: Asked = None,
    /,
    *,
    axis: Axis = "speed",
    tolerance_fraction: float = 0.02,
    prices: Snapshot | None = None,
    catalog: Catalog | None = None,
    seconds: float = 60,
    **fields: Any,
) -> Frontier:
    """Return the plans that no other one beats in both cost and what `axis` names. Raises InvalidInputError."""
    return find_frontier(
        _request(request, fields),
        prices or load_snapshot(),
        catalog or load_catalog(),
        axis=axis,
        tolerance_fraction=tolerance_fraction,
        seconds=seconds,
    )


def predict(
    *,
    gpu: str,
    quantization: str,
    input_tokens: float,
    output_tokens: float,
    model: str = "llama-4-405b",
    engine: str = "vllm",
    kv_dtype: str = "auto",
    link: str | None = None,
    inter_link: str | None = None,
    tp: int = 1,
    pp: int = 1,
    nodes: int = 1,
    concurrency: float | None = None,
    saturated: bool = False,
    request_rate_per_s: float | None = None,
    prefix_cache_hit_fraction: float = 0.0,
    percentile: float = 50.0,
    catalog: Catalog | None = None,
) -> Prediction:
    """Return memory and speed of one replica under exactly one of concurrency, saturated and request rate.

    Raises InvalidInputError on names, sizes and layouts that cannot be.
    """
    layouts = Layouts.one(
        catalog or load_catalog(),
        model=model,
        gpu=gpu,
        quantization=quantization,
        engine=engine,
        kv_dtype=kv_dtype,
        link=link,
        inter_link=inter_link,
        tp=tp,
        pp=pp,
        nodes=nodes,
    )
    load = Workload(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        concurrency=concurrency,
        saturated=saturated,
        request_rate_per_s=request_rate_per_s,
        prefix_cache_hit_fraction=prefix_cache_hit_fraction,
        percentile=percentile,
    )
    return predict_one(layouts, load)


def _request(request: Asked, fields: Mapping[str, Any]) -> PlanRequest:
    """Return the request of a mapping or of keywords. Raises InvalidInputError where both are given, or neither."""
    if (request is None) == (not fields):
        raise InvalidInputError("give a request, or its fields as keywords", 'plan(workload={"users": 1, ...})')
    if isinstance(request, PlanRequest):
        return request
    return read_request(dict(fields if request is None else request))
