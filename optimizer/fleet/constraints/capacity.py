"""What is routed to a column fits its replicas."""

from collections.abc import Iterator

from optimizer.fleet.problem import FleetProblem, Row, replicas, share


def capacity(problem: FleetProblem) -> Iterator[Row]:
    """capacity[c]: sum_b demand[b] / capacity[b,c] x[b,c] <= r[c]."""
    for index, column in enumerate(problem.columns):
        terms = [
            (amount / column.capacity[bucket], share(bucket, index))
            for bucket, amount in enumerate(problem.demand)
            if column.capacity[bucket] > 0
        ]
        yield Row(f"capacity_{index}", (*terms, (-1.0, replicas(problem, index))), "<=", 0)
