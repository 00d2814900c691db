"""`as_of` over HTTP: the prices that were stored by the end of a day, opened once, as the command line opens them."""

import asyncio
import dataclasses
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.answering import Answerer
from api.http.app import create_app
from api.http.prices import PAST_DAYS_KEPT, Prices
from api.http.settings import Settings
from optimizer.request import PlanRequest
from pricing import Snapshot, load_snapshot
from pricing.store.price_store import PriceStore
from tests.pricing.store.offering import batch

from .doubles import Solvers, client_of
from .servers import CHEAP, CHEAP_QUERY, QUESTION, serving

LONG_AGO = date(2026, 10, 20)


class Past:
    """Snapshots of a day, counted as they are opened."""

    def __init__(self) -> None:
        self.opened: list[date] = []

    def __call__(self, day: date) -> Snapshot:
        self.opened.append(day)
        return dataclasses.replace(load_snapshot(), snapshot_id=f"known-{day}")


def answers(past: Past, *paths: str) -> list[httpx.Response]:
    async def ask() -> list[httpx.Response]:
        app = create_app(Settings(), load_snapshot, Solvers(), past=past)
        async with client_of(app) as client:
            return [await client.get(path) for path in paths]

    return asyncio.run(ask())


@pytest.mark.parametrize(
    "path",
    ["/v1/offers?as_of=2026-10-20", "/v1/offers.csv?as_of=2026-10-20", "/v1/cell/price?gpu=H100&as_of=2026-10-20"],
)
def test_a_list_is_of_the_prices_of_that_day(path: str) -> None:
    (found,) = answers(Past(), path)
    assert "known-2026-10-20" == found.headers["x-price-snapshot"]


def test_a_day_is_opened_once() -> None:
    past = Past()
    answers(past, *[f"/v1/plan?{CHEAP_QUERY}&as_of=2026-10-20&max_kinds={kinds}" for kinds in (1, 2, 3)])
    assert [LONG_AGO] == past.opened


@pytest.mark.parametrize("day", [date.max, datetime.now(UTC).date() + timedelta(days=2)])
def test_a_day_to_come_has_the_prices_of_now(day: date) -> None:
    past = Past()
    (found,) = answers(past, f"/v1/offers?as_of={day}")
    assert ([], load_snapshot().snapshot_id) == (past.opened, found.headers["x-price-snapshot"])


def test_days_are_let_go() -> None:
    past = Past()
    prices = Prices(load_snapshot, past=past)

    async def walk() -> None:
        for number in range(PAST_DAYS_KEPT + 1):
            await prices.held(LONG_AGO - timedelta(days=number))

    asyncio.run(walk())
    assert prices.at(f"known-{LONG_AGO}") is None
    assert prices.at(f"known-{LONG_AGO - timedelta(days=PAST_DAYS_KEPT)}") is not None


@pytest.fixture
def database(tmp_path: Path) -> str:
    """Return a store whose only batch was written today: yesterday it did not know of it."""
    url = f"sqlite:///{tmp_path / 'prices.db'}"
    cheapest = next(
        offer for offer in load_snapshot().offers if offer.gpu_id == "L40S-48GB" and offer.provider == "aws"
    )
    store = PriceStore.open(url)
    store.add_batch(batch(datetime.now(UTC), dataclasses.replace(cheapest, usd_per_hour=Decimal("0.01"))))
    store.close()
    return url


def test_a_plan_as_of_yesterday_is_the_one_of_yesterday(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
    asked: dict[str, Any] = {**CHEAP, "as_of": yesterday.isoformat()}
    monkeypatch.setenv("GPUMIX_DATABASE_URL", database)
    expected = Answerer.current(yesterday).wanted(PlanRequest.model_validate(asked)).plan_id
    with serving(GPUMIX_DATABASE_URL=database) as server, server.client() as client:
        found = client.post("/v1/plans", json=asked)
        in_words = client.get("/v1/ask", params={"q": f"{QUESTION}, prices as of {yesterday}"})
        now = client.post("/v1/plans", json=CHEAP)
    assert expected == found.json()["plan_id"]
    assert found.json()["snapshot"]["id"] == in_words.json()["snapshot"]["id"] != now.json()["snapshot"]["id"]
    assert found.headers["etag"] != now.headers["etag"]
