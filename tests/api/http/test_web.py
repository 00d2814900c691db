"""What the page needs beyond answers: its files, a question as it is read, charts as specifications."""

import re
from pathlib import Path

import httpx
import pytest

from .servers import CHEAP_QUERY, QUESTION

WEB = Path(__file__).parents[3] / "api" / "web"
FILES = sorted(str(path.relative_to(WEB)) for path in WEB.rglob("*") if path.suffix in (".js", ".css", ".svg"))


def test_a_question_is_read_as_the_request_that_is_planned_for(client: httpx.Client) -> None:
    read = client.get("/v1/parse", params={"q": QUESTION}).json()
    plan = client.get("/v1/ask", params={"q": QUESTION}).json()
    assert read["request"] == plan["request"]
    assert read["interpretation"] == plan["interpretation"]


def test_what_cannot_be_read_is_a_problem(client: httpx.Client) -> None:
    answer = client.get("/v1/parse", params={"q": "zebra"})
    assert (422, "invalid_input") == (answer.status_code, answer.json()["code"])


@pytest.mark.parametrize("chart", ["candidates", "choices", "frontier", "similar", "price-history"])
def test_a_chart_is_a_specification_with_its_data(client: httpx.Client, chart: str) -> None:
    plan_id = client.get(f"/v1/plan?{CHEAP_QUERY}").json()["plan_id"]
    spec = client.get(f"/v1/plans/{plan_id}/charts/{chart}").json()
    assert "vega-lite" in spec["$schema"]
    assert any(spec["datasets"].values())


def test_a_budget_is_a_chart_with_its_months(client: httpx.Client) -> None:
    spec = client.get(f"/v1/forecast/chart?{CHEAP_QUERY}&months=3&start=2027-01&scenarios=50").json()
    months = {row["month"] for rows in spec["datasets"].values() for row in rows}
    assert {"2027-01", "2027-02", "2027-03"} == months


def test_a_budget_takes_the_shape_of_a_day_and_the_price_of_a_hosted_model(client: httpx.Client) -> None:
    day = ",".join(["0"] * 12 + ["1"] * 12)
    query = f"{CHEAP_QUERY}&months=2&scenarios=0&diurnal={day}&api_usd_per_million_output_tokens=1"
    budget = client.get(f"/v1/forecast?{query}").json()
    assert [0.0] * 12 + [1.0] * 12 == budget["request"]["demand"]["diurnal"]
    assert budget["break_even"]["api_usd_per_million"] >= 1


def test_how_the_prices_stand_says_what_is_in_quarantine_and_why(client: httpx.Client) -> None:
    found = client.get("/v1/prices/status").json()
    assert found["offers"] == sum(provider["offers"] for provider in found["providers"])
    assert all(row["reason"] for row in found["quarantined"])


def test_a_chart_of_a_plan_that_nobody_made_is_not_found(client: httpx.Client) -> None:
    assert 404 == client.get("/v1/plans/0123456789abcdef/charts/candidates").status_code


@pytest.mark.parametrize("name", FILES)
def test_every_file_of_the_page_is_served_once(client: httpx.Client, name: str) -> None:
    first = client.get(f"/assets/{name}")
    assert 200 == first.status_code
    assert 304 == client.get(f"/assets/{name}", headers={"If-None-Match": first.headers["etag"]}).status_code


@pytest.mark.parametrize("name", ["index.html", "../page.py", "js", "js/none.js", "%2e%2e/access.py"])
def test_nothing_else_is_served(client: httpx.Client, name: str) -> None:
    assert 404 == client.get(f"/assets/{name}").status_code


def test_an_answer_in_the_page_cannot_end_its_script(client: httpx.Client) -> None:
    page = client.get("/", params={"q": f"{QUESTION} </script><script>alert(1)</script>"}).text
    assert "<script>alert" not in page


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".js")])
def test_scripts_import_what_exists_and_fetch_from_nowhere_else(name: str) -> None:
    text = (WEB / name).read_text()
    assert all((WEB / "js" / found).exists() for found in re.findall(r"from '\./([^']+)'", text))
    assert [] == re.findall(r"https?://(?!www\.w3\.org)[^'`\s]+", text)
