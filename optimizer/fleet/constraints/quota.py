"""No quota is exceeded."""

from collections.abc import Iterator

from optimizer.fleet.problem import FleetProblem, Row, instances


def quota(problem: FleetProblem) -> Iterator[Row]:
    """quota[k]: sum_o weight[o] n[o] <= most[k], over the offers of key k; weight is 1, or gpus[o] for a GPU quota."""
    for number, limit in enumerate(problem.limits.quotas.values()):
        terms = tuple(
            (float(problem.offers[offer].gpus) if limit.unit == "gpus" else 1.0, instances(problem, offer))
            for offer in sorted(limit.offers)
        )
        if terms:
            yield Row(f"quota_{number}", terms, "<=", limit.most)
