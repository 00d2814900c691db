"""Caching: strong tags, 304, gzip, HEAD."""

import gzip

import httpx
import pytest

from .servers import CHEAP, CHEAP_QUERY, QUESTION, Server

PATHS = [
    f"/v1/ask?q={QUESTION.replace(' ', '+')}",
    f"/v1/plan?{CHEAP_QUERY}",
    f"/v1/plan.csv?{CHEAP_QUERY}",
    "/v1/offers?gpu=H100",
    "/v1/offers.csv?gpu=H100",
    "/v1/catalog/gpus",
    "/v1/catalog/gpus.csv",
    "/v1/catalog/claims",
    "/v1/cell/price?gpu=H100",
    f"/v1/cell/cost?{CHEAP_QUERY}",
    "/openapi.json",
    "/docs",
    "/docs/swagger-ui.css",
]


@pytest.mark.parametrize("path", PATHS)
def test_what_a_client_has_is_not_sent_again(client: httpx.Client, path: str) -> None:
    first = client.get(path)
    tag = first.headers["etag"]
    again = client.get(path, headers={"If-None-Match": tag})
    assert (200, 304, b"") == (first.status_code, again.status_code, again.content)
    assert tag == again.headers["etag"]
    assert not tag.startswith("W/")
    assert "public, max-age=300" == first.headers["cache-control"]


@pytest.mark.parametrize("known", ['"other"', '"a", {tag}', "W/{tag}", "*"])
def test_if_none_match_is_a_list(client: httpx.Client, known: str) -> None:
    tag = client.get("/v1/catalog/gpus").headers["etag"]
    found = client.get("/v1/catalog/gpus", headers={"If-None-Match": known.format(tag=tag)})
    assert (200 if known == '"other"' else 304) == found.status_code


def test_a_plan_and_its_csv_and_xlsx_have_their_own_tags(client: httpx.Client) -> None:
    plan_id = client.post("/v1/plans", json=CHEAP).json()["plan_id"]
    tags = {client.get(f"/v1/plans/{plan_id}{suffix}").headers["etag"] for suffix in ("", ".csv", ".xlsx")}
    assert 3 == len(tags)


def test_gzip_is_another_form_with_another_tag(client: httpx.Client) -> None:
    plain = client.get("/v1/catalog/gpus", headers={"Accept-Encoding": "identity"})
    with client.stream("GET", "/v1/catalog/gpus", headers={"Accept-Encoding": "gzip"}) as squeezed:
        raw = b"".join(squeezed.iter_raw())
    assert plain.content == gzip.decompress(raw)
    assert "gzip" == squeezed.headers["content-encoding"]
    assert plain.headers["etag"] != squeezed.headers["etag"]
    assert "Accept-Encoding" in plain.headers["vary"]


def test_gzip_may_be_refused(client: httpx.Client) -> None:
    found = client.get("/v1/catalog/gpus", headers={"Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in found.headers


def test_head_is_get_without_a_body(client: httpx.Client) -> None:
    got = client.get("/v1/catalog/gpus", headers={"Accept-Encoding": "identity"})
    head = client.head("/v1/catalog/gpus", headers={"Accept-Encoding": "identity"})
    assert (200, b"", got.headers["etag"]) == (head.status_code, head.content, head.headers["etag"])
    assert len(got.content) == int(head.headers["content-length"])


def test_an_answer_names_its_prices(client: httpx.Client) -> None:
    found = client.get(f"/v1/plan?{CHEAP_QUERY}")
    assert found.json()["snapshot"]["id"] == found.headers["x-price-snapshot"]


def test_a_failure_is_never_cached(client: httpx.Client) -> None:
    assert "no-store" == client.get("/v1/plans/0123456789abcdef").headers["cache-control"]


def test_a_posted_plan_is_not_cached_by_proxies(server: Server) -> None:
    with server.client() as client:
        assert "no-store" == client.post("/v1/plans", json=CHEAP).headers["cache-control"]
