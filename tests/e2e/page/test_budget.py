"""The budget: say a load, see what it costs over months, take it with you."""

import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from optimizer.forecast import read_budget_request

from .conftest import PHONE

ASKED = (
    "/?view=budget&model=llama-3.1-8b&users=40&tok_per_s=20&context=4096&months=12&start=2027-01"
    "&tier=hyperscaler&scenarios=200"
)


def test_a_form_becomes_a_budget_whose_address_shares_it(page: Any, complaints: list[str]) -> None:
    page.goto("/")
    page.get_by_role("link", name="Budget", exact=True).click()
    page.get_by_label("Model", exact=True).fill("llama-3.1-8b")
    page.get_by_label("At the start").fill("30")
    page.get_by_label("Growth a month, %").fill("5")
    page.get_by_label("Hours").select_option("business hours only")
    page.get_by_role("button", name="Work it out").click()
    page.wait_for_selector("#budget .decision")
    assert re.search(r"view=budget.*users=30.*monthly_growth=0\.05", page.url)
    assert re.match(r"^\$[\d,.]+$", page.locator("#budget .hour strong").inner_text())
    shared = page.locator("#budget .hour strong").inner_text()
    page.reload()
    page.wait_for_selector("#budget .decision")
    assert shared == page.locator("#budget .hour strong").inner_text()
    assert "office" == page.get_by_label("Hours").input_value()
    assert [] == complaints


def test_a_budget_has_its_months_its_picture_and_its_files(page: Any, complaints: list[str], tmp_path: Path) -> None:
    page.goto(ASKED)
    page.wait_for_selector("#budget .decision")
    assert 12 == page.get_by_role("region", name="The months").locator("tbody tr").count()
    page.locator("#budget .charts").scroll_into_view_if_needed()
    page.wait_for_selector("#budget .picture svg")
    with page.expect_download() as download:
        page.get_by_role("link", name="Excel, with live formulas").click()
    download.value.save_as(tmp_path / "budget.xlsx")
    assert (tmp_path / "budget.xlsx").read_bytes().startswith(b"PK")
    assert [] == complaints


def test_the_budget_of_an_answer_has_its_load_and_its_rules(page: Any) -> None:
    page.goto("/?model=llama-3.1-8b&users=7&tok_per_s=30&context=4096&tier=hyperscaler")
    page.wait_for_selector(".decision")
    page.get_by_role("link", name="a budget over the year").click()
    page.wait_for_selector("#budget .decision")
    assert "7" == page.get_by_label("At the start").input_value()
    assert "tier hyperscaler" in page.locator(".budget-form").inner_text()


def own_load(page: Any, kind: str, rows: str) -> None:
    """Choose a file as the load and press the button."""
    page.get_by_label("The load is").select_option(kind)
    page.get_by_label("File").set_input_files({"name": "load.csv", "mimeType": "text/csv", "buffer": rows.encode()})
    page.get_by_role("button", name="Work it out").click()


SERIES = "time,value\n" + "".join(f"2027-{month:02d},{20 + 5 * month}\n" for month in range(1, 13))
DAYS = (date(2026, 8, 1) + timedelta(days=number) for number in range(110))
HISTORY = "time,value\n" + "".join(f"{day},{30 + number / 5}\n" for number, day in enumerate(DAYS))


def test_a_series_of_ones_own_is_a_budget_with_its_files(page: Any, complaints: list[str], tmp_path: Path) -> None:
    page.goto(ASKED)
    page.wait_for_selector("#budget .decision")
    own_load(page, "series", SERIES)
    months = page.get_by_role("region", name="The months").locator("tbody tr")
    months.filter(has_text="2027-12").filter(has_text="80").wait_for()
    page.locator("#budget .charts").scroll_into_view_if_needed()
    page.wait_for_selector("#budget .picture svg")
    with page.expect_download() as download:
        page.get_by_role("button", name="Excel, with live formulas").click()
    download.value.save_as(tmp_path / "budget.xlsx")
    assert (tmp_path / "budget.xlsx").read_bytes().startswith(b"PK")
    with page.expect_download() as download:
        page.get_by_role("button", name="the request, for gpumix forecast").click()
    download.value.save_as(tmp_path / "budget.json")
    asked = read_budget_request(json.loads((tmp_path / "budget.json").read_text()))
    assert [20.0 + 5 * month for month in range(1, 13)] == [point.value for point in asked.demand.series]
    assert [] == complaints


def test_a_history_of_ones_own_is_fitted_and_tested(page: Any, complaints: list[str]) -> None:
    page.goto(ASKED)
    page.wait_for_selector("#budget .decision")
    own_load(page, "history", HISTORY)
    page.get_by_role("heading", name="From your history").wait_for()
    assert "110 days to 2026-11-18" in page.locator("#budget").inner_text()
    assert [] == complaints


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("when,load\n2027-01,5\n", "series: the file has the columns when, load, not time and value"),
        ("time,value\n2027-01,5\n2027-02,many\n", "series row 2: many is no load"),
        (SERIES.replace("2027-03", "2027-02"), "series row 3: 2027-02 stands in row 2 already"),
        (SERIES.replace("2027-12,80\n", ""), "series: 2027-12 is missing (after row 11)"),
    ],
)
def test_what_is_wrong_with_a_file_stands_at_its_field(page: Any, rows: str, said: str) -> None:
    page.goto(ASKED)
    page.wait_for_selector("#budget .decision")
    own_load(page, "series", rows)
    page.locator("#own-load-wrong li").first.wait_for()
    assert said in page.locator("#own-load-wrong").inner_text()
    assert "true" == page.get_by_label("File").get_attribute("aria-invalid")


def test_a_load_that_nothing_serves_says_so(page: Any) -> None:
    page.goto(f"{ASKED}&ttft_s=0.000001")
    failure = page.locator("#budget").get_by_role("alert")
    failure.wait_for()
    assert failure.inner_text().strip()


def test_a_wrong_address_is_a_sentence(page: Any) -> None:
    page.goto("/?view=budget&users=many")
    page.locator("#budget .failed").wait_for()


@pytest.mark.parametrize("page", [{"viewport": PHONE}], indirect=True)
@pytest.mark.parametrize("path", ["/?view=budget", ASKED])
def test_a_phone_never_scrolls_sideways(page: Any, path: str) -> None:
    page.goto(path)
    page.wait_for_selector("#budget .card:not(.skeleton)")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
