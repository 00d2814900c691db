"""Rules of service: everything is routed, every line carries its part, also after a loss."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from catalog import Catalog
from optimizer.demand import Demand, demand_of
from optimizer.fleet.plan import Line, Plan
from optimizer.performance.memory import max_sequences
from optimizer.verifying.serving import amounts_of, capacity_of_line, layouts_of, shown_amounts_of, users_per_replica
from pricing.offers import Snapshot

TOLERANCE = 1e-6
PHYSICS_TOLERANCE = 1e-3


def service_rules(plan: Plan, snapshot: Snapshot, catalog: Catalog) -> Iterator[str]:
    """Yield what is not routed, not carried, or lost with one loss."""
    demand = demand_of(plan.request, catalog.model(plan.request.model))
    for size in range(len(demand.sizes)):
        routed = math.fsum(line.routing[size] for line in plan.lines)
        if abs(routed - 1) > TOLERANCE:
            yield f"{routed:.6f} of size {size} is routed, not all of it once"
    capacity = [capacity_of_line(line, demand, plan.request.model, catalog) for line in plan.lines]
    for number, (line, served) in enumerate(zip(plan.lines, capacity, strict=True), start=1):
        for broken in _carried(line, served, demand, plan, catalog):
            yield f"line {number}: {broken}"
    for lost, left in _losses(plan):
        if not _serves(capacity, left, [size.amount for size in demand.sizes]):
            yield f"does not survive the loss of {lost}"


def _carried(line: Line, served: tuple[float, ...], demand: Demand, plan: Plan, catalog: Catalog) -> Iterator[str]:
    """Hold one line's load against its capacity."""
    amounts = amounts_of(line, demand)
    if any(amount > 0 and most == 0 for amount, most in zip(amounts, served, strict=True)):
        yield "is routed requests that it cannot serve within the targets"
        return
    used = math.fsum(a / (c * line.replicas) for a, c in zip(amounts, served, strict=True) if c > 0)
    if used > 1 + TOLERANCE:
        yield f"carries {used:.3f} times what its replicas serve"
    if abs(used - line.performance.utilization) > PHYSICS_TOLERANCE:
        yield f"utilization is {line.performance.utilization:.4f}, load over capacity is {used:.4f}"
    layouts = layouts_of(line, plan.request.model, catalog)
    shown = shown_amounts_of(line, demand, layouts)
    longest = max(size.tokens for size, amount in zip(demand.sizes, shown, strict=True) if amount > 0)
    most = int(max_sequences(layouts, longest)[0])
    if demand.unit == "users":
        most = min(most, int(served[0]))
        if users_per_replica(line, demand) > most:
            yield f"{users_per_replica(line, demand):.0f} users on a replica for {most}"
    if line.performance.max_concurrency != most:
        yield f"max_concurrency is {line.performance.max_concurrency}, a replica runs {most}"


def _losses(plan: Plan) -> Iterator[tuple[str, list[int]]]:
    """Yield (what is lost, replicas left on each line)."""
    lines, scope = plan.lines, plan.request.survive_loss
    counts = [line.replicas for line in lines]
    if scope == "replica":
        for index, line in enumerate(lines):
            yield f"one replica on {line.instance_type}", [n - (i == index) for i, n in enumerate(counts)]
    elif scope != "none":
        places: dict[str, list[int]] = defaultdict(list)
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
