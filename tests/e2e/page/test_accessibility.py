"""Everybody can use the page: axe finds nothing serious, the keyboard goes everywhere, nothing jumps."""

from importlib.resources import files
from typing import Any

import pytest

from .conftest import PHONE, WIDE
from .test_answer import ASKED
from .test_budget import ASKED as BUDGET
from .test_budget import own_load

VIEWS = {
    "home": ("/", ".welcome"),
    "answer": (ASKED, ".picture svg"),
    "failure": ("/?q=zebra", ".failed"),
    "budget": (BUDGET, "#budget .picture svg"),
    "prices": ("/?view=prices&gpu=H100", ".quarantine"),
}
SERIOUS = {"serious", "critical"}
LARGEST_SHIFT = 0.1
"""What the Core Web Vitals call good."""
SHIFT = """() => {
  window.shifted = 0;
  const add = it => { if (!it.hadRecentInput) window.shifted += it.value };
  new PerformanceObserver(list => list.getEntries().forEach(add)).observe({type: 'layout-shift', buffered: true});
}"""


def violations(page: Any) -> list[str]:
    """Return what axe finds serious, with the first place of each."""
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text("utf-8"))
    found = page.evaluate("axe.run()")["violations"]
    return [f"{it['id']}: {it['nodes'][0]['target']}" for it in found if it["impact"] in SERIOUS]


@pytest.mark.parametrize(
    "page",
    [
        {"viewport": viewport, "color_scheme": scheme, "bypass_csp": True, "reduced_motion": "reduce"}
        for viewport in (WIDE, PHONE)
        for scheme in ("light", "dark")
    ],
    indirect=True,
    ids=["wide-light", "wide-dark", "phone-light", "phone-dark"],
)
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing_serious(page: Any, view: str) -> None:
    pytest.importorskip("axe_playwright_python", reason="axe is not installed")
    path, ready = VIEWS[view]
    page.goto(path)
    if "svg" in ready:
        page.locator(".charts").last.scroll_into_view_if_needed()
    page.wait_for_selector(ready)
    assert [] == violations(page)


@pytest.mark.parametrize("page", [{"viewport": PHONE, "color_scheme": "dark", "bypass_csp": True}], indirect=True)
def test_axe_finds_nothing_serious_in_a_file_that_is_wrong(page: Any) -> None:
    pytest.importorskip("axe_playwright_python", reason="axe is not installed")
    page.goto(BUDGET)
    page.wait_for_selector("#budget .decision")
    own_load(page, "history", "time,value\n2026-01,many\n")
    page.locator("#own-load-wrong li").wait_for()
    page.wait_for_selector("#budget[aria-busy=false]")
    assert [] == violations(page)


def test_a_question_is_asked_and_changed_with_the_keyboard_alone(page: Any) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    assert "skip" == page.evaluate("document.activeElement.className")
    page.get_by_role("textbox", name="Question").focus()
    page.keyboard.type("llama 8b, 20 tok/s at 4K")
    page.keyboard.press("Enter")
    page.wait_for_selector(".decision")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.what-if')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/?*model=*")


def test_what_has_the_focus_is_seen_to_have_it(page: Any) -> None:
    page.goto("/")
    page.get_by_role("link", name="Prices", exact=True).focus()
    page.keyboard.press("Shift+Tab")
    assert "none" != page.evaluate("getComputedStyle(document.activeElement).outlineStyle")


@pytest.mark.parametrize("view", ["answer", "budget", "prices"])
def test_nothing_jumps_while_it_loads(page: Any, view: str) -> None:
    path, ready = VIEWS[view]
    page.add_init_script(f"({SHIFT})()")
    page.goto(path)
    page.wait_for_selector(ready.replace(".picture svg", ".decision"))
    assert page.evaluate("window.shifted") < LARGEST_SHIFT
