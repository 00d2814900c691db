"""The database is down, slow, and back, while the API serves; and what the command line says meanwhile."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from pricing import load_snapshot
from tests.api.http.servers import CHEAP
from tests.faults.conftest import Database
from tests.faults.hosts import Host, free_port, until
from tests.faults.proxy import Wire, wired

SLOW_S = 0.2


@pytest.fixture
def wire(database: Database) -> Iterator[Wire]:
    with wired(database.port) as one:
        yield one


@pytest.fixture
def host(database: Database, wire: Wire) -> Iterator[Host]:
    one = Host(0, database.port, wire)
    yield one
    one.kill()


def test_a_server_that_starts_without_its_database_is_alive_and_ready_once_it_is_there(host: Host, wire: Wire) -> None:
    wire.refuse = True
    host.start()
    assert [200, 503] == [host.status(path) for path in ("/healthz", "/readyz")]
    with host.client() as client:
        problem = client.post("/v1/plans", json=CHEAP).json()
    assert (503, "prices_missing") == (problem["status"], problem["code"])
    assert "does not answer" in problem["detail"]
    assert "postgres" not in str(problem)
    wire.refuse = False
    until(lambda: host.status("/readyz") == 200, "ready")
    with host.client() as client:
        assert "optimal" == client.post("/v1/plans", json=CHEAP).json()["status"]


def test_answers_go_on_while_the_database_is_slow_then_down_then_back(host: Host, wire: Wire) -> None:
    host.serve()
    statuses = []
    with host.client() as client:
        for most, fault in enumerate(("none", "slow", "down", "back"), start=1):
            wire.delay_s = SLOW_S if fault == "slow" else 0.0
            wire.refuse = fault == "down"
            if fault == "down":
                wire.drop()
                until(lambda: "prices not read" in host.log.read_text(), "noticed")
            answers = [
                client.post("/v1/plans", json={**CHEAP, "limits": {"max_instances": most}}),
                client.get("/readyz"),
                client.get("/v1/offers?gpu=H100"),
            ]
            statuses.append([answer.status_code for answer in answers])
    assert [[200, 200, 200]] * 4 == statuses
    assert "Traceback" not in host.log.read_text()


def gpumix(url: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "api.cli", *arguments]
    environment = {**os.environ, "GPUMIX_DATABASE_URL": url}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=60)


def test_a_command_without_its_database_says_so_and_keeps_the_password(database: Database) -> None:
    nowhere = f"postgresql://me:hunter2@127.0.0.1:{free_port()}/postgres"
    done = gpumix(nowhere, "ask", "10 tok/s at 8K")
    assert (4, "") == (done.returncode, done.stdout)
    assert "does not answer" in done.stderr
    assert "hunter2" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_command_waits_for_a_slow_database(database: Database, wire: Wire) -> None:
    wire.delay_s = 0.02
    url = f"postgresql://postgres@127.0.0.1:{wire.port}/postgres"
    done = gpumix(url, "prices", "status", "--json")
    assert (0, "") == (done.returncode, done.stderr)
    assert len(load_snapshot().offers) == json.loads(done.stdout)["offers"]
