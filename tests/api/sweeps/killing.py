"""A program that sweeps until it is killed, and tells which points it begins to solve."""

from collections.abc import Iterable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

from api.sweeps.ledger import Identity, Ledger
from api.sweeps.outcomes import Outcome
from api.sweeps.prices import SweepPrices
from api.sweeps.reading import read_sweep
from api.sweeps.running import Job, run_sweep
from api.sweeps.solving import Chunk, solve_chunk
from catalog import load_catalog
from optimizer.performance.coefficients import shipped_coefficients
from pricing import load_snapshot

LOAD = {"users": 1, "tok_per_s_per_user": 10, "context_tokens": 2048}
SWEEP = read_sweep(
    {
        "request": {"model": "llama-3.1-8b", "workload": LOAD, "allow": {"gpus": ["L40S"]}},
        "grid": {"workload.tok_per_s_per_user": [5, 10], "workload.users": list(range(1, 121))},
    }
)
IDENTITY = Identity(SWEEP.sweep_id, load_catalog().catalog_id, shipped_coefficients().calibration_id)
JOB = Job.of(SWEEP, IDENTITY, SweepPrices(load_snapshot().newest_observed_at, {None: load_snapshot()}))
solve_chunk(next(JOB.chunks([0], None)))  # what every program that is forked from here has at hand


class Telling:
    """Solves in this process, and tells of every chunk before it does."""

    parent = None

    def __init__(self, told: Connection) -> None:
        self._told = told

    def solve(self, chunks: Iterable[Chunk]) -> Iterator[tuple[Outcome, ...]]:
        for chunk in chunks:
            self._told.send([number for number, _ in chunk.points])
            yield solve_chunk(chunk)


def sweep_to_the_end(output: Path, told: Connection) -> None:
    """Solve what is not finished, and make the file."""
    with Ledger(output, SWEEP, IDENTITY, rows_per_file=50) as ledger:
        told.send(sorted(ledger.finished))
        run_sweep(JOB, ledger, Telling(told), lambda done: None)
        ledger.finish()
