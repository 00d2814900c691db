"""Doubles for what the application is given: prices of our own, and solvers that do as they are told."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import cache

import httpx
from fastapi import FastAPI

from api.answering import Answerer
from api.http.app import create_app
from api.http.plan_documents import plan_json
from api.http.problems import Failure
from api.http.queries import BudgetQuery
from api.http.settings import Settings
from api.http.solving import Job
from api.http.tasks import BudgetForm, BudgetTask
from optimizer.request import PlanRequest
from pricing import load_snapshot

from .servers import CHEAP

TODAY = date(2026, 12, 1)


@cache
def cheap_plan() -> bytes:
    """Return the JSON of one plan, solved once."""
    return plan_json(Answerer.shipped().plan(PlanRequest.model_validate(CHEAP)))


@cache
def cheap_budget(form: BudgetForm) -> bytes:
    """Return one budget of two months in a form, solved once."""
    query = BudgetQuery.model_validate({"model": "llama-3.1-8b", "users": 2, "context": 2048, "months": 2})
    return BudgetTask(query.budget(TODAY), form, TODAY).run(Answerer.shipped(), 60)


class Solvers:
    """Gives one plan for everything but budgets, one budget for those; with a gate it waits until that is opened."""

    def __init__(self, answer: bytes | Failure | None = None, gate: threading.Event | None = None) -> None:
        self.threads = ThreadPoolExecutor(2)
        self.jobs: list[Job] = []
        self.rehearsals: list[Job | None] = []
        self.gate = gate
        self._answer = answer

    def start(self, rehearsal: Job | None = None) -> None:
        """Nothing starts; what was to be rehearsed is remembered."""
        self.rehearsals.append(rehearsal)

    def solve(self, job: Job) -> bytes | Failure:
        self.jobs.append(job)
        if self.gate is not None:
            self.gate.wait(30)
        if self._answer is not None:
            return self._answer
        return cheap_budget(job.task.form) if isinstance(job.task, BudgetTask) else cheap_plan()

    def close(self) -> None:
        """Nothing ends: an application may start and stop several times."""


def application(pool: Solvers | None = None, **settings: object) -> FastAPI:
    """Return an application on the shipped prices."""
    return create_app(Settings(**settings), load_snapshot, pool or Solvers())  # type: ignore[arg-type]  # by name


def client_of(app: FastAPI) -> httpx.AsyncClient:
    """Return a client that talks to an application without a network."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")
