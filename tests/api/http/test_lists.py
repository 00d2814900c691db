"""Lists: filters, pages and tables."""

import csv
import io

import httpx
import pytest

from api.facts import KINDS, catalog_rows
from api.http.pages import write_cursor
from catalog import load_catalog
from pricing import load_snapshot


def pages(client: httpx.Client, path: str) -> list[dict[str, object]]:
    items: list[dict[str, object]] = []
    following: str | None = path
    while following:
        page = client.get(following)
        items += page.json()["items"]
        following = page.links.get("next", {}).get("url")
    return items


def test_the_pages_of_a_list_are_the_list(client: httpx.Client) -> None:
    whole = client.get("/v1/offers?gpu=A100&limit=1000").json()["items"]
    assert whole == pages(client, "/v1/offers?gpu=A100&limit=37")
    assert len(whole) > 37


def test_offers_come_cheapest_per_gpu_first(client: httpx.Client) -> None:
    prices = [item["usd_per_hour"] / item["gpus_per_instance"] for item in client.get("/v1/offers").json()["items"]]
    assert sorted(prices) == prices


def test_a_table_of_offers_has_the_columns_and_rows_of_the_list(client: httpx.Client) -> None:
    query = "gpu=H100&provider=azure"
    rows = list(csv.DictReader(io.StringIO(client.get(f"/v1/offers.csv?{query}").text)))
    items = client.get(f"/v1/offers?{query}&limit=1000").json()["items"]
    assert [list(item) for item in items] == [list(row) for row in rows]
    assert [item["usd_per_hour"] for item in items] == [float(row["usd_per_hour"]) for row in rows]


def test_a_table_of_offers_may_be_cut(client: httpx.Client) -> None:
    assert 6 == client.get("/v1/offers.csv?limit=5").text.count("\r\n")


def test_a_day_pins_the_offers(client: httpx.Client) -> None:
    items = client.get("/v1/offers?as_of=2026-01-31&limit=1000").json()["items"]
    assert items
    assert all(item["observed_at"] <= "2026-01-31" for item in items)


@pytest.mark.parametrize("kind", KINDS)
def test_every_table_of_facts_is_served(client: httpx.Client, kind: str) -> None:
    expected = len(catalog_rows(kind, load_catalog(), load_snapshot()))
    assert expected == client.get(f"/v1/catalog/{kind}?limit=1").json()["total"]
    assert expected == len(list(csv.reader(io.StringIO(client.get(f"/v1/catalog/{kind}.csv").text)))) - 1


@pytest.mark.parametrize("cursor", ["nonsense", "AAAA", "é", write_cursor("x", -1)])
def test_a_cursor_that_is_not_ours_is_refused(client: httpx.Client, cursor: str) -> None:
    assert 422 == client.get("/v1/offers", params={"cursor": cursor}).status_code


def test_a_cursor_of_prices_that_are_gone_has_expired(client: httpx.Client) -> None:
    found = client.get("/v1/offers", params={"cursor": write_cursor("0123456789abcdef", 5)})
    assert (410, "cursor_expired") == (found.status_code, found.json()["code"])


def test_a_cursor_beyond_the_end_gives_an_empty_page(client: httpx.Client) -> None:
    cursor = write_cursor(load_snapshot().snapshot_id, 10**9)
    assert [] == client.get("/v1/offers", params={"cursor": cursor}).json()["items"]
