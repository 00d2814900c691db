"""The fleet has no more kinds of instance than allowed."""

from collections.abc import Iterator

from optimizer.fleet.problem import FleetProblem, Row, instances, used


def count_kinds(problem: FleetProblem) -> Iterator[Row]:
    """kind[o]: n[o] <= most_instances[o] used[o], so that used[o] is 1 where offer o is rented."""
    for offer, most in enumerate(problem.most_instances):
        yield Row(f"kind_{offer}", ((1.0, instances(problem, offer)), (-float(most), used(offer))), "<=", 0)


def max_kinds(problem: FleetProblem) -> Iterator[Row]:
    """max_kinds: sum_o used[o] <= max_kinds, with kind[o] as in `count_kinds`."""
    most = problem.limits.max_kinds
    if most is not None:
        yield from count_kinds(problem)
        terms = tuple((1.0, used(offer)) for offer in range(len(problem.offers)))
        yield Row("max_kinds", terms, "<=", most)
