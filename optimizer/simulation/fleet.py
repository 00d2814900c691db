"""Simulate a plan: its replicas share the requests, each replica is served apart."""

from dataclasses import dataclass

import numpy as np

from catalog import InvalidInputError
from optimizer.performance.layouts import Layouts
from optimizer.simulation.arrivals import Request
from optimizer.simulation.costs import step_costs
from optimizer.simulation.outcome import Outcome, Served, outcome
from optimizer.simulation.scheduler import Progress, serve, serve_users


@dataclass(frozen=True, slots=True)
class Group:
    """Equal replicas of one plan line; `share` of all requests goes to the group, evenly over its replicas."""

    layouts: Layouts
    replicas: int
    share: float


@dataclass(frozen=True, slots=True)
class FleetOutcome:
    """The outcome of all requests together and of every group."""

    overall: Outcome
    groups: tuple[Outcome, ...]


def simulate_fleet(
    groups: tuple[Group, ...],
    requests: tuple[Request, ...],
    seed: int,
    tpot_s: float | None = None,
    ttft_s: float | None = None,
    progress: Progress | None = None,
) -> FleetOutcome:
    """Send every request to a replica at random by the groups' shares, and serve them. Deterministic by seed."""
    if not groups or min(group.replicas for group in groups) < 1:
        raise InvalidInputError("a fleet has at least one replica")
    weights = np.array([group.share / group.replicas for group in groups for _ in range(group.replicas)])
    if weights.min() < 0 or weights.sum() <= 0:
        raise InvalidInputError("shares of the requests are from 0 on, and not all 0")
    chosen = np.random.default_rng(seed).choice(len(weights), size=len(requests), p=weights / weights.sum())
    everyone: list[Served] = []
    turned_away, first, parts = 0, 0, []
    for group in groups:
        costs, away = step_costs(group.layouts), 0
        own: list[Served] = []
        for replica in range(first, first + group.replicas):
            mine = [request for request, target in zip(requests, chosen, strict=True) if target == replica]
            done, rejected = serve(costs, mine, _offset(progress, len(everyone) + len(own)))
            own += done
            away += rejected
        first += group.replicas
        everyone, turned_away = everyone + own, turned_away + away
        parts.append(outcome(own, away, tpot_s, ttft_s))
    return FleetOutcome(outcome(everyone, turned_away, tpot_s, ttft_s), tuple(parts))


def simulate_users(
    layouts: Layouts, users: int, input_tokens: int, output_tokens: int, rounds: int = 6, tpot_s: float | None = None
) -> Outcome:
    """Simulate a closed loop of users on one replica, its first round (the ramp) left out of the outcome."""
    served = serve_users(step_costs(layouts), users, input_tokens, output_tokens, rounds)
    return outcome(served[users:], 0, tpot_s)


def _offset(progress: Progress | None, done: int) -> Progress | None:
    return None if progress is None else lambda finished: progress(done + finished)
