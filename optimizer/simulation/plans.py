"""Simulate a plan: every line's replicas serve their part of the demand, and are held against the targets."""

import math
from dataclasses import dataclass

from catalog import Catalog, InvalidInputError
from optimizer.demand import Demand, demand_of
from optimizer.fleet.plan import Line, Plan
from optimizer.simulation.arrivals import Request, poisson
from optimizer.simulation.fleet import Group, simulate_fleet, simulate_users
from optimizer.simulation.outcome import Outcome
from optimizer.simulation.scheduler import Progress
from optimizer.verifying.serving import layouts_of

ROUNDS = 6
MOST_REQUESTS = 50_000


@dataclass(frozen=True, slots=True)
class SimulatedLine:
    """What the requests got on one line of a plan."""

    provider: str
    instance_type: str
    quantization: str
    engine: str
    replicas: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class PlanSimulation:
    """The attained times of a plan; targets are None where the plan has none."""

    plan_id: str
    arrivals: str
    seed: int
    ttft_target_s: float | None
    tpot_target_s: float | None
    requests: int
    within_target_fraction: float | None
    lines: tuple[SimulatedLine, ...]


def simulate_plan(
    plan: Plan,
    catalog: Catalog,
    *,
    trace: tuple[Request, ...] | None = None,
    seconds: float = 900,
    seed: int = 0,
    progress: Progress | None = None,
) -> PlanSimulation:
    """Return what a plan's requests get: users in a closed loop, a rate as Poisson arrivals, or a trace as it is.

    Raises InvalidInputError for a plan without lines, or with more requests than can be simulated.
    """
    if not plan.lines:
        raise InvalidInputError("the plan rents nothing, so there is nothing to simulate", "simulate a plan that fits")
    demand = demand_of(plan.request, catalog.model(plan.request.model))
    if trace is None and demand.unit == "users":
        outcomes = tuple(_users(line, plan, demand, catalog) for line in plan.lines)
        arrivals = "users who ask again as soon as they are answered"
    else:
        requests = trace if trace is not None else _arrivals(demand, seconds, seed)
        groups = tuple(
            Group(layouts_of(line, plan.request.model, catalog), line.replicas, _share(line, demand))
            for line in plan.lines
        )
        outcomes = simulate_fleet(groups, requests, seed, demand.tpot_s, demand.ttft_s, progress).groups
        arrivals = "the trace" if trace is not None else f"Poisson arrivals over {seconds:g} s"
    return PlanSimulation(
        plan_id=plan.plan_id,
        arrivals=arrivals,
        seed=seed,
        ttft_target_s=demand.ttft_s,
        tpot_target_s=demand.tpot_s,
        requests=sum(outcome.requests for outcome in outcomes),
        within_target_fraction=_within(outcomes),
        lines=tuple(_line(line, outcome) for line, outcome in zip(plan.lines, outcomes, strict=True)),
    )


def _users(line: Line, plan: Plan, demand: Demand, catalog: Catalog) -> Outcome:
    """Return the closed loop of the fullest replica of a line."""
    size = demand.sizes[0]
    users = max(1, math.ceil(size.amount * line.routing[0] / line.replicas - 1e-6))
    layouts = layouts_of(line, plan.request.model, catalog)
    return simulate_users(layouts, users, size.input_tokens, size.output_tokens, ROUNDS, demand.tpot_s)


def _arrivals(demand: Demand, seconds: float, seed: int) -> tuple[Request, ...]:
    expected = seconds * math.fsum(demand.amounts)
    if expected > MOST_REQUESTS:
        raise InvalidInputError(
            f"{expected:,.0f} requests are more than the {MOST_REQUESTS:,} that are simulated", "give fewer --seconds"
        )
    every = [
        request
        for number, size in enumerate(demand.sizes)
        for request in poisson(size.amount, seconds, size.input_tokens, size.output_tokens, seed + number)
    ]
    return tuple(sorted(every, key=lambda request: request.time_s))


def _share(line: Line, demand: Demand) -> float:
    """Return the part of all requests that a line serves."""
    total = math.fsum(demand.amounts)
    return math.fsum(part * size.amount for part, size in zip(line.routing, demand.sizes, strict=True)) / total


def _within(outcomes: tuple[Outcome, ...]) -> float | None:
    known = [(outcome.within_target_fraction, outcome.requests) for outcome in outcomes]
    if any(fraction is None for fraction, _ in known) or not sum(count for _, count in known):
        return None
    return math.fsum((fraction or 0.0) * count for fraction, count in known) / sum(count for _, count in known)


def _line(line: Line, outcome: Outcome) -> SimulatedLine:
    return SimulatedLine(line.provider, line.instance_type, line.quantization, line.engine, line.replicas, outcome)
