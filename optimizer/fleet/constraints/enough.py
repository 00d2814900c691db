"""Every bucket has the replicas that it needs at the least."""

import math
from collections.abc import Iterator

from optimizer.fleet.problem import FleetProblem, Row, replicas


def enough(problem: FleetProblem) -> Iterator[Row]:
    """enough[b]: sum_c r[c] >= ceil(demand[b] / largest capacity[b,c]), over the columns that can serve b.

    It follows from `serve` and `capacity` for whole replicas; said outright, a load that is too small for a solver's
    tolerance still gets a replica.
    """
    for bucket, (amount, columns) in enumerate(zip(problem.demand, problem.servers, strict=True)):
        most = max((problem.columns[column].capacity[bucket] for column in columns), default=0.0)
        if most > 0:
            fewest = math.ceil(amount / most - 1e-9)
            yield Row(f"enough_{bucket}", tuple((1.0, replicas(problem, c)) for c in columns), ">=", max(1, fewest))
