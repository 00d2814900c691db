"""Hosts that serve from one PostgreSQL: a network namespace each, or a process group each where there can be none.

In a namespace a host has two wires, one to its clients and one to the database, and cutting it off takes the second
down: nothing is refused and nothing reset, packets just end. Without namespaces a proxy that swallows everything plays
the second wire.
"""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.faults.proxy import Wire

GPUMIX = Path(sys.executable).with_name("gpumix")
NETWORK = "10.231.0.0/16"
PATIENCE_S = 30.0
NOTICED_SOON = "connect_timeout=2&keepalives_idle=1&keepalives_interval=1&keepalives_count=2&tcp_user_timeout=2000"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def until(true: Callable[[], bool], what: str) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, f"in {PATIENCE_S:g} s not {what}"
        time.sleep(0.05)


@dataclass
class Host:
    """A host: how programs run on it, where its clients and its database are, and its wire to the database."""

    number: int
    database_port: int
    wire: Wire | None
    port: int = field(default_factory=free_port)
    server: "subprocess.Popen[bytes] | None" = None
    log: Path = field(default_factory=lambda: Path(tempfile.mkstemp(prefix="gpumix-host-")[1]))

    @property
    def name(self) -> str:
        return f"gpumix{self.number}"

    @property
    def url(self) -> str:
        """The database, as seen from the host."""
        if self.wire is not None:
            return f"postgresql://postgres@127.0.0.1:{self.wire.port}/postgres?{NOTICED_SOON}"
        return f"postgresql://postgres@10.231.{self.number}.5:{self.database_port}/postgres?{NOTICED_SOON}"

    @property
    def address(self) -> str:
        return f"http://{'127.0.0.1' if self.wire else f'10.231.{self.number}.2'}:{self.port}"

    def run(self, *command: str, **given: object) -> "subprocess.Popen[bytes]":
        """Start a program on the host, at the head of a process group of its own."""
        prefix = () if self.wire else ("ip", "netns", "exec", self.name)
        return subprocess.Popen([*prefix, *command], start_new_session=True, **given)  # type: ignore[call-overload, no-any-return]  # as Popen

    def serve(self, **settings: str) -> None:
        """Start the API and wait until it is ready."""
        self.start(**settings)
        until(lambda: self.status("/readyz") == 200, f"ready:\n{self.log.read_text()}")

    def start(self, **settings: str) -> None:
        """Start the API and wait until it is alive."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GPUMIX_")}
        told = {"GPUMIX_DATABASE_URL": self.url, "GPUMIX_SOLVERS": "1", "GPUMIX_READ_PRICES_SECONDS": "0.3"}
        where = "127.0.0.1" if self.wire else "0.0.0.0"  # noqa: S104  # inside a namespace
        command = [str(GPUMIX), "serve", "--host", where, "--insecure", "--port", str(self.port)]
        with self.log.open("ab") as log:
            self.server = self.run(*command, stderr=log, env={**kept, **told, **settings})
        until(lambda: self.status("/healthz") == 200, f"alive:\n{self.log.read_text()}")

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.address, timeout=PATIENCE_S)

    def status(self, path: str) -> int:
        """Return the status of an answer, 0 where nobody answers."""
        try:
            return httpx.get(self.address + path, timeout=PATIENCE_S).status_code
        except httpx.TransportError:
            return 0

    def prices(self) -> str:
        """Return the snapshot that the host plans on."""
        return str(httpx.get(f"{self.address}/readyz", timeout=PATIENCE_S).json().get("snapshot_id"))

    def cut(self) -> None:
        if self.wire is not None:
            self.wire.cut()
        else:
            _ip(f"link set gpx{self.number}db down")

    def mend(self) -> None:
        if self.wire is not None:
            self.wire.mend()
        else:
            _ip(f"link set gpx{self.number}db up")

    def kill(self) -> None:
        """End every process of the host at once."""
        if self.server is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.server.pid, signal.SIGKILL)
            self.server.wait()
            self.server = None


@contextlib.contextmanager
def joined(database_port: int) -> Iterator[Host]:
    """Join a host to this machine, which has the database on a port."""
    number = _free_namespace()
    host = Host(number, database_port, None if number else Wire(database_port))
    try:
        if number:
            _wire_up(host)
        yield host
    finally:
        host.kill()
        if host.wire is not None:
            host.wire.close()
        else:
            _take_down(host)


def _free_namespace() -> int:
    """Make a namespace and return its number, 0 where there can be none."""
    for number in random.sample(range(1, 250), 20):  # others on this machine may run the same tests
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            _ip(f"netns add gpumix{number}")
            return number
    return 0


def _wire_up(host: Host) -> None:
    for end, near, far in (("www", 1, 2), ("db", 5, 6)):
        _ip(f"link add gpx{host.number}{end} type veth peer name {end} netns {host.name}")
        _ip(f"address add 10.231.{host.number}.{near}/30 dev gpx{host.number}{end}")
        _ip(f"link set gpx{host.number}{end} up")
        _ip(f"-n {host.name} address add 10.231.{host.number}.{far}/30 dev {end}")
        _ip(f"-n {host.name} link set {end} up")
    _ip(f"-n {host.name} link set lo up")


def _take_down(host: Host) -> None:
    """Remove the wires, then the namespace, which else stays until its last connection is forgotten."""
    for end in ("www", "db"):
        with contextlib.suppress(subprocess.CalledProcessError):
            _ip(f"link delete gpx{host.number}{end}")
    _ip(f"netns delete {host.name}")


def _ip(arguments: str) -> None:
    subprocess.run(["ip", *arguments.split()], check=True, capture_output=True)
