"""A server as a user starts it: a process on a free port of this machine, its log, its end."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

GPUMIX = Path(sys.executable).with_name("gpumix")
PATIENCE_S = 60
CHEAP = {
    "model": "llama-3.1-8b",
    "workload": {"users": 1, "tok_per_s_per_user": 10, "context_tokens": 2048},
    "allow": {"providers": ["aws"], "gpus": ["L40S"]},
}
CHEAP_QUERY = "model=llama-3.1-8b&users=1&tok_per_s=10&context=2048&provider=aws&gpu=L40S"
QUESTION = "1 user at 10 tok/s at 2K, llama 3.1 8b, on L40S at aws"


@dataclass
class Server:
    """A running server. `log` is what it has written to stderr so far."""

    process: "subprocess.Popen[str]"
    address: str = ""
    log: list[str] = field(default_factory=list)

    def client(self, **headers: str) -> httpx.Client:
        return httpx.Client(base_url=self.address, timeout=PATIENCE_S, headers=headers)

    def log_lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log]

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)


@contextlib.contextmanager
def serving(*arguments: str, **settings: str) -> Iterator[Server]:
    """Start `gpumix serve` on a free port, without any setting or database of this machine, and stop it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GPUMIX_")}
    with tempfile.TemporaryDirectory() as home:
        environment = {**kept, "XDG_DATA_HOME": home, "GPUMIX_SOLVERS": "1", **settings}
        command = [str(GPUMIX), "serve", "--port", "0", *arguments]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
        server = Server(process)
        ready = threading.Event()
        reader = threading.Thread(target=_read, args=(server, ready), daemon=True)
        reader.start()
        try:
            assert ready.wait(PATIENCE_S), server.log
            _wait_until_answered(server)
            yield server
        finally:
            if process.poll() is None:
                server.stop()
            reader.join(PATIENCE_S)
            assert process.stderr is not None
            process.stderr.close()


def _wait_until_answered(server: Server) -> None:
    """Wait for the first worker: the address is known before anything listens on it."""
    end = time.monotonic() + PATIENCE_S
    while server.process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(httpx.TransportError):
            httpx.get(f"{server.address}/healthz")
            return
        time.sleep(0.02)
    raise AssertionError(server.log)


def _read(server: Server, ready: threading.Event) -> None:
    assert server.process.stderr is not None
    for line in server.process.stderr:
        server.log.append(line)
        found = re.search(r"running on (http://[\d.]+:\d+)", line)
        if found:
            server.address = found[1]
            ready.set()
    ready.set()
