"""Plans shared between hosts: found where another host made them, and no request waits for a database that is away."""

import asyncio
import threading
from collections.abc import Callable

import httpx
import pytest

from api.http.app import create_app
from api.http.settings import Settings
from api.http.sharing import MOST_WAITING_WRITES, SharedPlans
from catalog import GpumixError
from pricing import load_snapshot

from .doubles import Solvers, client_of
from .servers import CHEAP


class Kept:
    """Documents in memory, which fail or hang as a test likes."""

    def __init__(self) -> None:
        self.documents: dict[str, bytes] = {}
        self.away = False
        self.going_on = threading.Event()
        self.going_on.set()
        self.asked = 0

    def get(self, key: str) -> bytes | None:
        self._answer()
        return self.documents.get(key)

    def put(self, key: str, body: bytes) -> None:
        self._answer()
        self.documents.setdefault(key, body)

    def prune(self, most: int) -> None:
        self._answer()

    def _answer(self) -> None:
        self.asked += 1
        self.going_on.wait(30)
        if self.away:
            raise GpumixError("the database is away")


async def asked(kept: Kept, times: int, build: str = "this") -> tuple[list[int], int]:
    """Ask a host of its own a few different plans; return the statuses and how many it solved."""
    pool = Solvers()
    shared = SharedPlans(10, lambda: kept, build, patience_s=0.05)
    app = create_app(Settings(), load_snapshot, pool, shared)
    async with client_of(app) as client:
        answers = [
            await client.post("/v1/plans", json={**CHEAP, "limits": {"max_instances": most}})
            for most in range(1, times + 1)
        ]
    kept.going_on.set()
    await asyncio.to_thread(shared.close, wait=True)
    return [answer.status_code for answer in answers], len(pool.jobs)


def test_what_one_host_solved_another_does_not() -> None:
    kept = Kept()
    assert ([200] * 3, 3) == asyncio.run(asked(kept, 3))
    assert ([200] * 3, 0) == asyncio.run(asked(kept, 3))


def test_another_build_is_not_believed() -> None:
    kept = Kept()
    asyncio.run(asked(kept, 1))
    assert ([200], 1) == asyncio.run(asked(kept, 1, build="other"))


def fails(kept: Kept) -> None:
    kept.away = True


def hangs(kept: Kept) -> None:
    kept.going_on.clear()


@pytest.mark.parametrize("fault", [fails, hangs])
def test_a_database_that_is_away_costs_one_question_and_no_answer(fault: Callable[[Kept], None]) -> None:
    kept = Kept()
    fault(kept)
    assert ([200] * 4, 4) == asyncio.run(asked(kept, 4))
    assert 1 == kept.asked


def test_writes_that_pile_up_are_dropped() -> None:
    async def put() -> None:
        shared = SharedPlans(10, lambda: kept)
        for number in range(MOST_WAITING_WRITES * 2):
            shared.put(str(number), b"")
        kept.going_on.set()
        await asyncio.to_thread(shared.close, wait=True)

    kept = Kept()
    hangs(kept)
    asyncio.run(put())
    assert MOST_WAITING_WRITES >= len(kept.documents)


def test_a_saved_plan_of_another_host_is_found_by_its_id() -> None:
    async def ask() -> list[httpx.Response]:
        kept, answers = Kept(), []
        for path, body in (("/v1/plans", CHEAP), (None, None)):
            shared = SharedPlans(10, lambda: kept)
            async with client_of(create_app(Settings(), load_snapshot, Solvers(), shared)) as client:
                if path is not None:
                    answers.append(await client.post(path, json=body))
                else:
                    answers.append(await client.get(f"/v1/plans/{answers[0].json()['plan_id']}"))
            await asyncio.to_thread(shared.close, wait=True)
        return answers

    made, found = asyncio.run(ask())
    assert (200, made.content) == (found.status_code, found.content)
