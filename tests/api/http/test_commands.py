"""`gpumix serve` and `gpumix keys` as a user runs them."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from api.http.keys import read_keys

from .servers import CHEAP, GPUMIX, serving


def run(*arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GPUMIX_")}
    return subprocess.run(
        [str(GPUMIX), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**environment, **settings},
    )


def test_nothing_is_public_without_keys() -> None:
    done = run("serve", "--host", "0.0.0.0", "--port", "0")  # noqa: S104  # that is the point
    assert 2 == done.returncode
    assert "--insecure" in done.stderr


def test_nothing_is_served_with_an_empty_key_file(tmp_path: Path) -> None:
    done = run("serve", "--port", "0", GPUMIX_API_KEYS=str(tmp_path / "none.json"))
    assert (2, True) == (done.returncode, "keys create" in done.stderr)


def test_insecure_is_a_choice() -> None:
    with serving("--host", "0.0.0.0", "--insecure") as running:  # noqa: S104
        assert running.address.startswith("http://0.0.0.0")


def test_an_address_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("serve", "--port", str(taken.getsockname()[1]))
    assert (2, True) == (done.returncode, "cannot be listened on: Address already in use" in done.stderr)


def test_a_directory_of_plans_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = run("serve", "--port", "0", GPUMIX_PLANS_DIRECTORY=str(tmp_path / "none"))
    assert (2, True) == (done.returncode, "GPUMIX_PLANS_DIRECTORY" in done.stderr)


@pytest.mark.parametrize("name", ["GPUMIX_SOLVE_SECONDS", "GPUMIX_QUEUE", "GPUMIX_SOLVERS"])
def test_a_setting_that_is_no_number_is_named(name: str) -> None:
    done = run("serve", "--port", "0", **{name: "many"})
    assert (2, True) == (done.returncode, name in done.stderr)


def test_a_key_is_made_listed_and_revoked(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    made = run("keys", "create", "sheet", "--scope", "read", "--file", str(path))
    (key,) = read_keys(path)
    listed = run("keys", "list", "--file", str(path))
    assert (0, 0) == (made.returncode, listed.returncode)
    assert made.stdout.startswith(f"gpumix_{key.key_id}_")
    assert made.stdout.count("\n") == 1
    assert key.key_id in listed.stdout
    assert made.stdout.strip() not in listed.stdout
    assert 0 == run("keys", "revoke", key.key_id, GPUMIX_API_KEYS=str(path)).returncode
    assert read_keys(path)[0].revoked_at is not None


def test_keys_as_documents(tmp_path: Path) -> None:
    path = str(tmp_path / "keys.json")
    made = json.loads(run("keys", "create", "ci", "--scope", "write", "--file", path, "--json").stdout)
    (item,) = json.loads(run("keys", "list", "--file", path, "--json").stdout)["items"]
    assert made["key_id"] == item["key_id"]
    assert "sha256" not in item


@pytest.mark.parametrize(
    "arguments", [("create", "x"), ("create", "x", "--scope", "root", "--file", "k"), ("revoke", "no", "--file", "k")]
)
def test_what_cannot_be_is_said(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        [str(GPUMIX), "keys", *arguments], capture_output=True, text=True, cwd=tmp_path, check=False, timeout=60
    )
    assert 2 == done.returncode
    assert not list(tmp_path.iterdir())


def test_a_plan_under_way_is_finished_before_the_server_stops() -> None:
    with serving() as running, running.client() as client:
        plan_request = client.build_request("POST", "/v1/plans", json=CHEAP)
        answers: list[int] = []
        asking = threading.Thread(target=lambda: answers.append(client.send(plan_request).status_code))
        asking.start()
        while not any("gpumix_plans_in_progress 1" in line for line in _metrics(running.address)):
            pass
        running.process.send_signal(signal.SIGTERM)
        asking.join(60)
        ended = running.process.wait(60)
    assert [200] == answers
    assert ended in (0, -signal.SIGTERM)


def test_told_to_stop_no_worker_listens_while_what_is_under_way_goes_on() -> None:
    with serving("--workers", "2", GPUMIX_BODY_SECONDS="60") as running:
        host, port = running.address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), 30) as under_way:
            under_way.sendall(b"POST /v1/plans HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n")
            time.sleep(0.5)
            running.process.send_signal(signal.SIGTERM)
            refused = _until_refused(host, int(port))
            assert (True, None) == (refused, running.process.poll())
            under_way.sendall(b"{        ")
            assert under_way.recv(1000).startswith(b"HTTP/1.1 4")


def _until_refused(host: str, port: int) -> bool:
    for _ in range(300):
        try:
            socket.create_connection((host, port), 1).close()
        except ConnectionRefusedError:
            return True
        time.sleep(0.02)
    return False


def _metrics(address: str) -> list[str]:
    return httpx.get(f"{address}/metrics").text.splitlines()


def test_the_log_is_json_without_queries() -> None:
    with serving() as running, running.client() as client:
        client.get("/v1/offers?gpu=H100&limit=1", headers={"X-Request-Id": "seen"})
        running.stop()
        (line,) = [line for line in running.log_lines() if line.get("request_id") == "seen"]
    assert ("GET", "/v1/offers", 200) == (line["method"], line["path"], line["status"])
    assert not [line for line in running.log if "H100" in line]


@pytest.mark.parametrize("module", ["fastapi", "uvicorn", "structlog", "prometheus_client", "sqlalchemy"])
def test_a_question_on_the_command_line_pays_for_no_server(module: str) -> None:
    imported = "api.cli, api.answering, api.question, optimizer.fleet.planning"
    code = f"import sys, {imported}; sys.exit({module!r} in sys.modules)"
    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode
