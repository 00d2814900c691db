"""Caching: strong tags, 304, gzip, HEAD."""

import gzip
import socket

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


@pytest.mark.parametrize("path", ["/v1/cell/price?gpu=A100&term=on_demand", "/v1/catalog/models.csv"])
def test_a_connection_goes_on_after_head(server: Server, path: str) -> None:
    """Raw, since a client library would quietly connect again."""
    host, port = server.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 30) as connection:
        heads = []
        for method in ("HEAD", "HEAD", "GET"):
            connection.sendall(f"{method} {path} HTTP/1.1\r\nhost: test\r\n\r\n".encode())
            heads.append(connection.recv(1_024))
    assert [b"HTTP/1.1 200 OK"] * 3 == [head[:15] for head in heads]
    assert [b"", b""] == [head.partition(b"\r\n\r\n")[2] for head in heads[:2]]


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
