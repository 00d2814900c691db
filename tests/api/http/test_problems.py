"""Failures: each a problem document, none with anything of ours in it."""

import gzip
import json
import re
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.http.problems import KINDS

from .servers import CHEAP, Server

ROOT = str(Path(__file__).parents[3])
LEAKS = re.compile(r"Traceback|File \"|\.py\b|site-packages|" + re.escape(ROOT))


def check(found: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert (status, "application/problem+json") == (found.status_code, found.headers["content-type"]), found.text
    problem: dict[str, Any] = found.json()
    assert {"type", "title", "status", "detail", "instance", "code", "hint", "errors"} == set(problem)
    assert (status, code, f"/problems/{code}") == (problem["status"], problem["code"], problem["type"])
    assert not LEAKS.search(found.text)
    assert found.headers["x-request-id"]
    return problem


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/v1/plans/0123456789abcdef", 404, "not_found"),
        ("DELETE", "/v1/plans", 405, "method_not_allowed"),
        ("POST", "/v1/ask", 405, "method_not_allowed"),
        ("GET", "/v1/ask", 422, "invalid_input"),
        ("GET", "/v1/ask?q=", 422, "invalid_input"),
        ("GET", "/v1/ask?q=hello", 422, "invalid_input"),
        ("GET", "/v1/plans/NOT-AN-ID", 422, "invalid_input"),
        ("GET", "/v1/plan?user=1&context=8192", 422, "invalid_input"),
        ("GET", "/v1/plan?context=8192&gpu=H1000", 422, "unknown_name"),
        ("GET", "/v1/offers?provider=nobody", 422, "unknown_name"),
        ("GET", "/v1/offers?limit=0", 422, "invalid_input"),
        ("GET", "/v1/catalog/horses", 422, "invalid_input"),
    ],
)
def test_a_failure_is_a_problem(client: httpx.Client, method: str, path: str, status: int, code: str) -> None:
    check(client.request(method, path), status, code)


def test_every_bad_field_is_named(client: httpx.Client) -> None:
    body = {"workload": {"users": 0, "context_tokens": "many"}, "limits": {"max_kinds": -1}, "colour": "red"}
    problem = check(client.post("/v1/plans", json=body), 422, "invalid_input")
    assert {
        "body.workload.users",
        "body.workload.context_tokens",
        "body.limits.max_kinds",
        "body.colour",
    } == {error["loc"] for error in problem["errors"]}


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 100_000, b'{"workload": NaN', b""])
def test_a_body_that_is_not_json_is_refused(client: httpx.Client, body: bytes) -> None:
    found = client.post("/v1/plans", content=body, headers={"Content-Type": "application/json"})
    assert found.status_code in (400, 422)
    check(found, found.status_code, found.json()["code"])


@pytest.mark.parametrize("body", ["null", "[]", '"text"', "1", '{"workload": NaN}', '{"workload": 1e999}'])
def test_a_body_of_another_shape_is_refused(client: httpx.Client, body: str) -> None:
    found = client.post("/v1/plans", content=body, headers={"Content-Type": "application/json"})
    check(found, 422, "invalid_input")


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded", ""])
def test_a_body_of_another_type_is_refused(client: httpx.Client, media_type: str) -> None:
    found = client.post("/v1/plans", content=b"{}", headers={"Content-Type": media_type})
    check(found, 415, "unsupported_media_type")


def test_json_of_another_name_is_read(client: httpx.Client) -> None:
    headers = {"Content-Type": "application/vnd.gpumix+json; charset=utf-8"}
    assert 200 == client.post("/v1/plans", content=json.dumps(CHEAP), headers=headers).status_code


def test_a_compressed_body_is_refused(client: httpx.Client) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    check(client.post("/v1/plans", content=gzip.compress(b"{}"), headers=headers), 415, "unsupported_media_type")


def test_a_misspelt_parameter_is_named(client: httpx.Client) -> None:
    found = client.get("/v1/plan?usres=4").json()
    assert {"loc": "query.usres", "msg": "this address has no such parameter"} in found["errors"]


def test_405_says_what_is_allowed(client: httpx.Client) -> None:
    assert "GET, HEAD, OPTIONS" == client.delete("/v1/offers").headers["allow"]


@pytest.mark.parametrize("code", KINDS)
def test_every_problem_has_its_page(client: httpx.Client, code: str) -> None:
    found = client.get(f"/problems/{code}")
    assert found.text.startswith(f"{code} ({KINDS[code].status})")


def test_an_unknown_problem_has_none(client: httpx.Client) -> None:
    check(client.get("/problems/none"), 404, "not_found")


def test_what_is_not_http_gets_a_problem_too(server: Server) -> None:
    host, port = server.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 10) as raw:
        raw.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        answer = raw.recv(65536)
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"application/problem+json" in answer


def test_a_request_id_comes_back(client: httpx.Client) -> None:
    assert "job-17" == client.get("/healthz", headers={"X-Request-Id": "job-17"}).headers["x-request-id"]


@pytest.mark.parametrize("bad", ["a b", "x" * 65, "a\tb", "<script>"])
def test_a_request_id_that_could_do_harm_is_replaced(client: httpx.Client, bad: str) -> None:
    assert bad != client.get("/healthz", headers={"X-Request-Id": bad}).headers["x-request-id"]


def test_idempotency_keys_are_harmless(client: httpx.Client) -> None:
    assert 200 == client.post("/v1/plans", json=CHEAP, headers={"Idempotency-Key": "1"}).status_code


def test_a_key_given_twice_is_refused_wherever_it_stands(client: httpx.Client) -> None:
    """The last of two would win in silence, and price something else than what was asked."""
    for body in (
        '{"workload": {"users": 1, "users": 500, "context_tokens": 8192}}',
        '{"workload": {"users": 1, "context_tokens": 8192}, "workload": {"users": 500, "context_tokens": 8192}}',
    ):
        found = client.post("/v1/plans", content=body, headers={"content-type": "application/json"})
        problem = check(found, 422, "invalid_input")
        assert "is given twice" in problem["detail"]
        assert ["body"] == [error["loc"] for error in problem["errors"]]


@pytest.mark.parametrize("text", ['{"model": "\\ud800"}', '{"\\udfff": 1}', '["\\ud83d", "\\ude00"]'])
def test_half_a_character_is_refused(client: httpx.Client, text: str) -> None:
    found = client.post("/v1/plans", content=text, headers={"content-type": "application/json"})
    check(found, 400, "malformed_body")


def test_a_character_spelled_as_two_escapes_is_one(client: httpx.Client) -> None:
    body = '{"model": "\\ud83d\\ude00", "workload": {"users": 1, "context_tokens": 8192}}'
    found = client.post("/v1/plans", content=body, headers={"content-type": "application/json"})
    check(found, 422, "unknown_name")


@pytest.mark.parametrize("hosts", [b"", b"host: a\r\nhost: b\r\n"])
def test_a_request_names_one_host(server: Server, hosts: bytes) -> None:
    host, port = server.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 10) as raw:
        raw.sendall(b"GET /healthz HTTP/1.1\r\n" + hosts + b"\r\n")
        assert raw.recv(65536).startswith(b"HTTP/1.1 400")
