"""Nothing is rented to stand empty."""

from collections.abc import Iterator

from optimizer.fleet.problem import FleetProblem, Row, instances, replicas


def busy(problem: FleetProblem) -> Iterator[Row]:
    """busy[o]: n[o] <= sum_c instances_per_replica[c] r[c], over the columns c of offer o.

    Only where a limit counts parts of the fleet, so that renting empty instances would change them.
    """
    if not problem.limits.counts_parts:
        return
    for offer, columns in enumerate(problem.columns_of):
        held = tuple((-float(problem.columns[c].instances_per_replica), replicas(problem, c)) for c in columns)
        yield Row(f"busy_{offer}", ((1.0, instances(problem, offer)), *held), "<=", 0)
