"""Budgets, the frontier and prices over time: the documents of the commands."""

import csv
import io
from typing import Any

import httpx
import pytest

from api.answering import Answerer
from api.documents import to_plain
from api.exports.budgeting import answer_budget
from optimizer.forecast import read_budget_request

from .servers import CHEAP, CHEAP_QUERY

QUERY = f"{CHEAP_QUERY}&months=2&start=2027-01&scenarios=20"
BUDGET = {
    "model": "llama-3.1-8b",
    "request": {"workload": {"tok_per_s_per_user": 10, "context_tokens": 2048}, "allow": CHEAP["allow"]},
    "months": 2,
    "start": "2027-01",
    "scenarios": 20,
    "demand": {"unit": "users", "base": 1},
}
TIMES = {"elapsed_seconds", "certificate"}


def test_a_budget_is_the_document_of_the_command(client: httpx.Client) -> None:
    found = client.post("/v1/forecasts", json=BUDGET)
    expected = to_plain(answer_budget(Answerer.shipped(), read_budget_request(BUDGET)))
    assert 200 == found.status_code, found.text
    assert timeless(expected) == timeless(found.json())


def timeless(budget: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in budget.items() if name not in TIMES}


def test_a_url_asks_for_the_same_months_as_a_body(client: httpx.Client) -> None:
    by_url, by_body = client.get(f"/v1/forecast?{QUERY}").json(), client.post("/v1/forecasts", json=BUDGET).json()
    assert by_body["months"] == by_url["months"]


@pytest.mark.parametrize("form", ["csv", "focus.csv"])
def test_a_budget_as_a_table(client: httpx.Client, form: str) -> None:
    found = client.get(f"/v1/forecast.{form}?{QUERY}")
    rows = list(csv.DictReader(io.StringIO(found.text)))
    assert len(rows) >= 2
    assert (
        304 == client.get(f"/v1/forecast.{form}?{QUERY}", headers={"If-None-Match": found.headers["etag"]}).status_code
    )


def test_a_budget_as_a_workbook(client: httpx.Client) -> None:
    assert client.get(f"/v1/forecast.xlsx?{QUERY}").content.startswith(b"PK")


@pytest.mark.parametrize("form", ["csv", "focus.csv", "xlsx"])
def test_a_body_gives_the_files_that_a_url_does(client: httpx.Client, form: str) -> None:
    by_body = client.post(f"/v1/forecasts.{form}?download=1", json=BUDGET)
    assert 200 == by_body.status_code, by_body.text
    assert f"forecast-2027-01.{form}" in by_body.headers["content-disposition"]
    assert client.get(f"/v1/forecast.{form}?{QUERY}").headers["content-type"] == by_body.headers["content-type"]


def test_a_body_is_drawn_as_a_url_is(client: httpx.Client) -> None:
    by_body = client.post("/v1/forecasts/chart", json=BUDGET)
    assert client.get(f"/v1/forecast/chart?{QUERY}").json() == by_body.json()


def test_a_wrong_row_of_a_body_is_named(client: httpx.Client) -> None:
    rows = [{"time": "2027-01", "value": 1}, {"time": "2027-01", "value": 2}]
    found = client.post("/v1/forecasts.xlsx", json={**BUDGET, "demand": {"unit": "users", "series": rows}})
    assert 422 == found.status_code
    assert "series row 2: 2027-01 stands in row 1 already" in found.json()["detail"]


def test_a_series_is_never_a_file_of_the_server(client: httpx.Client) -> None:
    body = {**BUDGET, "demand": {"unit": "users", "series": "/etc/hostname"}}
    found = client.post("/v1/forecasts", json=body)
    assert (422, "invalid_input") == (found.status_code, found.json()["code"])


def test_a_history_in_the_body_is_fitted(client: httpx.Client) -> None:
    rows = [{"time": f"202{5 + n // 12}-{n % 12 + 1:02}", "value": 1 + n % 2} for n in range(20)]
    found = client.post("/v1/forecasts", json={**BUDGET, "demand": {"unit": "users", "history": rows}})
    assert 200 == found.status_code, found.text
    assert found.json()["history"]["backtest"]["points"] > 0


def test_the_load_is_given_once(client: httpx.Client) -> None:
    assert 422 == client.get(f"/v1/forecast?{QUERY}&request_rate=1").status_code


def test_the_frontier_costs_more_the_faster_it_gets(client: httpx.Client) -> None:
    points = client.post("/v1/frontier?tolerance_fraction=0.5", json=CHEAP).json()["points"]
    costs = [point["cost_usd_per_hour"] for point in points]
    assert costs
    assert sorted(costs) == costs


def test_prices_over_time_come_in_pages_and_in_a_table(client: httpx.Client) -> None:
    query = "gpu=H100&provider=aws"
    page = client.get(f"/v1/prices/history?{query}&limit=1").json()
    rows = list(csv.DictReader(io.StringIO(client.get(f"/v1/prices/history.csv?{query}").text)))
    assert len(rows) == page["total"]
    assert page["items"][0]["instance_type"] == rows[0]["instance_type"]


def test_history_is_of_something(client: httpx.Client) -> None:
    assert 422 == client.get("/v1/prices/history").status_code
