"""The queue in front of the solvers: one solve for all who ask the same, and an end to how many may wait."""

import asyncio
import math
import time

from api.answering import Answerer
from api.http.logs import LOG
from api.http.metrics import QUEUE, SOLVE_SECONDS, SOLVES
from api.http.problems import Failure, ProblemError
from api.http.settings import Settings
from api.http.solving import Job, SolverPool
from api.http.tasks import Task

SMOOTHING = 0.2


class WaitingLine:
    """Tasks that are being solved or wait for it. Lives on the event loop."""

    def __init__(self, settings: Settings, solvers: SolverPool) -> None:
        self.settings, self.solvers = settings, solvers
        self._flights: dict[str, asyncio.Task[bytes]] = {}
        self._typical_seconds = 1.0

    async def solve(self, answerer: Answerer, task: Task) -> bytes:
        """Return the document of a task. Raises ProblemError; who leaves does not stop it for the others."""
        key = f"{answerer.version}.{task.key}"
        flight = self._flights.get(key)
        if flight is None:
            self._refuse_if_full()
            flight = self._flights[key] = asyncio.create_task(self._solve(answerer, task))
            QUEUE.inc()
            flight.add_done_callback(lambda done: self._landed(key, done))
        return await asyncio.shield(flight)

    def _landed(self, key: str, flight: "asyncio.Task[bytes]") -> None:
        self._flights.pop(key, None)
        QUEUE.dec()
        if not flight.cancelled():
            flight.exception()  # who asked may have left: nobody else reads it then

    def _refuse_if_full(self) -> None:
        waiting = len(self._flights) - self.settings.solvers
        if waiting >= self.settings.queue:
            seconds = math.ceil(self._typical_seconds * (waiting + 1) / self.settings.solvers)
            SOLVES.labels("busy").inc()
            raise ProblemError(
                "busy", f"{waiting} requests are waiting to be solved", headers={"Retry-After": str(max(1, seconds))}
            )

    async def _solve(self, answerer: Answerer, task: Task) -> bytes:
        started = time.perf_counter()
        job = Job(task, answerer.snapshot, self.settings.solve_seconds, answerer.catalog.own)
        loop = asyncio.get_running_loop()
        solved = await loop.run_in_executor(self.solvers.threads, self.solvers.solve, job)
        seconds = time.perf_counter() - started
        SOLVE_SECONDS.observe(seconds)
        self._typical_seconds += SMOOTHING * (seconds - self._typical_seconds)
        if isinstance(solved, Failure):
            SOLVES.labels(solved.code).inc()
            if solved.cause:
                LOG.error("solve failed", task=type(task).__name__, key=task.key, cause=solved.cause)
            raise solved.error()
        SOLVES.labels("solved").inc()
        return solved
