"""The pages: useful without JavaScript, whole without a network, and nothing that a user typed is markup."""

import re

import httpx
import pytest

from .servers import QUESTION


def test_the_page_is_a_form(client: httpx.Client) -> None:
    found = client.get("/")
    assert found.headers["content-type"].startswith("text/html")
    assert re.search(r'<form[^>]*action="/"[^>]*>', found.text)
    assert 'name="q"' in found.text


def test_the_page_opens_answered(client: httpx.Client) -> None:
    plan = client.get("/v1/ask", params={"q": QUESTION}).json()
    page = client.get("/", params={"q": QUESTION}).text
    assert f"${plan['cost_usd_per_hour']:,.2f}/h" in page
    assert plan["lines"][0]["instance_type"] in page
    assert f'href="/v1/plans/{plan["plan_id"]}.xlsx"' in page


def test_a_question_that_cannot_be_read_is_said_to_be(client: httpx.Client) -> None:
    found = client.get("/", params={"q": "hello"})
    assert 422 == found.status_code
    assert 'role="alert"' in found.text


def test_what_is_typed_is_text(client: httpx.Client) -> None:
    page = client.get("/", params={"q": '"><script>alert(1)</script> 10 tok/s at 2K on L40S at aws, llama 3.1 8b'}).text
    assert "<script>alert" not in page


def test_nothing_comes_from_elsewhere(client: httpx.Client) -> None:
    for path in ("/", "/docs"):
        assert [] == re.findall(r'(?:src|href|action)="(?:https?:)?//', client.get(path).text)


@pytest.mark.parametrize("name", ["swagger-ui-bundle.js", "swagger-ui.css", "start.js"])
def test_the_reference_has_its_parts(client: httpx.Client, name: str) -> None:
    assert f"/docs/{name}" in client.get("/docs").text
    assert 200 == client.get(f"/docs/{name}").status_code


@pytest.mark.parametrize("name", ["../../api.md", "redoc.standalone.js", "..%2f..%2fetc%2fpasswd"])
def test_the_reference_gives_nothing_else(client: httpx.Client, name: str) -> None:
    assert client.get(f"/docs/{name}").status_code in (404, 422)


def test_every_answer_has_the_headers_that_browsers_heed(client: httpx.Client) -> None:
    for path in ("/", "/v1/offers?limit=1", "/nowhere"):
        headers = client.get(path).headers
        assert "nosniff" == headers["x-content-type-options"]
        assert "DENY" == headers["x-frame-options"]
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "server" not in headers


def test_any_page_may_get(client: httpx.Client) -> None:
    assert (
        "*" == client.get("/v1/offers?limit=1", headers={"Origin": "https://a"}).headers["access-control-allow-origin"]
    )


def test_no_page_may_post(client: httpx.Client) -> None:
    asked = {"Origin": "https://a", "Access-Control-Request-Method": "POST"}
    found = client.options("/v1/plans", headers=asked)
    assert (204, "GET, HEAD") == (found.status_code, found.headers["access-control-allow-methods"])
    assert (
        "access-control-allow-origin" not in client.post("/v1/plans", json={}, headers={"Origin": "https://a"}).headers
    )


def test_prometheus_reads_the_metrics(client: httpx.Client) -> None:
    client.get("/v1/offers?limit=1")
    text = client.get("/metrics").text
    assert 'gpumix_requests_total{route="/v1/offers",status="200"}' in text
    assert re.search(r'gpumix_price_age_seconds\{provider="aws"\} \d', text)
    assert "gpumix_solve_seconds_count" in text


def test_a_label_does_not_grow_with_what_is_typed(client: httpx.Client) -> None:
    client.get("/v1/nowhere-at-all")
    assert "nowhere-at-all" not in client.get("/metrics").text
