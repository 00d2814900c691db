"""Workers: joblib over the processes of this machine, or a Dask cluster; the same chunks, the same outcomes.

Dask is asked directly: joblib's own Dask backend waits for ever for a task whose worker was killed too often.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from joblib import Parallel, cpu_count, delayed
from joblib.externals.loky.process_executor import BrokenProcessPool

from api.sweeps.outcomes import Outcome
from api.sweeps.solving import Chunk, solve_chunk
from catalog import GpumixError, InvalidInputError

WAITING_CHUNKS_PER_WORKER = 3
CONNECT_SECONDS = 10


class WorkerLostError(GpumixError):
    """A worker died with points on it; what it had not handed over is not finished."""


@dataclass(frozen=True, slots=True)
class Workers:
    """Where points are solved: `count` processes here, or the cluster behind a Dask scheduler's address."""

    count: int
    dask: str | None = None
    connect_seconds: float = CONNECT_SECONDS

    @classmethod
    def of(cls, count: int | None, dask: str | None) -> "Workers":
        """Return workers, by default one a core. Raises InvalidInputError where Dask is asked for but not installed."""
        if dask is not None:
            if count is not None:
                raise InvalidInputError("--workers and --dask are one choice", "a cluster has its own workers")
            try:
                import distributed  # noqa: F401  # only asked whether it is there
            except ImportError as error:
                raise InvalidInputError(
                    "--dask needs Dask, which is not installed", "pip install 'gpumix[dask]'"
                ) from error
        return cls(count or cpu_count(), dask)

    @property
    def parent(self) -> int | None:
        """Return the process that workers end with, None where they are not ours."""
        return os.getpid() if self.dask is None else None

    def solve(self, chunks: Iterable[Chunk]) -> Iterator[tuple[Outcome, ...]]:
        """Yield the outcomes of chunks as they come. Raises WorkerLostError."""
        return self._here(chunks) if self.dask is None else _on_cluster(self.dask, self.connect_seconds, iter(chunks))

    def _here(self, chunks: Iterable[Chunk]) -> Iterator[tuple[Outcome, ...]]:
        run: Callable[..., Any] = Parallel(
            n_jobs=self.count,
            batch_size=1,
            pre_dispatch=f"{WAITING_CHUNKS_PER_WORKER}*n_jobs",
            return_as="generator_unordered",
        )
        try:
            yield from run(delayed(solve_chunk)(chunk) for chunk in chunks)
        except (BrokenProcessPool, MemoryError) as error:
            raise WorkerLostError(
                "a worker was killed or ran out of memory", "use fewer --workers, then run it again"
            ) from error


def _on_cluster(address: str, seconds: float, chunks: Iterator[Chunk]) -> Iterator[tuple[Outcome, ...]]:
    from distributed import KilledWorker, as_completed

    gather: Callable[..., Any] = as_completed
    with _client(address, seconds) as client:
        first = islice(chunks, WAITING_CHUNKS_PER_WORKER * sum(client.ncores().values()))
        waiting = gather([client.submit(solve_chunk, chunk, pure=False) for chunk in first], loop=client.loop)
        try:
            for future in waiting:
                waiting.update(client.submit(solve_chunk, chunk, pure=False) for chunk in islice(chunks, 1))
                yield future.result()
        except (KilledWorker, CancelledError, MemoryError) as error:
            raise WorkerLostError(
                "a Dask worker was killed or ran out of memory", "see its log, then run it again"
            ) from error


@contextmanager
def _client(address: str, seconds: float) -> Iterator[Any]:
    from distributed import Client

    connect: Callable[..., Any] = Client
    try:
        client = connect(address, timeout=seconds, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InvalidInputError(
            f"there is no Dask scheduler at {address}: {error}", "give the address that it prints, tcp://HOST:8786"
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=seconds)
        except TimeoutError as error:
            raise InvalidInputError(f"the Dask cluster at {address} has no workers", "start: dask worker") from error
        yield client
