"""The fleet has no more instances than allowed."""

from collections.abc import Iterator

from optimizer.fleet.problem import FleetProblem, Row, instances


def max_instances(problem: FleetProblem) -> Iterator[Row]:
    """max_instances: sum_o n[o] <= max_instances."""
    most = problem.limits.max_instances
    if most is not None:
        terms = tuple((1.0, instances(problem, offer)) for offer in range(len(problem.offers)))
        yield Row("max_instances", terms, "<=", most)
