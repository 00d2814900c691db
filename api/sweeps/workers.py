"""Workers: joblib over the processes of this machine, or over a Dask cluster; the same chunks, the same outcomes."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from joblib import Parallel, cpu_count, delayed, parallel_config
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

    @classmethod
    def of(cls, count: int | None, dask: str | None) -> "Workers":
        """Return workers, by default one a core. Raises InvalidInputError where Dask is asked for but not installed."""
        if dask is not None:
            try:
                import distributed  # noqa: F401
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
        with self._backend(), _lost_workers():
            run: Callable[..., Any] = Parallel(
                n_jobs=-1 if self.dask is not None else self.count,
                batch_size=1,
                pre_dispatch=f"{WAITING_CHUNKS_PER_WORKER}*n_jobs",
                return_as="generator_unordered",
            )
            yield from run(delayed(solve_chunk)(chunk) for chunk in chunks)

    def _backend(self) -> AbstractContextManager[Any]:
        return nullcontext() if self.dask is None else _cluster(self.dask)


@contextmanager
def _cluster(address: str) -> Iterator[None]:
    from distributed import Client

    connect: Callable[..., Any] = Client
    try:
        client = connect(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InvalidInputError(
            f"there is no Dask scheduler at {address}: {error}", "give the address that it prints, tcp://HOST:8786"
        ) from error
    with client, parallel_config(backend="dask", client=client):
        yield


@contextmanager
def _lost_workers() -> Iterator[None]:
    try:
        yield
    except BrokenProcessPool as error:
        raise WorkerLostError(
            "a worker was killed or ran out of memory", "use fewer --workers, then run it again"
        ) from error
    except Exception as error:
        if type(error).__name__ != "KilledWorker":  # of `distributed`, which need not be installed
            raise
        raise WorkerLostError(
            "a Dask worker was killed or ran out of memory", "see its log, then run it again"
        ) from error
