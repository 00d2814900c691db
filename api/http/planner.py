"""The planner: what is known at once, everything else through the waiting line."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable

from api.answering import Answerer, Wanted
from api.http.answers import Answers
from api.http.plan_documents import PlanDocument, plan_document
from api.http.prices import Prices, today
from api.http.problems import ProblemError
from api.http.responses import Document
from api.http.settings import Settings
from api.http.sharing import SharedPlans
from api.http.shelf import Shelf
from api.http.solving import Job, SolverPool
from api.http.tasks import PlanTask, Rehearsal, Task
from api.http.waiting import WaitingLine
from catalog import GpumixError
from optimizer.request import PlanRequest

TEXTS_KEPT = 256  # of some 8 KB each; reading one again takes milliseconds
LONGEST_QUESTION = 1000


class Planner:
    """Answers questions and requests. Lives on the event loop; only solving and reading questions leave it."""

    def __init__(
        self, settings: Settings, prices: Prices, solvers: SolverPool, shared: SharedPlans | None = None
    ) -> None:
        self.prices, self.solvers, self.shared = prices, solvers, shared
        self.shelf = Shelf(settings.plans_kept, settings.plans_directory)
        self.answers = Answers()
        self._line, self._seconds = WaitingLine(settings, solvers), settings.solve_seconds
        self._read_before: OrderedDict[tuple[str, str, bytes], Wanted] = OrderedDict()

    def rehearse(self) -> None:
        """Let the solvers get to know the prices of the moment, if there are any, before anybody asks."""
        try:
            answerer = self.prices.now()
        except GpumixError:
            self.solvers.start()
        else:
            self.solvers.start(Job(Rehearsal(), answerer.snapshot, self._seconds, answerer.catalog.own))

    async def ask(self, question: str) -> PlanDocument:
        """Return the plan that answers a question. Raises GpumixError or ProblemError."""
        answerer = self.prices.now()
        wanted = await self._read(answerer, question, lambda: answerer.read(question))
        held = await self.prices.held(wanted.request.as_of)
        if held is not answerer:
            answerer, wanted = held, await self._read(held, question, lambda: held.read(question))
        words = hashlib.sha256(question.encode("utf-8", "replace")).hexdigest()[:12]
        return await self._planned(answerer, PlanTask(wanted, f"{wanted.plan_id}-{words}"))

    async def plan(self, request: PlanRequest) -> PlanDocument:
        """Return the plan of a request. Raises GpumixError or ProblemError."""
        answerer = await self.prices.held(request.as_of)
        wanted = await self._read(answerer, request.model_dump_json(), lambda: answerer.wanted(request))
        return await self._planned(answerer, PlanTask(wanted, wanted.plan_id))

    async def solved(self, task: Task, media_type: str) -> tuple[Document, str]:
        """Return the document of another task, and the snapshot that it is of. Raises ProblemError."""
        answerer = await self.prices.held(task.as_of)
        version = answerer.snapshot.snapshot_id
        key = (answerer.version, task.key, b"")
        found = self.answers.find(key)
        if found is None:
            found = Document(await self._line.solve(answerer, task), media_type)
            self.answers.keep(key, found)
        return found, version

    async def saved(self, plan_id: str) -> PlanDocument:
        """Return a plan that was made before, whichever way and host was asked for it. Raises ProblemError."""
        found = await self._found(plan_id) or await self._found(_asked(plan_id))
        if found is None:
            hint = "plans are kept for a while only; ask again, the id stays the same while prices do"
            raise ProblemError("not_found", f"there is no plan {plan_id}", hint)
        return found

    async def _read(self, answerer: Answerer, text: str, read: Callable[[], Wanted]) -> Wanted:
        """Return what a question or a request wants, read once a day and snapshot: either may change it."""
        digest = hashlib.sha256(text.encode("utf-8", "replace")).digest()  # a request may be long
        key = (answerer.version, today().isoformat(), digest)
        wanted = self._read_before.get(key)
        if wanted is None:
            wanted = self._read_before[key] = await asyncio.to_thread(read)
            if len(self._read_before) > TEXTS_KEPT:
                self._read_before.popitem(last=False)
        self._read_before.move_to_end(key)
        return wanted

    async def _planned(self, answerer: Answerer, task: PlanTask) -> PlanDocument:
        found = await self._found(task.key)
        if found is not None:
            return found
        body = await self._line.solve(answerer, task)
        found = self.shelf.get(task.key)  # of several who waited for it, one has put it there
        if found is None:
            found = plan_document(body)
            self._keep(task.key, found)
            if task.key != task.wanted.plan_id:
                self._keep(_asked(task.wanted.plan_id), found)
        return found

    async def _found(self, key: str) -> PlanDocument | None:
        """Return a plan of this host, or of another one, or None."""
        found = self.shelf.get(key)
        if found is None and self.shared is not None and (body := await self.shared.get(key)) is not None:
            found = plan_document(body)
            self.shelf.put(key, found)
        return found

    def _keep(self, key: str, plan: PlanDocument) -> None:
        self.shelf.put(key, plan)
        if self.shared is not None:
            self.shared.put(key, plan.document.body)


def _asked(plan_id: str) -> str:
    """Return the key of a plan that was asked for in words."""
    return f"{plan_id}-asked"
