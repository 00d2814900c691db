"""Limits: size, patience, length; and what a server does with those who ignore them."""

import resource
import socket
import time

import httpx
import pytest

from api.http.protocol import MOST_CONNECTIONS

from .servers import CHEAP, Server


def connected(server: Server) -> socket.socket:
    host, port = server.address.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), 30)


def everything(raw: socket.socket) -> bytes:
    parts = []
    while part := raw.recv(65536):
        parts.append(part)
    return b"".join(parts)


def test_a_body_over_1_mib_is_refused(client: httpx.Client) -> None:
    found = client.post("/v1/plans", content=b" " * (2**20 + 1), headers={"Content-Type": "application/json"})
    assert (413, "body_too_large") == (found.status_code, found.json()["code"])


def test_a_body_of_unknown_length_is_held_to_the_same_limit(client: httpx.Client) -> None:
    chunks = (b" " * 65536 for _ in range(40))
    found = client.post("/v1/plans", content=chunks, headers={"Content-Type": "application/json"})
    assert 413 == found.status_code


def test_a_body_of_just_1_mib_is_read(client: httpx.Client) -> None:
    found = client.post("/v1/plans", content=b" " * 2**20, headers={"Content-Type": "application/json"})
    assert (400, "malformed_body") == (found.status_code, found.json()["code"])


def test_an_endless_body_is_cut_off(server: Server) -> None:
    head = b"POST /v1/plans HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    chunk = b"100000\r\n" + b" " * 2**20 + b"\r\n"
    with connected(server) as raw:
        raw.sendall(head)
        with pytest.raises(OSError):
            raw.sendall(chunk * 100)


def test_a_url_over_8_kib_is_refused(client: httpx.Client) -> None:
    found = client.get(f"/v1/ask?q={'x' * 9000}")
    assert (414, "url_too_long") == (found.status_code, found.json()["code"])


def test_an_endless_url_is_cut_off(server: Server) -> None:
    with connected(server) as raw:
        raw.sendall(b"GET /" + b"x" * 20_000)
        assert everything(raw).startswith(b"HTTP/1.1 414")


def test_headers_over_32_kib_are_refused(client: httpx.Client) -> None:
    found = client.get("/healthz", headers={f"x-{number}": "y" * 4000 for number in range(10)})
    assert (431, "headers_too_large") == (found.status_code, found.json()["code"])


def test_a_question_over_1000_characters_is_refused(client: httpx.Client) -> None:
    assert 422 == client.get("/v1/ask", params={"q": "x" * 1001}).status_code


def test_a_slow_head_is_cut_off_and_the_server_still_answers(server: Server, client: httpx.Client) -> None:
    slow = [connected(server) for _ in range(50)]
    for raw in slow:
        raw.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-a: ")
    assert 200 == client.get("/healthz").status_code
    answers = {everything(raw)[:12] for raw in slow}
    for raw in slow:
        raw.close()
    assert {b"HTTP/1.1 408"} == answers


def test_dripping_does_not_buy_time(server: Server) -> None:
    with connected(server) as raw:
        raw.sendall(b"GET /healthz HTTP/1.1\r\n")
        raw.settimeout(0.1)
        answer = b""
        for _ in range(200):
            try:
                raw.sendall(b"x-a: b\r\n")
                answer += raw.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                break
            if answer:
                break
    assert answer.startswith(b"HTTP/1.1 408")


def test_a_silent_connection_is_closed(server: Server) -> None:
    with connected(server) as raw:
        assert b"" == everything(raw)


def test_a_slow_body_is_cut_off(server: Server) -> None:
    with connected(server) as raw:
        raw.sendall(
            b"POST /v1/plans HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"
        )
        assert everything(raw).startswith(b"HTTP/1.1 408")


def test_a_client_that_leaves_hurts_nobody(server: Server, client: httpx.Client) -> None:
    for _ in range(10):
        raw = connected(server)
        raw.sendall(b"GET /v1/ask?q=3+users+at+10+tok/s+at+2K HTTP/1.1\r\nhost: x\r\n\r\n")
        raw.close()
    time.sleep(0.1)
    assert 200 == client.post("/v1/plans", json=CHEAP).status_code


def test_idle_connections_make_room_for_who_asks(server: Server, client: httpx.Client) -> None:
    """However many hold a connection for nothing, nobody is kept out; those that were first are closed first."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    idle = [connected(server) for _ in range(MOST_CONNECTIONS + 20)]
    statuses = {client.get("/healthz").status_code for _ in range(5)}
    for raw in idle:
        raw.close()
    assert {200} == statuses
