"""Plans over HTTP are the plans of the command line, however they are asked for."""

import csv
import io
from typing import Any

import httpx
import pytest

from api.answering import Answerer
from api.documents import to_plain
from optimizer.request import PlanRequest

from .servers import CHEAP, CHEAP_QUERY, QUESTION

INFEASIBLE_QUERY = f"{CHEAP_QUERY}&max_usd_per_hour=0.001"


def without_times(plan: dict[str, Any]) -> dict[str, Any]:
    certificate = {**plan["certificate"], "solve_seconds": 0}
    return {**plan, "elapsed_seconds": 0, "certificate": certificate}


def test_a_question_gets_the_document_of_the_command(client: httpx.Client) -> None:
    found = client.get("/v1/ask", params={"q": QUESTION})
    expected = to_plain(Answerer.shipped().ask(QUESTION))
    assert (200, without_times(expected)) == (found.status_code, without_times(found.json()))


def test_a_request_gets_the_document_of_the_command(client: httpx.Client) -> None:
    found = client.post("/v1/plans", json=CHEAP)
    expected = to_plain(Answerer.shipped().plan(PlanRequest.model_validate(CHEAP)))
    assert without_times(expected) == without_times(found.json())


def test_the_same_request_gets_the_same_plan(client: httpx.Client) -> None:
    assert client.post("/v1/plans", json=CHEAP).content == client.post("/v1/plans", json=CHEAP).content


def test_a_plan_is_found_by_its_id(client: httpx.Client) -> None:
    plan = client.post("/v1/plans", json=CHEAP).json()
    assert plan == client.get(f"/v1/plans/{plan['plan_id']}").json()


def test_a_plan_that_was_asked_for_in_words_is_found_by_its_id(client: httpx.Client) -> None:
    plan = client.get("/v1/ask", params={"q": f"{QUESTION}, under $90/h"}).json()
    assert plan == client.get(f"/v1/plans/{plan['plan_id']}").json()


def test_a_url_asks_for_the_same_plan_as_a_body(client: httpx.Client) -> None:
    assert client.post("/v1/plans", json=CHEAP).json() == client.get(f"/v1/plan?{CHEAP_QUERY}").json()


def test_the_common_url_is_short_enough_for_a_spreadsheet(server: Any) -> None:
    assert len(f"{server.address}/v1/plan.csv?{CHEAP_QUERY}") < 2000


def test_a_plan_as_csv_has_a_row_a_line(client: httpx.Client) -> None:
    plan = client.post("/v1/plans", json=CHEAP).json()
    found = client.get(f"/v1/plans/{plan['plan_id']}.csv")
    rows = list(csv.DictReader(io.StringIO(found.text)))
    expected = [(line["instance_type"], line["usd_per_hour"]) for line in plan["lines"]]
    assert expected == [(row["instance_type"], float(row["usd_per_hour"])) for row in rows]
    assert "text/csv; charset=utf-8; header=present" == found.headers["content-type"]


def test_a_csv_ends_its_lines_as_rfc_4180_does(client: httpx.Client) -> None:
    body = client.get(f"/v1/plan.csv?{CHEAP_QUERY}").content
    assert body.count(b"\n") == body.count(b"\r\n") == 2


def test_bom_and_download_are_for_excel(client: httpx.Client) -> None:
    found = client.get(f"/v1/plan.csv?{CHEAP_QUERY}&bom=1&download=1")
    assert found.content.startswith(b"\xef\xbb\xbf")
    assert found.headers["content-disposition"].startswith('attachment; filename="plan-')


def test_nothing_fits_is_an_answer_with_the_smallest_change(client: httpx.Client) -> None:
    plan = client.get(f"/v1/plan?{INFEASIBLE_QUERY}").json()
    assert "infeasible" == plan["status"]
    assert plan["conflicts"]


def test_nothing_fits_is_a_row_in_a_table(client: httpx.Client) -> None:
    (row,) = csv.DictReader(io.StringIO(client.get(f"/v1/plan.csv?{INFEASIBLE_QUERY}").text))
    assert ("infeasible", "") == (row["status"], row["cost_usd_per_hour"])
    assert "budget" in row["smallest_change"]


@pytest.mark.parametrize("suffix", ["", ".csv", ".xlsx"])
def test_an_unknown_plan_is_not_found(client: httpx.Client, suffix: str) -> None:
    assert 404 == client.get(f"/v1/plans/0123456789abcdef{suffix}").status_code


def test_lists_may_be_repeated_or_joined_by_commas(client: httpx.Client) -> None:
    joined = client.get(f"/v1/plan?{CHEAP_QUERY}&region=us-east-1,us-west-2").json()
    repeated = client.get(f"/v1/plan?{CHEAP_QUERY}&region=us-east-1&region=us-west-2").json()
    assert joined == repeated


def test_a_day_pins_the_prices(client: httpx.Client) -> None:
    plan = client.get(f"/v1/plan?{CHEAP_QUERY}&as_of=2026-09-30").json()
    assert all(line["observed_at"] <= "2026-09-30" for line in plan["lines"])
    assert "2026-09-30" == plan["request"]["as_of"]


def test_a_request_that_limits_ages_counts_from_today(client: httpx.Client) -> None:
    body = {**CHEAP, "max_price_age_days": 3650}
    assert client.post("/v1/plans", json=body).json()["request"]["as_of"]
