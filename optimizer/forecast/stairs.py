"""Stairs under limits: for any amount of demand, the cheapest fleet beside given commitments, found as it is asked for.

A fleet that is the cheapest for one amount is so up to the most that it serves whatever is lost, because more demand
never costs less. So a step, once solved, answers every amount on it.
"""

import math
from bisect import bisect_right, insort
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from optimizer.fleet.problem import instances, replicas
from optimizer.fleet.solver import solve
from optimizer.forecast.covering import SLACK
from optimizer.forecast.hours import Committed, Ground, hour_rows
from optimizer.performance.tables import Floats

STEP_SECONDS = 5.0
PLACES_GAP = 0.005


@dataclass(frozen=True, slots=True)
class Step:
    """The cheapest fleet for amounts from `start` to `end`: instances rented, and replicas by column, of all."""

    start: float
    end: float
    usd_per_hour: float
    rented: Mapping[int, int]
    replicas: Mapping[int, int]


@dataclass
class Stairs:
    """The steps beside given commitments, `held[o]`; prices by the hour are those of today times `drift`."""

    ground: Ground
    held: Mapping[int, Committed]
    drift: float = 1.0
    steps: list[Step] = field(default_factory=list)
    too_much: float = math.inf

    @property
    def is_exact(self) -> bool:
        """Return whether every step is the cheapest: where places are lost, it is within PLACES_GAP of it."""
        return self.ground.problem.survive_loss not in ("zone", "provider")

    def step(self, amount: float) -> Step | None:
        """Return the step of an amount, None where no fleet within the limits serves it."""
        if amount <= SLACK:
            return Step(0.0, 0.0, 0.0, {}, {})
        if amount >= self.too_much:
            return None
        place = bisect_right(self.steps, amount, key=lambda step: step.start) - 1
        if place >= 0 and amount <= self.steps[place].end * (1 + SLACK):
            return self.steps[place]
        found = self._solved(amount)
        if found is None:
            self.too_much = amount
        else:
            insort(self.steps, found, key=lambda step: step.start)
        return found

    def cost(self, amounts: Floats) -> Floats:
        """Return $/h of what is rented for each amount, infinite where the limits allow no fleet."""
        unique, back = np.unique(amounts, return_inverse=True)
        usd = np.full(len(unique), math.inf)
        first = 0
        while first < len(unique) and (step := self.step(float(unique[first]))) is not None:
            last = max(first + 1, int(np.searchsorted(unique, step.end * (1 + SLACK), side="right")))
            usd[first:last] = step.usd_per_hour
            first = last
        return np.asarray(usd[back].reshape(amounts.shape))

    def _solved(self, amount: float) -> Step | None:
        problem, ground = self.ground.hour(amount), self.ground
        cost = tuple(
            (problem.offers[offer].usd_per_hour, instances(problem, offer)) for offer in sorted(ground.by_the_hour)
        )
        gap = 0.0 if self.is_exact else PLACES_GAP
        rows = hour_rows(ground, amount, self.held, self.drift)
        found = solve(cost, rows, seconds=STEP_SECONDS, gap_fraction=gap)
        if not found.values:
            return None
        rented = {offer: found.count(instances(problem, offer)) for offer in sorted(ground.by_the_hour)}
        running = {column: found.count(replicas(problem, column)) for column in range(len(problem.columns))}
        rented = {offer: count for offer, count in rented.items() if count > 0}
        filled = self._filled(rented, {column: count for column, count in running.items() if count > 0})
        usd = sum(problem.offers[offer].usd_per_hour * count for offer, count in rented.items())
        return Step(amount, max(amount, guaranteed(ground, filled)), usd, rented, filled)

    def _filled(self, rented: Mapping[int, int], running: Mapping[int, int]) -> dict[int, int]:
        """Return the replicas with more of them on GPUs that stand empty, where that serves more."""
        problem, filled = self.ground.problem, dict(running)
        most = guaranteed(self.ground, filled)
        for offer in {*rented, *self.held}:
            count = rented.get(offer, 0) + (self.held[offer].count if offer in self.held else 0)
            columns = [index for index, column in enumerate(problem.columns) if column.offer == offer]
            columns.sort(key=lambda index: -self.ground.capacity[index] / problem.columns[index].gpus_per_replica)
            free = problem.offers[offer].gpus * count
            free -= sum(problem.columns[index].gpus_per_replica * filled.get(index, 0) for index in columns)
            for index in columns:
                more = int(free // problem.columns[index].gpus_per_replica)
                if not more:
                    continue
                tried = {**filled, index: filled.get(index, 0) + more}
                if (reached := guaranteed(self.ground, tried)) > most:
                    filled, most = tried, reached
                    free -= more * problem.columns[index].gpus_per_replica
        return filled


def guaranteed(ground: Ground, running: Mapping[int, int]) -> float:
    """Return what replicas serve after the worst loss that is to be survived."""

    def serves(counts: Mapping[int, float]) -> float:
        return math.fsum(ground.capacity[column] * count for column, count in counts.items())

    left = [serves(loss.left_of(running)) for loss in ground.losses]
    return min((serves(running), *left))
