"""The fleet still serves everything after losing any one replica, instance, zone or provider."""

from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.fleet.problem import FleetProblem, Row, Variable, replicas


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that can fail: columns that go wholly, and columns of which `lost[c]` replicas go."""

    gone: frozenset[int]
    lost: tuple[tuple[int, int], ...]


def losses(problem: FleetProblem) -> tuple[Loss, ...]:
    """Return every loss to survive: one per column (replica), offer (instance), zone or provider."""
    offers, columns = problem.offers, problem.columns
    match problem.survive_loss:
        case "none":
            return ()
        case "replica":
            return tuple(Loss(frozenset(), ((index, 1),)) for index in range(len(columns)))
        case "instance":
            return tuple(
                Loss(frozenset(), tuple((c, _replicas_on_one_instance(problem, c)) for c in indices))
                for indices in problem.columns_of
                if indices
            )
        case "zone" | "provider" as scope:
            domain = [offer.zone if scope == "zone" else offer.provider for offer in offers]
            return tuple(
                Loss(frozenset(c for c, column in enumerate(columns) if domain[column.offer] == name), ())
                for name in sorted(set(domain))
            )


def survive(problem: FleetProblem) -> Iterator[Row]:
    """For every loss f: sum_c x[f,b,c] = 1 and sum_b demand[b] / capacity[b,c] x[f,b,c] <= what f leaves of r[c].

    A column that goes wholly has no x[f,b,c]. Of a column that loses k replicas, max(0, r[c] - k) are left: with
    kept[f,c] in {0, 1}, load <= r[c] - k kept[f,c] and load <= most_replicas[c] kept[f,c].
    """
    for number, loss in enumerate(losses(problem)):
        lost = dict(loss.lost)
        for bucket, servers in enumerate(problem.servers):
            terms = tuple((1.0, _share(number, bucket, c)) for c in servers if c not in loss.gone)
            yield Row(f"survive_serve_{number}_{bucket}", terms, "=", 1)
        for index, column in enumerate(problem.columns):
            if index in loss.gone:
                continue
            load = tuple(
                (amount / column.capacity[bucket], _share(number, bucket, index))
                for bucket, amount in enumerate(problem.demand)
                if column.capacity[bucket] > 0
            )
            left: tuple[tuple[float, Variable], ...] = ((-1.0, replicas(problem, index)),)
            if index in lost:
                kept = Variable("kept", (number, index), integer=True, upper=1)
                left += ((float(lost[index]), kept),)
                most = float(problem.most_replicas[index])
                yield Row(f"survive_kept_{number}_{index}", (*load, (-most, kept)), "<=", 0)
            yield Row(f"survive_capacity_{number}_{index}", (*load, *left), "<=", 0)


def _share(loss: int, bucket: int, column: int) -> Variable:
    return Variable("x", (loss, bucket, column), integer=False, upper=1)


def _replicas_on_one_instance(problem: FleetProblem, index: int) -> int:
    column = problem.columns[index]
    return max(1, problem.offers[column.offer].gpus // column.gpus_per_replica)
