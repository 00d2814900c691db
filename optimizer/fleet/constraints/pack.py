"""Replicas fit the GPUs of the instances that are rented."""

from collections.abc import Iterator

from optimizer.fleet.problem import FleetProblem, Row, instances, replicas


def pack(problem: FleetProblem) -> Iterator[Row]:
    """pack[o]: sum_c gpus_per_replica[c] r[c] <= gpus[o] n[o], over the columns c of offer o.

    The sum over all instances is exact, not a relaxation, because the replica sizes of one offer divide one another
    and the instance (see `candidates.replica_sizes`), so first-fit by falling size never wastes a GPU.
    """
    for offer, columns in enumerate(problem.columns_of):
        terms = [(float(problem.columns[column].gpus_per_replica), replicas(problem, column)) for column in columns]
        gpus = float(problem.offers[offer].gpus)
        yield Row(f"pack_{offer}", (*terms, (-gpus, instances(problem, offer))), "<=", 0)
