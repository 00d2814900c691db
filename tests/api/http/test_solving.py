"""Processes that solve: stopped when they take too long, replaced when they are gone."""

import dataclasses
import json
import os
import signal
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection

import pytest

from api.answering import Answerer
from api.http.problems import Failure
from api.http.solving import Job, Solver
from api.http.tasks import PlanTask
from optimizer.request import PlanRequest
from pricing import load_snapshot

from .servers import CHEAP


def stuck(connection: Connection) -> None:
    """Take the prices, then work for ever."""
    connection.send(connection.recv().version)
    connection.recv()
    while True:
        time.sleep(0.01)


@pytest.fixture
def job() -> Job:
    answerer = Answerer.shipped()
    return Job(PlanTask(answerer.wanted(PlanRequest.model_validate(CHEAP)), "cheap"), load_snapshot(), 30)


@pytest.fixture(scope="module")
def solver() -> Iterator[Solver]:
    running = Solver()
    yield running
    running.close()
    running.kill()


def solved(found: bytes | Failure) -> str:
    assert isinstance(found, bytes), found
    status: str = json.loads(found)["status"]
    return status


def test_a_plan_comes_back_as_json(solver: Solver, job: Job) -> None:
    assert "optimal" == solved(solver.solve(job))


def test_a_bad_name_comes_back_as_a_failure(solver: Solver, job: Job) -> None:
    assert isinstance(job.task, PlanTask)
    wanted = job.task.wanted
    request = wanted.request.model_copy(update={"model": "none"})
    task = PlanTask(dataclasses.replace(wanted, request=request), "bad")
    found = solver.solve(dataclasses.replace(job, task=task))
    assert isinstance(found, Failure)
    assert "unknown_name" == found.code


def test_a_process_that_was_killed_is_replaced(solver: Solver, job: Job) -> None:
    solver.solve(job)
    assert solver._process is not None
    assert solver._process.pid is not None
    os.kill(solver._process.pid, signal.SIGKILL)
    assert "optimal" == solved(solver.solve(job))


def test_new_prices_reach_a_running_process(solver: Solver, job: Job) -> None:
    snapshot = dataclasses.replace(job.snapshot, snapshot_id="another", offers=job.snapshot.offers[:-1])
    found = solver.solve(dataclasses.replace(job, snapshot=snapshot))
    assert isinstance(found, bytes)
    assert "another" == json.loads(found)["snapshot"]["id"]


def test_a_solve_beyond_its_time_is_killed(job: Job) -> None:
    solver = Solver(stuck)
    solver.start()
    process = solver._process
    found = solver.solve(dataclasses.replace(job, seconds=0.1))
    assert isinstance(found, Failure)
    assert "time_limit" == found.code
    assert process is not None
    assert not process.is_alive()
    assert solver._process is None


def test_a_closed_solver_starts_nothing(job: Job) -> None:
    solver = Solver(stuck)
    solver.close()
    assert Failure("stopping") == solver.solve(job)
    assert solver._process is None
