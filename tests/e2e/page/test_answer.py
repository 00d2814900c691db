"""Ask, see why, change it, share it."""

import re
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.api.http.servers import QUESTION

from .conftest import PHONE

ASKED = f"/?{urlencode({'q': QUESTION})}"
COST = re.compile(r"^\$[\d,.]+$")


def cost(page: Any) -> str:
    return str(page.locator(".hour strong").inner_text())


def test_a_question_is_answered_with_a_fleet_and_its_picture(page: Any, complaints: list[str]) -> None:
    page.goto("/")
    page.get_by_role("textbox", name="Question").fill(QUESTION)
    page.get_by_role("button", name="Ask").click()
    page.wait_for_selector(".decision")
    assert COST.match(cost(page))
    assert page.locator(".machine .tile").count() >= 1
    assert page.locator(".memory-bar").get_attribute("aria-label").endswith(tuple("0123456789"))
    assert [] == complaints


def test_a_price_is_as_old_as_the_first_day_it_may_have_been_seen(page: Any) -> None:
    page.goto(ASKED)
    said = page.locator(".notes .soft").first.inner_text()
    found = re.search(r"seen (?:between )?(\d{4}-\d\d-\d\d).*?,(?: up to)? (\d+) days ago", said)
    assert found is not None, said
    age = (datetime.now(UTC).date() - date.fromisoformat(found[1])).days
    assert age - 1 <= int(found[2]) <= age + 1  # midnight may pass


def test_spot_says_what_is_left_after_a_loss_and_what_tolerating_it_costs(page: Any) -> None:
    page.goto(f"/?{urlencode({'q': '10 tok/s at 8K, spot'})}")
    page.locator(".decision", has_text="0% after any one spot instance is taken back").wait_for()
    page.get_by_role("button", name=re.compile("tolerate one preemption")).click()
    page.locator(".decision", has_text=re.compile(r"[1-9]\d\d% after any one spot instance is taken back")).wait_for()


def test_a_question_is_read_while_it_is_typed(page: Any) -> None:
    page.goto("/")
    page.get_by_role("textbox", name="Question").press_sequentially("12 tok/s at 8K zebra")
    page.locator("#reading .ignored").filter(has_text="zebra").wait_for()
    assert "12 tok/s" in page.locator("#reading").inner_text()


def test_what_cannot_be_read_says_what_to_ask_instead(page: Any) -> None:
    page.goto("/")
    page.get_by_role("textbox", name="Question").press_sequentially("zebra")
    page.locator("#reading .ignored").filter(has_text="ask for example").wait_for()


def test_a_link_shares_the_answer(page: Any, complaints: list[str]) -> None:
    asked: list[str] = []
    page.on("request", lambda request: "/v1/ask" in request.url and asked.append(request.url))
    page.goto(ASKED)
    page.wait_for_selector(".decision")
    assert QUESTION == page.get_by_role("textbox", name="Question").input_value()
    assert [] == asked  # it came with the page
    assert [] == complaints


def test_a_slider_changes_the_request_the_address_and_the_answer(page: Any, complaints: list[str]) -> None:
    page.goto(ASKED)
    slider = page.locator("input[data-name=tok_per_s_per_user]")
    slider.press("ArrowRight")
    page.wait_for_url(re.compile(r"tok_per_s=12"))
    page.locator("#reading").filter(has_text="12 tok/s").wait_for()
    changed = cost(page)
    page.reload()
    page.wait_for_selector(".decision")
    assert changed == cost(page)
    page.go_back()
    page.locator("#reading").filter(has_text="10 tok/s").wait_for()
    assert [] == complaints


def test_a_what_if_is_one_click(page: Any) -> None:
    page.goto(ASKED)
    offered = page.locator("button.what-if").first
    price = offered.locator("span").inner_text().removesuffix("/h")
    offered.click()
    page.locator(".hour strong").filter(has_text=price).wait_for()


def test_more_context_is_one_click(page: Any) -> None:
    page.goto(ASKED)
    offered = page.locator("button.what-if").filter(has_text="tokens of context")
    price = offered.locator("span").inner_text().removesuffix("/h")
    offered.click()
    page.wait_for_url(re.compile(r"input_tokens="))
    page.locator(".hour strong").filter(has_text=price).wait_for()


def test_where_nothing_fits_the_smallest_change_is_one_click(page: Any) -> None:
    page.goto(f"/?{urlencode({'q': f'{QUESTION}, under $0.01/h'})}")
    page.get_by_role("heading", name="Nothing fits.").wait_for()
    page.locator("button.what-if").first.click()
    page.wait_for_selector(".hour strong")


def test_a_failure_is_a_sentence(page: Any) -> None:
    page.goto("/?q=zebra")
    failure = page.get_by_role("alert")
    failure.wait_for()
    assert "Nothing in the question was understood." in failure.inner_text()


def test_a_server_that_is_gone_is_a_sentence_and_leaves_the_page(page: Any) -> None:
    page.goto("/")
    page.route("**/v1/**", lambda route: route.abort())
    page.get_by_role("textbox", name="Question").fill(QUESTION)
    page.get_by_role("button", name="Ask").click()
    page.get_by_role("alert").filter(has_text="cannot be reached").wait_for()
    assert page.get_by_role("textbox", name="Question").is_enabled()


def test_the_command_can_be_copied(page: Any) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(ASKED)
    page.get_by_role("button", name="Copy", exact=True).first.click()
    page.get_by_role("button", name="Copied").wait_for()
    assert f"gpumix ask '{QUESTION}'" == page.evaluate("navigator.clipboard.readText()")


def test_the_launch_commands_are_shown_and_can_be_copied(page: Any, complaints: list[str]) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(ASKED)
    page.get_by_text("Launch it").click()
    shown = page.get_by_role("region", name="Launch commands").filter(has_text="--tensor-parallel-size")
    shown.wait_for()
    page.locator(".launch").get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert shown.inner_text() == page.evaluate("navigator.clipboard.readText()")
    assert [] == complaints


@pytest.mark.parametrize("page", [{"java_script_enabled": False}], indirect=True)
def test_without_scripts_the_answer_is_there(page: Any) -> None:
    page.goto(ASKED)
    assert "$" in page.locator(".cost").inner_text()


@pytest.mark.parametrize("page", [{"viewport": PHONE}], indirect=True)
@pytest.mark.parametrize("path", ["/", ASKED, "/?view=prices"])
def test_a_phone_never_scrolls_sideways(page: Any, path: str) -> None:
    page.goto(path)
    page.wait_for_selector(".welcome, .decision, .prices td")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
