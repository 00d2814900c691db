"""Preempted fleets: the replicas that are there on average, and those that each way to lose spot instances leaves."""

import math
from collections.abc import Iterator, Mapping, Sequence

from optimizer.fleet.constraints.survive import replicas_on_one_instance
from optimizer.fleet.problem import FleetProblem

Counts = Mapping[int, float]


def lefts_of_spot(problem: FleetProblem, counts: Counts) -> Iterator[dict[int, float]]:
    """Yield what is left of `counts` replicas on average, then after each way to lose the spot instances asked for."""
    losses = problem.limits.spot_losses
    if losses is None:
        return
    yield {column: count * problem.there_fraction[column] for column, count in counts.items()}
    spot = sorted({problem.columns[column].offer for column in counts} & _spot_offers(problem))
    held = [_instances(problem, counts, offer) for offer in spot]
    for lost in ways(held, losses):
        left = dict(counts)
        for offer, instances in zip(spot, lost, strict=True):
            for column in problem.columns_of[offer]:
                if column in counts:
                    left[column] = max(0.0, counts[column] - instances * replicas_on_one_instance(problem, column))
        yield left


def ways(held: Sequence[int], total: int) -> Iterator[tuple[int, ...]]:
    """Yield every way to take `total` things, or all there are, out of piles with `held` things each."""
    if not held:
        yield ()
        return
    first, rest = held[0], held[1:]
    wanted = min(total, sum(held))
    for taken in range(max(0, wanted - sum(rest)), min(first, wanted) + 1):
        for others in ways(rest, wanted - taken):
            yield (taken, *others)


def _spot_offers(problem: FleetProblem) -> set[int]:
    return {index for index, offer in enumerate(problem.offers) if offer.is_spot}


def _instances(problem: FleetProblem, counts: Counts, offer: int) -> int:
    """Return the most instances of an offer whose loss still takes something."""
    return max(
        (
            math.ceil(counts[column] / replicas_on_one_instance(problem, column) - 1e-9)
            for column in problem.columns_of[offer]
            if column in counts
        ),
        default=0,
    )
