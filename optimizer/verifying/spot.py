"""Rules of spot: how often it is taken back, what is there on average, and what the worst losses leave."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from catalog import Catalog
from optimizer.demand import demand_of
from optimizer.fleet.plan import Line, Plan
from optimizer.verifying.serving import capacity_of_line
from pricing.offers import Snapshot

TOLERANCE = 1e-3
HOURS_PER_MONTH = 730


def spot_rules(plan: Plan, snapshot: Snapshot, catalog: Catalog) -> Iterator[str]:
    """Yield what a plan says wrongly of its spot instances, and losses that it should survive but does not."""
    rates = [_interruptions_per_month(line, plan, catalog) for line in plan.lines]
    there = [1 / (1 + rate / HOURS_PER_MONTH * plan.request.spot.replace_minutes / 60) for rate in rates]
    for number, (line, rate, fraction) in enumerate(zip(plan.lines, rates, there, strict=True), start=1):
        yield from (f"line {number}: {broken}" for broken in _line(line, plan, catalog, rate, fraction))
    spot = [line for line in plan.lines if line.term == "spot"]
    risk = plan.spot_risk
    if risk is None or not spot:
        if (risk is None) != (not spot):
            yield "the plan has spot and no spot_risk" if risk is None else "the plan has spot_risk and no spot"
        return
    asked = plan.request.spot.losses
    losses = max(1, asked or 0)
    every, average, worst = _times_served(plan, catalog, there, losses)
    for name, claimed, real in (
        ("losses", float(risk.losses), float(losses)),
        ("replace_minutes", risk.replace_minutes, plan.request.spot.replace_minutes),
        (
            "interruptions_per_month",
            risk.interruptions_per_month,
            math.fsum(line.count * rate for line, rate in zip(plan.lines, rates, strict=True)),
        ),
        ("capacity_fraction", risk.capacity_fraction, every),
        ("expected_capacity_fraction", risk.expected_capacity_fraction, average),
        ("worst_case_capacity_fraction", risk.worst_case_capacity_fraction, worst),
    ):
        if abs(claimed - real) > TOLERANCE * max(1.0, real):
            yield f"spot_risk.{name} is {claimed:.6g}, it should be {real:.6g}"
    if asked is not None and average < 1 - TOLERANCE:
        yield f"{average:.3f} of the load is carried on average"
    if asked and worst < 1 - TOLERANCE:
        yield f"{worst:.3f} of the load is carried after {asked} spot instances are taken back"


def _interruptions_per_month(line: Line, plan: Plan, catalog: Catalog) -> float:
    """-ln(1 - fraction) in the hours of its row, for 730 hours; a band without an end is taken as twice its low."""
    if line.term != "spot":
        return 0.0
    if plan.request.spot.interruptions_per_month is not None:
        return plan.request.spot.interruptions_per_month
    row = catalog.interruption(line.provider, line.region, line.instance_type)
    fraction = row.fraction_high if row.fraction_high is not None else 2 * row.fraction_low
    return -math.log(1 - min(0.99, fraction)) * HOURS_PER_MONTH / row.per_hours


def _line(line: Line, plan: Plan, catalog: Catalog, rate: float, fraction: float) -> Iterator[str]:
    if line.spot is None or line.term != "spot":
        if (line.spot is None) != (line.term != "spot"):
            yield f"the term is {line.term}, and what it says of spot does not fit that"
        return
    basis, source = "request", "the request"
    if plan.request.spot.interruptions_per_month is None:
        row = catalog.interruption(line.provider, line.region, line.instance_type)
        basis, source = ("estimate" if row.estimated_fields else "reported"), row.source_id
    if (line.spot.basis, line.spot.source) != (basis, source):
        yield f"spot.basis is {line.spot.basis} of {line.spot.source}, it should be {basis} of {source}"
    for name, claimed, real in (
        ("interruptions_per_month", line.spot.interruptions_per_month, rate),
        ("there_fraction", line.spot.there_fraction, fraction),
    ):
        if abs(claimed - real) > TOLERANCE * real:
            yield f"spot.{name} is {claimed:.6g}, it should be {real:.6g}"


def _times_served(plan: Plan, catalog: Catalog, there: Sequence[float], losses: int) -> tuple[float, float, float]:
    """Return how many times the load is carried by all, on average, and after the worst losses."""
    demand, lines = demand_of(plan.request, catalog.model(plan.request.model)), plan.lines
    amounts = [size.amount for size in demand.sizes]
    capacity = [capacity_of_line(line, demand, plan.request.model, catalog) for line in lines]
    average = [line.replicas * part**line.nodes_per_replica for line, part in zip(lines, there, strict=True)]
    every = _most(capacity, [line.replicas for line in lines], amounts)
    worst = min(_most(capacity, left, amounts) for left in _left(lines, losses))
    return every, _most(capacity, average, amounts), worst


def _left(lines: Sequence[Line], losses: int) -> Iterator[list[float]]:
    """Yield the replicas of each line after each way in which so many spot instances can be lost."""
    piles: dict[tuple[str | None, ...], list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        if line.term == "spot":
            piles[line.provider, line.region, line.zone, line.instance_type].append(index)
    rented = [min(losses, sum(lines[index].count for index in pile)) for pile in piles.values()]
    wanted = min(losses, sum(rented))
    for lost in product(*(range(most + 1) for most in rented)):
        if sum(lost) == wanted:
            left = [float(line.replicas) for line in lines]
            for pile, count in zip(piles.values(), lost, strict=True):
                for index in pile:
                    line = lines[index]
                    on_one = max(1, line.gpus_per_instance // (line.tensor_parallel * line.pipeline_parallel))
                    left[index] = max(0.0, line.replicas - count * on_one)
            yield left


def _most(capacity: Sequence[Sequence[float]], replicas: Sequence[float], amounts: Sequence[float]) -> float:
    """Return the most t such that the replicas carry t times each amount: a sum, or a small linear program."""
    if len(amounts) == 1:
        return math.fsum(row[0] * count / amounts[0] for row, count in zip(capacity, replicas, strict=True))
    from scipy.optimize import linprog  # scipy is slow to import and seldom needed

    rows, sizes = len(capacity), len(amounts)
    served = np.zeros((sizes, sizes * rows + 1))
    load = np.zeros((rows, sizes * rows + 1))
    for b, c in product(range(sizes), range(rows)):
        if capacity[c][b] > 0:
            served[b, b * rows + c] = capacity[c][b] / amounts[b]
            load[c, b * rows + c] = 1.0
    served[:, -1] = -1.0
    answer = linprog([*[0.0] * (sizes * rows), -1.0], load, list(replicas), served, np.zeros(sizes), bounds=(0, None))
    return -float(answer.fun or 0.0)
