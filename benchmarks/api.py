"""Time the HTTP API: cached plans, distinct questions, and how fast a server is ready, with ratios that hold anywhere.

The client is a bare socket in processes of its own: a library would be slower than the server. With `--minutes 5` the
mixed load of half an hour runs instead, in so many minutes or as fast as the machine can.
"""

import argparse
import asyncio
import contextlib
import itertools
import multiprocessing
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote_plus

from benchmarks.ask import QUESTIONS
from benchmarks.mixed import PLANS_KEPT, children, mixed_load, report

PORT = 8931
CACHED_CLIENTS, CACHED_SECONDS = 32, 6.0
UNCACHED_CLIENTS, UNCACHED_QUESTIONS = 8, 40


def main() -> None:
    """Print one table a part: start, cached, uncached; or the mixed load alone."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--minutes", type=float, help="run the mixed load of half an hour in so many minutes")
    minutes = asked.parse_args().minutes
    if minutes is not None:
        _mixed(minutes)
        return
    server, ready = _started()
    try:
        print(f"{'start to ready':<58}{ready:>9.2f} s")
        first = _one(_question(QUESTIONS[0]))
        again = statistics.median(_one(_question(QUESTIONS[0])) for _ in range(50))
        print(f"{'first answer, then the same again (median of 50)':<58}{first * 1e3:>9.1f} ms {again * 1e3:>7.2f} ms")
        print(f"{'':<58}ratio {first / again:,.0f}")
        _cached()
        _uncached(server.pid)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def _mixed(minutes: float) -> None:
    server, _ = _started(GPUMIX_PLANS_KEPT=str(PLANS_KEPT))
    try:
        report(mixed_load(PORT, server.pid, minutes), minutes)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def _cached() -> None:
    for name, path in (("a plan", _question(QUESTIONS[0])), ("a cell", "/v1/cell/price?gpu=H100")):
        rates, seconds = _load(lambda path=path: itertools.repeat(path), CACHED_CLIENTS, CACHED_SECONDS)  # type: ignore[misc]
        _report(f"{name}, cached, {CACHED_CLIENTS} clients", rates, seconds)


def _uncached(server: int) -> None:
    asked = [_question(f"{users} users at {10 + users % 7} tok/s at 8K") for users in range(2, 2 + UNCACHED_QUESTIONS)]
    before, started = _processor_s(server), time.perf_counter()
    seconds = asyncio.run(_each_once(asked, UNCACHED_CLIENTS))
    rate = len(asked) / (time.perf_counter() - started)
    _report(f"{len(asked)} distinct questions, {UNCACHED_CLIENTS} clients", rate, seconds)
    spent = (_processor_s(server) - before) / len(asked)
    print(f"{'processor time of one, of all processes of the server':<58}{spent * 1e3:>9.0f} ms")


def _processor_s(server: int) -> float:
    """Return the seconds of processor that a server and its children have taken so far."""
    stats = [Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split() for one in (server, *children(server))]
    return sum(int(row[11]) + int(row[12]) for row in stats) / os.sysconf("SC_CLK_TCK")


def _report(name: str, rate: float, seconds: list[float]) -> None:
    ordered = sorted(seconds)
    shares = [ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1e3 for share in (0.5, 0.95, 0.99)]
    print(f"{name:<58}{rate:>9,.1f} /s   p50 {shares[0]:.1f} ms  p95 {shares[1]:.1f} ms  p99 {shares[2]:.1f} ms")


def _started(**settings: str) -> tuple["subprocess.Popen[bytes]", float]:
    with contextlib.suppress(OSError):
        _one("/healthz")
        raise SystemExit(f"something listens on port {PORT} already: end it first")
    command = [str(Path(sys.executable).with_name("gpumix")), "serve", "--port", str(PORT)]
    began = time.perf_counter()
    server = subprocess.Popen(
        command, stderr=subprocess.DEVNULL, env={**os.environ, "GPUMIX_QUEUE": "1000", **settings}
    )
    while True:
        try:
            _one("/readyz")
        except OSError:
            time.sleep(0.01)
        else:
            return server, time.perf_counter() - began


def _load(paths: Callable[[], "itertools.repeat[str]"], clients: int, seconds: float) -> tuple[float, list[float]]:
    """Return requests per second and the time of each, from clients in one other process."""
    context = multiprocessing.get_context("fork")
    queue: multiprocessing.Queue[list[float]] = context.Queue()
    path = next(iter(paths()))
    process = context.Process(target=lambda: queue.put(asyncio.run(_for_a_while(path, clients, seconds))))
    process.start()
    found = queue.get()
    process.join()
    return len(found) / seconds, found


async def _for_a_while(path: str, clients: int, seconds: float) -> list[float]:
    end = time.perf_counter() + seconds
    found: list[float] = []

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        while time.perf_counter() < end:
            found.append(await _get(reader, writer, path))
        writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return found


async def _each_once(paths: list[str], clients: int) -> list[float]:
    left = iter(paths)
    found: list[float] = []

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        for path in left:
            found.append(await _get(reader, writer, path))
        writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return found


async def _get(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> float:
    """Return the seconds of one request. Raises OSError where it is not answered with 200."""
    started = time.perf_counter()
    writer.write(f"GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise OSError(head.decode("latin-1"))
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(length)
    return time.perf_counter() - started


def _one(path: str) -> float:
    return asyncio.run(_each_once([path], 1))[0]


def _question(text: str) -> str:
    return f"/v1/ask?q={quote_plus(text)}"


if __name__ == "__main__":
    main()
