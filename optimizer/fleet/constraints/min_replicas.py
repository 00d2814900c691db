"""The fleet has at least so many replicas."""

from collections.abc import Iterator

from optimizer.fleet.problem import FleetProblem, Row, replicas


def min_replicas(problem: FleetProblem) -> Iterator[Row]:
    """min_replicas: sum_c r[c] >= min_replicas."""
    fewest = problem.limits.min_replicas
    if fewest is not None:
        terms = tuple((1.0, replicas(problem, column)) for column in range(len(problem.columns)))
        yield Row("min_replicas", terms, ">=", fewest)
