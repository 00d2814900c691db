"""Ready answers: the same address is answered with the same bytes, until prices or the day change, and no longer."""

import asyncio
import gzip
from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
import pytest

from api.answering import Answerer
from api.http.ready import LONGEST_ADDRESS_BYTES, ReadyAnswers
from api.http.responses import Form, Sendable
from catalog import load_catalog
from pricing import PricesStaleError, load_snapshot

from .doubles import Solvers, application, client_of
from .servers import CHEAP_QUERY

ADDRESS = ("/v1/plan", b"users=1")
PLAN = f"/v1/plan?{CHEAP_QUERY}"


def sendable(body: bytes = b"12") -> Sendable:
    return Sendable("tag", Form(((b"etag", b'"tag"'),), ((b"etag", b'"tag"'),), body), None)


class World:
    """Prices and a day that the test changes."""

    def __init__(self) -> None:
        self.answerer = Answerer(load_catalog(), load_snapshot())
        self.day = date(2026, 1, 1)
        self.stale = False

    def now(self) -> Answerer:
        if self.stale:
            raise PricesStaleError("too old", "refresh them")
        return self.answerer

    def ready(self, **limits: int) -> ReadyAnswers:
        found = ReadyAnswers(self.now, lambda: self.day, **limits)
        found.keep(ADDRESS, sendable())
        return found


def new_prices(world: World) -> None:
    world.answerer = Answerer(load_catalog(), load_snapshot())


def another_day(world: World) -> None:
    world.day = date(2026, 1, 2)


def too_old(world: World) -> None:
    world.stale = True


def test_what_was_answered_is_found() -> None:
    assert sendable() == World().ready().find(ADDRESS)


@pytest.mark.parametrize("change", [new_prices, another_day, too_old])
def test_what_has_changed_is_not_found(change: Callable[[World], None]) -> None:
    world = World()
    ready = world.ready()
    change(world)
    assert ready.find(ADDRESS) is None
    assert 0 == len(ready)


def test_the_oldest_make_room() -> None:
    ready = World().ready(most_bytes=5)
    ready.keep(("/v1/plan", b"users=2"), sendable(b"1234"))
    assert ready.find(ADDRESS) is None
    assert ready.find(("/v1/plan", b"users=2")) is not None


def test_keeping_an_address_again_takes_no_more_room() -> None:
    ready = World().ready(most_bytes=5)
    for _ in range(9):
        ready.keep(ADDRESS, sendable())
    assert ready.find(ADDRESS) is not None


def test_a_very_long_address_is_not_kept() -> None:
    ready = World().ready()
    ready.keep(("/v1/plan", b"x" * LONGEST_ADDRESS_BYTES), sendable())
    assert 1 == len(ready)


def answers(*asked: tuple[str, str, dict[str, str]]) -> list[httpx.Response]:
    async def ask() -> list[httpx.Response]:
        app = application(Solvers())
        async with client_of(app) as client:
            found = [await client.request(method, path, headers=headers) for method, path, headers in asked]
        assert len(app.state.services.ready) > 0
        return found

    return asyncio.run(ask())


def without_id(response: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name != "x-request-id"}


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_the_second_answer_is_the_first_one(encoding: str) -> None:
    first, second = answers(*[("GET", PLAN, {"Accept-Encoding": encoding})] * 2)
    assert (first.content, without_id(first)) == (second.content, without_id(second))
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


def test_the_second_answer_is_in_the_encoding_asked_for() -> None:
    plain, squeezed = answers(
        ("GET", PLAN, {"Accept-Encoding": "identity"}), ("GET", PLAN, {"Accept-Encoding": "gzip"})
    )
    assert (None, "gzip") == (plain.headers.get("content-encoding"), squeezed.headers.get("content-encoding"))
    assert len(plain.content) == len(squeezed.content)  # the client has unpacked it
    assert int(squeezed.headers["content-length"]) == len(gzip.compress(plain.content, 6, mtime=0))


def test_a_client_that_has_it_gets_304_the_second_time_too() -> None:
    (first,) = answers(("GET", PLAN, {}))
    tag = {"If-None-Match": f'"other", {first.headers["etag"]}'}
    _, second = answers(("GET", PLAN, {}), ("GET", PLAN, tag))
    assert (304, b"", first.headers["etag"]) == (second.status_code, second.content, second.headers["etag"])
    assert "content-length" not in second.headers


def test_head_has_the_headers_of_get_and_no_body() -> None:
    first, second = answers(("GET", PLAN, {}), ("HEAD", PLAN, {}))
    assert (b"", first.headers["content-length"]) == (second.content, second.headers["content-length"])


def test_a_post_to_the_same_address_is_not_answered_with_it() -> None:
    _, second = answers(("GET", PLAN, {}), ("POST", PLAN, {}))
    assert 405 == second.status_code


def test_metrics_name_the_route_of_a_ready_answer() -> None:
    before, _, _, after = answers(
        ("GET", "/metrics", {}), ("GET", PLAN, {}), ("GET", PLAN, {}), ("GET", "/metrics", {})
    )
    assert 2 == _counted(after) - _counted(before)


def _counted(metrics: Any) -> float:
    line = 'gpumix_requests_total{route="/v1/plan",status="200"} '
    return sum(float(text.removeprefix(line)) for text in metrics.text.splitlines() if text.startswith(line))
