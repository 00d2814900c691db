"""No quota is exceeded."""

from collections.abc import Iterator

from optimizer.fleet.problem import FleetProblem, Row, instances


def quota(problem: FleetProblem) -> Iterator[Row]:
    """quota[k]: sum_o weight[o] n[o] <= most[k], over the offers of key k; weight is 1, or gpus[o] for a GPU quota."""
    for number, limit in enumerate(problem.limits.quotas.values()):
        if limit.unit != "vcpus" and limit.offers:
            terms = tuple(
                (limit.weight(problem.offers[offer]), instances(problem, offer)) for offer in sorted(limit.offers)
            )
            yield Row(f"quota_{number}", terms, "<=", limit.most)
