"""No quota of vCPUs is exceeded."""

from collections.abc import Iterator

from optimizer.fleet.problem import FleetProblem, Row, instances


def vcpu_quota(problem: FleetProblem) -> Iterator[Row]:
    """vcpu_quota[k]: sum_o vcpus[o] n[o] <= most[k], over the offers of the families of key k.

    An offer whose vCPUs nobody tells takes more than there are: it cannot be shown to keep to the quota.
    """
    for number, limit in enumerate(problem.limits.quotas.values()):
        if limit.unit == "vcpus" and limit.offers:
            terms = tuple(
                (limit.weight(problem.offers[offer]), instances(problem, offer)) for offer in sorted(limit.offers)
            )
            yield Row(f"vcpu_quota_{number}", terms, "<=", limit.most)
