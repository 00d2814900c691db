"""The fleet still serves everything after losing any one replica, instance, zone or provider."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from optimizer.fleet.problem import FleetProblem, Row, Variable, replicas
from optimizer.performance.tables import Floats


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that can fail, as (column, most of its replicas that go, None for all)."""

    lost: tuple[tuple[int, int | None], ...]

    def left_of(self, counts: Mapping[int, float]) -> dict[int, float]:
        """Return the replicas that are left of each column."""
        gone = dict(self.lost)
        return {
            column: max(0, count - (gone[column] or count)) if column in gone else count
            for column, count in counts.items()
        }


def losses(problem: FleetProblem) -> tuple[Loss, ...]:
    """Return every loss to survive: one per column (replica), offer (instance), zone or provider."""
    offers, columns = problem.offers, problem.columns
    match problem.survive_loss:
        case "none":
            return ()
        case "replica":
            return tuple(Loss(((index, 1),)) for index in range(len(columns)))
        case "instance":
            return tuple(
                Loss(tuple((c, replicas_on_one_instance(problem, c)) for c in indices))
                for indices in problem.columns_of
                if indices
            )
        case "zone" | "provider" as scope:
            domain = [offer.zone if scope == "zone" else offer.provider for offer in offers]
            return tuple(
                Loss(tuple((c, None) for c, column in enumerate(columns) if domain[column.offer] == name))
                for name in sorted(set(domain))
            )


def survive(problem: FleetProblem) -> Iterator[Row]:
    """survive[u]: sum_c v[u,c] r[c] - spare[u] >= 1, for weightings u of the sizes with sum_b u[b] = 1.

    spare[u] >= sum_c v[u,c] gone[f,c] for every loss f; v[u,c] = max_b u[b] capacity[b,c] / demand[b], cut off at 1,
    which changes nothing for whole replicas. What is left serves everything if and only if this holds for all u (the
    dual of routing). With one size there is one u; with several, each size alone comes first, and `cheapest` adds the
    u that a fleet still breaks.
    gone[f,c] is r[c] where all go, else min(k, r[c]): with full[c] in {0, 1}, gone >= k full and r - gone <= most full.
    At least one replica goes and ceil(1 / largest v[u,c]) are left, hence a cut: sum_c r[c] >= that + 1.
    """
    found = losses(problem)
    if not found:
        return
    for column, most_lost in sorted({pair for loss in found for pair in loss.lost if pair[1] is not None}):
        yield from _gone_rows(problem, column, most_lost or 0)
    for number, weights in enumerate(weightings(problem)):
        value = replica_values(problem, weights)
        able = [(worth, column) for column, worth in enumerate(value) if worth > 0]
        if not able:
            continue
        top = math.fsum(worth * problem.most_replicas[column] for worth, column in able)
        spare = Variable("spare", (number,), integer=False, upper=top)
        for place, loss in enumerate(found):
            terms = [(value[column], _gone(problem, column, k)) for column, k in loss.lost if value[column] > 0]
            if terms:
                yield Row(f"survive_spare_{number}_{place}", (*terms, (-1.0, spare)), "<=", 0)
        held = tuple((worth, replicas(problem, column)) for worth, column in able)
        whole = math.fsum(weights)  # 1, but for the rounding of the weights
        yield Row(f"survive_{number}", (*held, (-1.0, spare)), ">=", whole)
        fewest = math.ceil(whole / max(worth for worth, _ in able) - 1e-6)
        yield Row(
            f"survive_count_{number}", tuple((1.0, replicas(problem, column)) for _, column in able), ">=", fewest + 1
        )


def weightings(problem: FleetProblem) -> list[tuple[float, ...]]:
    """Return each size alone, then the weightings that were found to be broken."""
    sizes = range(len(problem.demand))
    return [tuple(float(b == size) for b in sizes) for size in sizes] + list(problem.loss_weights)


def replica_values(problem: FleetProblem, weights: tuple[float, ...]) -> list[float]:
    """Return v[u,c]: what one replica of each column is worth under a weighting of the sizes; 1: the whole demand."""
    if not problem.columns:
        return []
    worth: Floats = np.array(weights) * problem.capacities / np.array(problem.demand)
    values: list[float] = np.minimum(math.fsum(weights), worth.max(axis=1)).tolist()
    return values


def _gone_rows(problem: FleetProblem, column: int, most_lost: int) -> Iterator[Row]:
    """full[c]: gone >= k full; rest[c]: r - gone <= (most - k) full. So gone >= min(k, r)."""
    full = Variable("full", (column, most_lost), integer=True, upper=1)
    gone = _gone(problem, column, most_lost)
    rest = max(0.0, float(problem.most_replicas[column] - most_lost))
    yield Row(f"survive_full_{column}_{most_lost}", ((float(most_lost), full), (-1.0, gone)), "<=", 0)
    terms = ((1.0, replicas(problem, column)), (-1.0, gone), (-rest, full))
    yield Row(f"survive_rest_{column}_{most_lost}", terms, "<=", 0)


def _gone(problem: FleetProblem, column: int, most_lost: int | None) -> Variable:
    """gone[c]: the replicas of a column that a loss takes; all of them are r[c] itself."""
    if most_lost is None:
        return replicas(problem, column)
    return Variable("gone", (column, most_lost), integer=False, upper=float(problem.most_replicas[column]))


def replicas_on_one_instance(problem: FleetProblem, index: int) -> int:
    """Return how many replicas of a column one full instance holds, at least one."""
    column = problem.columns[index]
    return max(1, problem.offers[column.offer].gpus // column.gpus_per_replica)
