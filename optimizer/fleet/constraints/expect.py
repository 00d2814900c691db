"""Where spot is held to its average, the capacity that is there on average serves everything."""

from collections.abc import Iterator

from optimizer.fleet.constraints.survive import weightings
from optimizer.fleet.problem import FleetProblem, Row, replicas


def expect(problem: FleetProblem) -> Iterator[Row]:
    """expect[u]: sum_c (1 - p[c]) w[u,c] r[c] >= 1, for weightings u of the sizes with sum_b u[b] = 1.

    1 - p[c] is the part of the time that all instances of a replica are there, and
    w[u,c] = max_b u[b] capacity[b,c] / demand[b] what it is then worth: average capacity serves the demand if and only
    if this holds for all u (the dual of routing, as in `survive`; not cut off at 1, since its replicas are not whole).
    """
    if problem.limits.spot_losses is None or not any(offer.is_spot for offer in problem.offers):
        return
    for number, weights in enumerate(weightings(problem)):
        terms = []
        for index, column in enumerate(problem.columns):
            worth = max(
                weight * capacity / amount
                for weight, capacity, amount in zip(weights, column.capacity, problem.demand, strict=True)
            )
            if worth > 0:
                terms.append((problem.there_fraction[index] * worth, replicas(problem, index)))
        yield Row(f"expect_{number}", tuple(terms), ">=", sum(weights))
