"""The planner: one solve for all who ask the same, a queue with an end, failures that stay failures of one request."""

import asyncio
import threading

import httpx
import pytest

from api.answering import Answerer
from api.http.problems import Failure
from pricing import load_snapshot

from .doubles import Solvers, application, client_of
from .servers import CHEAP, CHEAP_QUERY


def asked(pool: Solvers, paths: list[str], **settings: object) -> list[httpx.Response]:
    """Return the answers to requests that are all under way at once; the gate opens when the first has an answer."""

    async def ask() -> list[httpx.Response]:
        app = application(pool, **settings)
        async with client_of(app) as client:
            tasks = [asyncio.create_task(client.get(path)) for path in paths]
            while pool.gate is not None and not pool.jobs:
                await asyncio.sleep(0.001)
            await asyncio.sleep(0.05)
            if pool.gate is not None:
                pool.gate.set()
            return list(await asyncio.gather(*tasks))

    return asyncio.run(ask())


def test_the_same_question_at_once_is_solved_once() -> None:
    solvers = Solvers(gate=threading.Event())
    answers = asked(solvers, [f"/v1/plan?{CHEAP_QUERY}"] * 20)
    assert 1 == len(solvers.jobs)
    assert {200} == {answer.status_code for answer in answers}
    assert 1 == len({answer.content for answer in answers})


def test_a_full_queue_says_when_to_come_again() -> None:
    paths = [f"/v1/plan?{CHEAP_QUERY}&max_instances={most}" for most in range(1, 9)]
    answers = asked(Solvers(gate=threading.Event()), paths, solvers=2, queue=3)
    refused = [answer for answer in answers if answer.status_code == 429]
    assert 3 == len(refused)
    assert {"busy"} == {answer.json()["code"] for answer in refused}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)


def test_a_full_queue_still_gives_what_is_known() -> None:
    async def ask() -> list[int]:
        solvers = Solvers()
        app = application(solvers, solvers=1, queue=0)
        async with client_of(app) as client:
            await client.get(f"/v1/plan?{CHEAP_QUERY}")
            solvers.gate = threading.Event()
            stuck = asyncio.create_task(client.get(f"/v1/plan?{CHEAP_QUERY}&max_kinds=1"))
            while len(solvers.jobs) < 2:
                await asyncio.sleep(0.001)
            known = await client.get(f"/v1/plan?{CHEAP_QUERY}")
            other = await client.get(f"/v1/plan?{CHEAP_QUERY}&max_kinds=2")
            solvers.gate.set()
            return [known.status_code, other.status_code, (await stuck).status_code]

    assert [200, 429, 200] == asyncio.run(ask())


@pytest.mark.parametrize(("code", "status"), [("time_limit", 422), ("internal", 500), ("stopping", 503)])
def test_a_solve_that_fails_is_a_problem(code: str, status: int) -> None:
    failed = Failure(code, cause="Traceback (most recent call last): /secret/path.py")
    (answer,) = asked(Solvers(failed), [f"/v1/plan?{CHEAP_QUERY}"])
    assert (status, code) == (answer.status_code, answer.json()["code"])
    assert "secret" not in answer.text


def test_a_failure_is_not_remembered() -> None:
    async def ask() -> list[int]:
        solvers = Solvers(Failure("time_limit"))
        async with client_of(application(solvers)) as client:
            first = await client.post("/v1/plans", json=CHEAP)
            solvers._answer = None
            return [first.status_code, (await client.post("/v1/plans", json=CHEAP)).status_code]

    assert [422, 200] == asyncio.run(ask())


def test_who_leaves_does_not_stop_the_solve_for_the_next() -> None:
    async def ask() -> tuple[int, int]:
        solvers = Solvers(gate=threading.Event())
        async with client_of(application(solvers)) as client:
            leaving = asyncio.create_task(client.get(f"/v1/plan?{CHEAP_QUERY}"))
            while not solvers.jobs:
                await asyncio.sleep(0.001)
            leaving.cancel()
            staying = asyncio.create_task(client.get(f"/v1/plan?{CHEAP_QUERY}"))
            await asyncio.sleep(0.05)
            assert solvers.gate is not None
            solvers.gate.set()
            return (await staying).status_code, len(solvers.jobs)

    assert (200, 1) == asyncio.run(ask())


def test_solvers_rehearse_on_the_prices_before_anybody_asks() -> None:
    solvers = Solvers()

    async def start() -> None:
        app = application(solvers)
        async with app.router.lifespan_context(app):
            while not solvers.rehearsals:
                await asyncio.sleep(0.001)

    asyncio.run(start())
    (job,) = solvers.rehearsals
    assert job is not None
    assert (load_snapshot().snapshot_id, b"") == (job.snapshot.snapshot_id, job.task.run(Answerer.shipped(), 60))
