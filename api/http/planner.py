"""The planner: cached plans at once, one solve for all who ask the same, a queue with an end."""

import asyncio
import hashlib
import math
import time
from collections import OrderedDict
from collections.abc import Callable

from api.answering import Answerer, Wanted
from api.http.logs import LOG
from api.http.metrics import QUEUE, SOLVE_SECONDS, SOLVES
from api.http.plan_documents import PlanDocument, plan_document
from api.http.prices import Prices, today
from api.http.problems import Failure, ProblemError
from api.http.settings import Settings
from api.http.shelf import Shelf
from api.http.solving import Job, SolverPool
from optimizer.request import PlanRequest

TEXTS_KEPT = 4096
LONGEST_QUESTION = 1000
SMOOTHING = 0.2


class Planner:
    """Answers questions and requests. Lives on the event loop; only solving and reading questions leave it."""

    def __init__(self, settings: Settings, prices: Prices, solvers: SolverPool) -> None:
        self.settings, self.prices, self.solvers = settings, prices, solvers
        self.shelf = Shelf(settings.plans_kept, settings.plans_directory)
        self._read_before: OrderedDict[tuple[str, str, str], Wanted] = OrderedDict()
        self._flights: dict[str, asyncio.Task[PlanDocument]] = {}
        self._typical_seconds = 1.0

    async def ask(self, question: str) -> PlanDocument:
        """Return the plan that answers a question. Raises GpumixError or ProblemError."""
        answerer = self.prices.now()
        wanted = await self._read(answerer, question, lambda: answerer.read(question))
        words = hashlib.sha256(question.encode("utf-8", "replace")).hexdigest()[:12]
        return await self._planned(answerer, wanted, f"{wanted.plan_id}-{words}")

    async def plan(self, request: PlanRequest) -> PlanDocument:
        """Return the plan of a request. Raises GpumixError or ProblemError."""
        answerer = self.prices.now()
        wanted = await self._read(answerer, request.model_dump_json(), lambda: answerer.wanted(request))
        return await self._planned(answerer, wanted, wanted.plan_id)

    def saved(self, plan_id: str) -> PlanDocument:
        """Return a plan that was made before, whichever way it was asked for. Raises ProblemError."""
        found = self.shelf.get(plan_id) or self.shelf.get(_asked(plan_id))
        if found is None:
            hint = "plans are kept for a while only; ask again, the id stays the same while prices do"
            raise ProblemError("not_found", f"there is no plan {plan_id}", hint)
        return found

    async def _read(self, answerer: Answerer, text: str, read: Callable[[], Wanted]) -> Wanted:
        """Return what a question or a request wants, read once a day and snapshot: either may change it."""
        key = (answerer.snapshot.snapshot_id, today().isoformat(), text)
        wanted = self._read_before.get(key)
        if wanted is None:
            wanted = self._read_before[key] = await asyncio.to_thread(read)
            if len(self._read_before) > TEXTS_KEPT:
                self._read_before.popitem(last=False)
        return wanted

    async def _planned(self, answerer: Answerer, wanted: Wanted, key: str) -> PlanDocument:
        found = self.shelf.get(key)
        if found is not None:
            return found
        flight = self._flights.get(key)
        if flight is None:
            self._refuse_if_full()
            flight = self._flights[key] = asyncio.create_task(self._solve(answerer, wanted, key))
            QUEUE.inc()
            flight.add_done_callback(lambda done: self._landed(key, done))
        return await asyncio.shield(flight)  # who asked may leave; the plan is kept for the next

    def _landed(self, key: str, flight: "asyncio.Task[PlanDocument]") -> None:
        self._flights.pop(key, None)
        QUEUE.dec()
        if not flight.cancelled():
            flight.exception()  # who asked may have left: nobody else reads it then

    def _refuse_if_full(self) -> None:
        waiting = len(self._flights) - self.settings.solvers
        if waiting >= self.settings.queue:
            seconds = math.ceil(self._typical_seconds * (waiting + 1) / self.settings.solvers)
            SOLVES.labels("refused").inc()
            raise ProblemError(
                "busy", f"{waiting} plans are waiting to be solved", headers={"Retry-After": str(max(1, seconds))}
            )

    async def _solve(self, answerer: Answerer, wanted: Wanted, key: str) -> PlanDocument:
        started = time.perf_counter()
        job = Job(wanted, answerer.snapshot, self.settings.solve_seconds)
        loop = asyncio.get_running_loop()
        solved = await loop.run_in_executor(self.solvers.threads, self.solvers.solve, job)
        seconds = time.perf_counter() - started
        SOLVE_SECONDS.observe(seconds)
        self._typical_seconds += SMOOTHING * (seconds - self._typical_seconds)
        if isinstance(solved, Failure):
            SOLVES.labels(solved.code).inc()
            if solved.cause:
                LOG.error("solve failed", plan_id=wanted.plan_id, cause=solved.cause)
            raise solved.error()
        plan = plan_document(solved)
        SOLVES.labels(plan.status).inc()
        self.shelf.put(key, plan)
        if key != wanted.plan_id:
            self.shelf.put(_asked(wanted.plan_id), plan)
        return plan


def _asked(plan_id: str) -> str:
    """Return the key of a plan that was asked for in words."""
    return f"{plan_id}-asked"
