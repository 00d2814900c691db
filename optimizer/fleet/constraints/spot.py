"""Spot has no more than its share of the GPUs."""

from collections.abc import Iterator

from optimizer.fleet.problem import FleetProblem, Row, instances


def max_spot(problem: FleetProblem) -> Iterator[Row]:
    """max_spot: sum_o gpus[o] (is_spot[o] - max_spot_fraction) n[o] <= 0."""
    most = problem.limits.max_spot_fraction
    if most is not None:
        terms = tuple(
            (offer.gpus * (float(offer.is_spot) - most), instances(problem, index))
            for index, offer in enumerate(problem.offers)
        )
        yield Row("max_spot", terms, "<=", 0)
