"""The fleet differs from the one that runs already by no more than so many instances."""

from collections.abc import Iterator

from optimizer.fleet.problem import FleetProblem, Row, Variable, instances


def max_changes(problem: FleetProblem) -> Iterator[Row]:
    """max_changes: sum_o |n[o] - current[o]| <= max_changes, what runs on no offer of the problem being released.

    For an offer that runs already, moved[o] >= n[o] - current[o] and moved[o] >= current[o] - n[o]; for others, n[o].
    """
    limits = problem.limits
    if limits.max_changes is None:
        return
    terms = []
    for offer in range(len(problem.offers)):
        rented, running = instances(problem, offer), limits.current.get(offer, 0)
        if not running:
            terms.append((1.0, rented))
            continue
        moved = Variable("moved", (offer,), integer=False, upper=rented.upper + running)
        yield Row(f"moved_up_{offer}", ((1.0, rented), (-1.0, moved)), "<=", running)
        yield Row(f"moved_down_{offer}", ((-1.0, rented), (-1.0, moved)), "<=", -running)
        terms.append((1.0, moved))
    yield Row("max_changes", tuple(terms), "<=", limits.max_changes - limits.released)
