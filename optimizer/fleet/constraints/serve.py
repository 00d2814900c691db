"""Every bucket is served whole."""

from collections.abc import Iterator

from optimizer.fleet.problem import FleetProblem, Row, share


def serve(problem: FleetProblem) -> Iterator[Row]:
    """serve[b]: sum_c x[b,c] = 1, over the columns that can serve b."""
    for bucket, columns in enumerate(problem.servers):
        yield Row(f"serve_{bucket}", tuple((1.0, share(bucket, column)) for column in columns), "=", 1)
