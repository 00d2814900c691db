"""Rules of service: everything is routed, every replica carries its part within the targets, also after a loss."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from catalog import Catalog, GpumixError
from optimizer.demand import Demand, demand_of
from optimizer.fleet.plan import Line, Plan
from optimizer.performance.layouts import Layouts
from optimizer.performance.service import at_rate, load, max_rate, max_users
from pricing.offers import Snapshot

TOLERANCE = 1e-6
PHYSICS_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class _Service:
    """A line's layout and what one replica serves of each size, by the physics."""

    line: Line
    layouts: Layouts
    capacity: tuple[float, ...]


def service_rules(plan: Plan, snapshot: Snapshot, catalog: Catalog) -> Iterator[str]:
    """Yield what is not served, or not within the targets."""
    demand = demand_of(plan.request, catalog.model(plan.request.model))
    services = []
    for number, line in enumerate(plan.lines, start=1):
        try:
            layouts = line_layouts(line, plan.request.model, catalog)
        except (GpumixError, ValueError) as error:
            yield f"line {number}: {error}"
            return
        services.append(_Service(line, layouts, _capacity(layouts, demand)))
    if any(len(line.routing) != len(demand.sizes) for line in plan.lines):
        yield f"routing must have {len(demand.sizes)} shares on every line"
        return
    for size in range(len(demand.sizes)):
        routed = math.fsum(line.routing[size] for line in plan.lines)
        if abs(routed - 1) > TOLERANCE:
            yield f"{routed:.6f} of size {size} is routed, not all of it once"
    for number, service in enumerate(services, start=1):
        yield from (f"line {number}: {broken}" for broken in _line_service(service, demand))
    yield from _after_losses(services, plan, demand)


def line_layouts(line: Line, model_id: str, catalog: Catalog) -> Layouts:
    """Return the layout that a line names, as one row. Raises InvalidInputError on one that cannot be."""
    return Layouts.one(
        catalog,
        model=model_id,
        gpu=line.gpu,
        quantization=line.quantization,
        engine=line.engine,
        kv_dtype=line.kv_dtype if line.kv_dtype != "auto" else "bf16",
        link=line.link,
        inter_link=line.inter_node_link,
        tp=line.tensor_parallel,
        pp=line.pipeline_parallel,
        nodes=line.nodes_per_replica,
    )


def _capacity(layouts: Layouts, demand: Demand) -> tuple[float, ...]:
    served = []
    for size in demand.sizes:
        sizes, targets = (size.input_tokens, size.output_tokens), (demand.tpot_s, demand.ttft_s)
        if demand.unit == "users":
            cached = demand.prefix_cache_hit_fraction
            served.append(float(max_users(layouts, *sizes, *targets, prefix_cache_hit_fraction=cached)[0]))
        else:
            served.append(float(max_rate(layouts, *sizes, *targets, percentile=demand.percentile)[0]))
    return tuple(served)


def _line_service(service: _Service, demand: Demand) -> Iterator[str]:
    """Hold one line's load against its capacity, and its figures against the physics."""
    line = service.line
    amounts = [size.amount * share for size, share in zip(demand.sizes, line.routing, strict=True)]
    if any(amount > 0 and served == 0 for amount, served in zip(amounts, service.capacity, strict=True)):
        yield "is routed requests that it cannot serve within the targets"
        return
    used = math.fsum(a / (c * line.replicas) for a, c in zip(amounts, service.capacity, strict=True) if c > 0)
    if used > 1 + TOLERANCE:
        yield f"carries {used:.3f} times what its replicas serve"
    if abs(used - line.performance.utilization) > PHYSICS_TOLERANCE:
        yield f"utilization is {line.performance.utilization:.4f}, load over capacity is {used:.4f}"
    yield from _figures(service, demand, amounts)


def _figures(service: _Service, demand: Demand, amounts: Sequence[float]) -> Iterator[str]:
    """Recompute what one replica does and compare every printed figure; check the targets on it."""
    line, total = service.line, math.fsum(amounts)
    if total <= 0:
        return
    inputs = math.fsum(s.input_tokens * a for s, a in zip(demand.sizes, amounts, strict=True)) / total
    outputs = math.fsum(s.output_tokens * a for s, a in zip(demand.sizes, amounts, strict=True)) / total
    if demand.unit == "users":
        each = float(math.ceil(total / line.replicas - TOLERANCE))
        done = load(service.layouts, inputs, outputs, each, demand.prefix_cache_hit_fraction)
        if each > line.performance.max_concurrency:
            yield f"{each:.0f} users on a replica for {line.performance.max_concurrency}"
        if demand.tpot_s is not None and float(done.tpot_s[0]) > demand.tpot_s * (1 + PHYSICS_TOLERANCE):
            yield f"{1 / float(done.tpot_s[0]):.3g} tok/s per user, {1 / demand.tpot_s:.3g} asked for"
    else:
        done = at_rate(service.layouts, inputs, outputs, total / line.replicas, demand.percentile)
    if demand.ttft_s is not None and len(demand.sizes) == 1 and float(done.ttft_s[0]) > demand.ttft_s * 1.001:
        yield f"first token after {float(done.ttft_s[0]):.3g} s, {demand.ttft_s:.3g} s asked for"
    shown = line.performance
    for name, estimate, value in (
        ("tok_per_s_per_user", shown.tok_per_s_per_user, float(done.tok_per_s_per_user[0])),
        ("ttft_s", shown.ttft_s, float(done.ttft_s[0])),
        ("tpot_ms", shown.tpot_ms, float(done.tpot_s[0]) * 1e3),
        ("output_tok_per_s", shown.output_tok_per_s, float(done.output_tok_per_s[0])),
    ):
        if abs(estimate.value - value) > PHYSICS_TOLERANCE * abs(value):
            yield f"{name} is {estimate.value:.4g}, the physics gives {value:.4g}"
        if not estimate.low <= estimate.value <= estimate.high:
            yield f"{name} {estimate.value:.4g} is outside its own interval"


def _after_losses(services: Sequence[_Service], plan: Plan, demand: Demand) -> Iterator[str]:
    """Check that what is left after any one loss still serves everything."""
    for lost, left in _losses(services, plan):
        if not _serves([service.capacity for service in services], left, [size.amount for size in demand.sizes]):
            yield f"does not survive the loss of {lost}"


def _losses(services: Sequence[_Service], plan: Plan) -> Iterator[tuple[str, list[int]]]:
    """Yield (what is lost, replicas left on each line)."""
    lines, scope = [service.line for service in services], plan.request.survive_loss
    counts = [line.replicas for line in lines]
    if scope == "replica":
        for index, line in enumerate(lines):
            yield f"one replica on {line.instance_type}", [n - (i == index) for i, n in enumerate(counts)]
    elif scope != "none":
        places: Mapping[str, list[int]] = defaultdict(list)
        for index, line in enumerate(lines):
            zone = f"{line.provider}/{line.region}/{line.zone or '-'}"
            unit = f"{zone}/{line.instance_type}/{line.term}"
            places[{"instance": unit, "zone": zone, "provider": line.provider}[scope]].append(index)
        for place, members in places.items():
            left = list(counts)
            for index in members:
                line = lines[index]
                on_one = max(1, line.gpus_per_instance // (line.tensor_parallel * line.pipeline_parallel))
                left[index] = max(0, counts[index] - on_one) if scope == "instance" else 0
            yield f"{scope} {place}", left


def _serves(capacity: Sequence[Sequence[float]], replicas: Sequence[int], amounts: Sequence[float]) -> bool:
    """Return whether replicas can share the demand: a sum for one size, a small linear program for several."""
    if len(amounts) == 1:
        served = math.fsum(row[0] * count for row, count in zip(capacity, replicas, strict=True))
        return served >= amounts[0] * (1 - TOLERANCE)
    from scipy.optimize import linprog  # scipy is slow to import and seldom needed

    rows, sizes = len(capacity), len(amounts)
    load_rows = np.zeros((rows, sizes * rows))
    serve_rows = np.zeros((sizes, sizes * rows))
    bounds = []
    for b in range(sizes):
        for c in range(rows):
            able = capacity[c][b] > 0
            load_rows[c, b * rows + c] = amounts[b] / capacity[c][b] if able else 0.0
            serve_rows[b, b * rows + c] = 1.0
            bounds.append((0.0, 1.0 if able else 0.0))
    limits = np.array(replicas, dtype=float) * (1 + TOLERANCE)
    answer = linprog(np.zeros(sizes * rows), load_rows, limits, serve_rows, np.ones(sizes), bounds=bounds)
    return bool(answer.status == 0)
