"""Many clients and several workers: the same answers, a shared shelf, and a worker's death is one connection's."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from .servers import CHEAP, CHEAP_QUERY, Server, serving

CLIENTS = 8


@pytest.fixture(scope="module")
def two_workers() -> Iterator[Server]:
    with serving("--workers", "2", GPUMIX_SOLVERS="1") as running:
        yield running


def test_clients_at_once_get_the_same_as_one(server: Server) -> None:
    paths = [f"/v1/plan?{CHEAP_QUERY}&max_instances={most}" for most in range(1, 4)]

    def ask(number: int) -> list[bytes]:
        with server.client() as client:
            return [client.get(paths[(number + turn) % len(paths)]).content for turn in range(6)]

    with ThreadPoolExecutor(CLIENTS) as pool:
        bodies = [body for found in pool.map(ask, range(CLIENTS)) for body in found]
    assert len(paths) == len(set(bodies))


def test_a_plan_of_one_worker_is_found_by_the_other(two_workers: Server) -> None:
    with two_workers.client() as client:
        plan_id = client.post("/v1/plans", json=CHEAP).json()["plan_id"]
    found = {_fresh(two_workers, f"/v1/plans/{plan_id}").content for _ in range(20)}
    assert 1 == len(found)


def test_metrics_are_of_all_workers(two_workers: Server) -> None:
    for _ in range(20):
        _fresh(two_workers, "/v1/cell/price?gpu=H100")
    text = _fresh(two_workers, "/metrics").text
    (line,) = [line for line in text.splitlines() if line.startswith('gpumix_requests_total{route="/v1/cell/price"')]
    assert float(line.rsplit(" ", 1)[1]) >= 20


def test_a_killed_worker_is_replaced_and_nobody_else_notices(two_workers: Server) -> None:
    workers = _workers(two_workers.process.pid)
    os.kill(workers[0], signal.SIGKILL)
    lost = 0
    for _ in range(40):
        try:
            _fresh(two_workers, "/healthz")
        except httpx.TransportError:
            lost += 1
    assert lost < 40
    while len(_workers(two_workers.process.pid)) < 2:
        pass
    assert workers[0] not in _workers(two_workers.process.pid)


def _fresh(server: Server, path: str) -> httpx.Response:
    """Return an answer on a connection of its own, which any worker may take."""
    with server.client() as client:
        return client.get(path)


def _workers(parent: int) -> list[int]:
    """Return the processes that serve: the children of a server that wait for connections."""
    children = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text().rsplit(")", 1)[1].split()
            command = (process / "cmdline").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == parent and fields[0] != "Z" and "spawn_main" in command:
            children.append(int(process.name))
    return children
