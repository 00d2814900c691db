"""A real browser on a real server; skipped where there is no Chromium."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.http.servers import Server, serving

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
PATIENCE_MS = 30_000


@pytest.fixture(scope="package")
def page_server() -> Iterator[Server]:
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here; on Debian: apt-get install chromium")
    with serving() as server:
        yield server


@pytest.fixture(scope="package")
def browser(page_server: Server) -> Iterator[Any]:
    # Of the package, not the session: while the driver runs, no other test can start an event loop.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complains about while a test runs: errors of scripts, and breaches of the policy."""
    return []


@pytest.fixture
def page(browser: Any, page_server: Server, complaints: list[str], request: pytest.FixtureRequest) -> Iterator[Any]:
    options = {"viewport": WIDE, "color_scheme": "light", **getattr(request, "param", {})}
    context = browser.new_context(base_url=page_server.address, **options)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    yield page
    context.close()
