"""A budget's demand from a recorded trace: its rate, the sizes of its requests, and the shapes of its day and week."""

from collections.abc import Mapping
from typing import Any

from catalog import InvalidDataError, InvalidInputError
from optimizer.simulation import read_trace, trace_start
from optimizer.traces import TraceShape, shape_of_trace, workload_of_trace

HINT_OF_TRACES = "a trace has TIMESTAMP, ContextTokens and GeneratedTokens, as the Azure LLM inference traces"
UNIT = "request_rate_per_s"


def with_trace(document: Mapping[Any, Any], demand: Mapping[Any, Any], text: str) -> dict[Any, Any]:
    """Return a budget's document with the load of a trace: `base` where it is given is the rate instead of its own.

    What the request's workload says beside sizes is kept. Raises InvalidInputError naming what is wrong.
    """
    twice = [name for name in ("unit", "series", "history") if demand.get(name) not in (None, UNIT)]
    if twice:
        raise InvalidInputError(f"demand.{twice[0]}: a trace is a request rate of its own", f"leave {twice[0]} out")
    try:
        requests = read_trace(text)
    except InvalidDataError as error:
        raise InvalidInputError(f"demand.trace: {error.message}", HINT_OF_TRACES) from error
    shape = shape_of_trace(requests, trace_start(text))
    load = workload_of_trace(requests).model_dump(exclude_defaults=True)
    rate = load.pop(UNIT)
    own = {
        "base": rate,
        "diurnal": shape.diurnal,
        "weekly": shape.weekly,
        "origin": _origin(len(requests), rate, shape),
    }
    kept = {name: value for name, value in demand.items() if name != "trace"}
    request = dict(document.get("request") or {})
    request["workload"] = {**(request.get("workload") or {}), **load}
    return {**document, "demand": {**own, **kept, "unit": UNIT}, "request": request}


def _origin(requests: int, rate: float, shape: TraceShape) -> str:
    """Return in words what a trace says, and what it is too short for."""
    length = f"{shape.hours:.0f} hours" if shape.hours >= 2 else f"{shape.hours * 60:.0f} minutes"
    found = f"the load is that of a trace: {requests:,} requests in {length}, {rate:.3g} a second"
    missing = [name for name, known in (("day", shape.diurnal), ("week", shape.weekly)) if not known]
    return (
        f"{found}; too short for the shape of {' and '.join(missing)}, which is flat unless given" if missing else found
    )
