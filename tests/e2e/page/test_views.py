"""Charts, prices, light and dark."""

import re
from pathlib import Path
from typing import Any

import pytest

from .test_answer import ASKED


def background(page: Any) -> int:
    """Return how light the page is, 0 to 255."""
    return int(page.evaluate("Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])"))


def test_the_frontier_is_drawn_with_its_table_and_a_file(page: Any, complaints: list[str], tmp_path: Path) -> None:
    page.goto(ASKED)
    page.locator(".charts").scroll_into_view_if_needed()
    page.wait_for_selector(".picture svg")
    page.get_by_text("As a table").click()
    assert page.locator(".chart-data tbody tr").count() >= 1
    with page.expect_download() as download:
        page.locator(".chart-data").get_by_role("link", name="CSV").click()
    download.value.save_as(tmp_path / "chart.csv")
    assert "usd" in (tmp_path / "chart.csv").read_text().splitlines()[0]
    assert [] == complaints


@pytest.mark.parametrize("name", ["By GPU and format", "Predicted and measured", "What it cost before"])
def test_each_picture_has_its_table(page: Any, complaints: list[str], name: str) -> None:
    page.goto(ASKED)
    page.locator(".charts").scroll_into_view_if_needed()
    page.get_by_role("tab", name=name).click()
    page.locator(".picture[aria-label]:not([aria-label^='Cost against speed']) svg").wait_for()
    assert page.locator(".chart-data tbody tr").count() >= 1
    assert [] == complaints


def test_what_is_in_quarantine_is_listed_with_its_reason(page: Any, complaints: list[str]) -> None:
    page.goto("/?view=prices")
    page.wait_for_selector(".quarantine tbody tr")
    assert "plausible" in page.locator(".quarantine").inner_text()
    assert [] == complaints


def test_prices_are_filtered_and_sorted_and_the_address_says_so(page: Any, complaints: list[str]) -> None:
    page.goto("/")
    page.get_by_role("link", name="Prices", exact=True).click()
    page.get_by_label("GPU", exact=True).fill("H100")
    page.wait_for_url(re.compile("gpu=H100"))
    page.get_by_role("button", name="$/hour", exact=True).click()
    page.wait_for_url(re.compile("sort=usd_per_hour"))
    page.wait_for_function(
        "[...document.querySelectorAll('.prices tbody tr')].every(row => /H100/.test(row.innerText))"
    )
    shown = page.locator(".prices tbody tr td:nth-child(3)").all_inner_texts()
    costs = [float(text.replace("$", "").replace(",", "")) for text in shown]
    assert costs == sorted(costs)
    assert [] == complaints


@pytest.mark.parametrize("page", [{"color_scheme": "dark"}], indirect=True)
def test_the_page_is_dark_where_the_system_is(page: Any) -> None:
    page.goto("/")
    assert background(page) < 60


def test_light_and_dark_can_be_switched_and_stay(page: Any) -> None:
    page.goto("/")
    assert background(page) > 200
    page.get_by_role("button", name="Switch between light and dark").click()
    assert background(page) < 60
    page.reload()
    assert background(page) < 60


def test_all_can_be_reached_with_the_keyboard(page: Any) -> None:
    page.goto(ASKED)
    page.wait_for_selector(".decision")
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button, a[href], input, select')]"
        ".filter(it => (it.tabIndex < 0 && it.role !== 'tab')"
        " || !(it.textContent.trim() || it.getAttribute('aria-label') || it.labels?.length)).map(it => it.outerHTML)"
    )
    assert [] == unnamed


def test_no_script_and_no_style_is_inline(page: Any) -> None:
    policy = page.goto("/").header_value("content-security-policy")
    assert "unsafe-inline" not in policy.split(", ")[0]
    assert "unsafe-eval" not in policy
