"""The fleet costs no more than the budget."""

from collections.abc import Iterator

from optimizer.fleet.problem import FleetProblem, Row, instances


def budget(problem: FleetProblem) -> Iterator[Row]:
    """budget: sum_o usd_per_hour[o] n[o] <= max_usd_per_hour."""
    most = problem.limits.max_usd_per_hour
    if most is not None:
        terms = tuple((offer.usd_per_hour, instances(problem, index)) for index, offer in enumerate(problem.offers))
        yield Row("budget", terms, "<=", most)
