"""Prices that change under load: every answer is of one snapshot, whole; a list goes on with the one it began with."""

import asyncio
import dataclasses
from datetime import date

import httpx
import pytest

from api.http.app import create_app
from api.http.prices import SNAPSHOTS_KEPT, Prices
from api.http.settings import Settings
from api.http.solving import Solvers
from pricing import PricesMissingError, Snapshot, load_snapshot

from .doubles import Solvers as Doubles
from .doubles import application, client_of
from .servers import CHEAP_QUERY


class Changing:
    """A source of prices that the test changes."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self) -> Snapshot:
        shipped = load_snapshot()
        offers = shipped.offers[self.number :]
        return dataclasses.replace(shipped, snapshot_id=f"snapshot-{self.number}", offers=offers)


def test_every_answer_is_of_one_snapshot() -> None:
    async def ask() -> list[httpx.Response]:
        source = Changing()
        app = create_app(Settings(solvers=2), source, solvers=(pool := Solvers(2)))
        answers: list[httpx.Response] = []
        async with client_of(app) as client:

            async def asking(place: int) -> None:
                for turn in range(2):
                    answers.append(await client.get(f"/v1/plan?{CHEAP_QUERY}&max_instances={10 + place + turn}"))

            async def changing() -> None:
                for source.number in range(1, 3):
                    await asyncio.sleep(0.3)
                    await asyncio.to_thread(app.state.services.prices.refresh)

            await asyncio.gather(changing(), *(asking(place * 10) for place in range(2)))
        await asyncio.to_thread(pool.close)
        return answers

    answers = asyncio.run(ask())
    assert {200} == {answer.status_code for answer in answers}
    assert all(answer.json()["snapshot"]["id"] == answer.headers["x-price-snapshot"] for answer in answers)
    expected = {f"snapshot-{number}": 2535 - number for number in range(3)}
    assert all(expected[answer.json()["snapshot"]["id"]] == answer.json()["snapshot"]["offers"] for answer in answers)


def test_a_list_goes_on_with_the_prices_it_began_with() -> None:
    async def walk() -> tuple[list[object], list[object]]:
        source = Changing()
        app = create_app(Settings(), source, solvers=Doubles())
        async with client_of(app) as client:
            whole = (await client.get("/v1/offers?gpu=A100&limit=1000")).json()["items"]
            page = await client.get("/v1/offers?gpu=A100&limit=50")
            source.number = 500
            app.state.services.prices.refresh()
            items = page.json()["items"]
            while "next" in page.links:
                page = await client.get(page.links["next"]["url"])
                items += page.json()["items"]
            return whole, items

    whole, items = asyncio.run(walk())
    assert whole == items


def test_old_snapshots_are_let_go() -> None:
    source = Changing()
    prices = Prices(source)
    for source.number in range(SNAPSHOTS_KEPT + 2):
        prices.refresh()
    assert prices.at("snapshot-0") is None
    assert prices.at(f"snapshot-{SNAPSHOTS_KEPT}") is not None


def test_prices_that_cannot_be_read_leave_the_last_ones() -> None:
    prices = Prices(load_snapshot)
    prices.refresh()

    def broken() -> Snapshot:
        raise PricesMissingError("the store is away")

    prices._source = broken
    with pytest.raises(PricesMissingError):
        prices.refresh()
    assert load_snapshot().snapshot_id == prices.now().snapshot.snapshot_id


def test_without_prices_the_server_is_alive_but_not_ready() -> None:
    def none() -> Snapshot:
        raise PricesMissingError("there are no prices")

    async def ask() -> list[int]:
        app = create_app(Settings(), none, solvers=Doubles())
        async with client_of(app) as client:
            return [(await client.get(path)).status_code for path in ("/healthz", "/readyz", f"/v1/plan?{CHEAP_QUERY}")]

    assert [200, 503, 503] == asyncio.run(ask())


def test_prices_too_old_are_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPUMIX_MAX_PRICE_AGE_DAYS", "1")
    prices = Prices(load_snapshot, clock=lambda: date(2030, 1, 1))
    app = application()
    app.state.services = dataclasses.replace(app.state.services, prices=prices)
    prices.refresh()

    async def ask() -> httpx.Response:
        async with client_of(app) as client:
            return await client.get("/readyz")

    found = asyncio.run(ask())
    assert (503, "prices_stale") == (found.status_code, found.json()["code"])
