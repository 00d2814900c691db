"""Half an hour of mixed load in a few minutes: what is answered wrongly, how long answers take, how memory grows.

Thirty minutes of a busy team: 30,000 requests, of which 1,200 are questions that nobody asked before. The rest asks
again: plans, tables, cells, lists, launch files, what a browser already has, predictions, and what must be refused.

All of it is done, however long that takes: every request has its moment in the minutes that were asked for, and where
the machine cannot keep up it is late. The report says how many minutes it took.
"""

import asyncio
import contextlib
import itertools
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote_plus

REQUESTS_OF_HALF_AN_HOUR, NEW_OF_HALF_AN_HOUR = 30_000, 1_200
CLIENTS, ASKERS = 16, 4
WARM_FRACTION = 0.25  # until the caches are full and every process has done everything once
SAMPLE_SECONDS = 1.0
LATE_SECONDS = 1.0
PATIENCE_SECONDS = 60.0
PLANS_KEPT = 128  # so that the caches are full, and turn over, within the run
Asked = tuple[str, str, int]
"""(method, address, expected status)."""
PREDICTION = (
    b'{"model":"llama-3.1-70b","gpu":"H100-SXM-80GB","gpus":4,"tp":4,"pp":1,"quantization":"fp8","engine":"vllm",'
    b'"input_tokens":1000,"output_tokens":200,"concurrency":8}'
)
AGAIN = (
    ("GET", "/v1/ask?q=cheapest+config+for+10+tok%2Fs+at+8K", 200),
    ("GET", "/v1/plan?model=llama-3.1-70b&users=8&tok_per_s=20&context=8192", 200),
    ("GET", "/v1/plan.csv?model=llama-3.1-70b&users=8&tok_per_s=20&context=8192", 200),
    ("GET", "/v1/cell/cost?model=llama-3.1-70b&users=8&tok_per_s=20&context=8192", 200),
    ("GET", "/v1/cell/price?gpu=H100", 200),
    ("GET", "/v1/offers?gpu=H100&limit=50", 200),
    ("GET", "/v1/offers.csv?provider=aws", 200),
    ("GET", "/v1/catalog/gpus", 200),
    ("GET", "/v1/parse?q=5+requests+a+second+on+A100", 200),
    ("HEAD", "/v1/catalog/models.csv", 200),
    ("GET", "/healthz", 200),
    ("GET", "/readyz", 200),
    ("GET", "/metrics", 200),
    ("GET", "/", 200),
    ("POST", "/v1/predictions", 200),
    ("GET", "/v1/plan?users=-1", 422),
    ("GET", "/v1/plans/0123456789abcdef", 404),
    ("DELETE", "/v1/offers", 405),
)


@dataclass
class Outcome:
    """What happened: wrong answers by what they were, seconds of new questions and of the rest, MiB over time.

    `late_s` is how long after its moment the last request was sent, `minutes` what all of it took.
    """

    wrong: Counter[str] = field(default_factory=Counter)
    new_s: list[float] = field(default_factory=list)
    again_s: list[float] = field(default_factory=list)
    memory_mib: list[float] = field(default_factory=list)
    late_s: float = 0.0
    minutes: float = 0.0


def mixed_load(port: int, server: int, minutes: float) -> Outcome:
    """Return what came of the load on a server process and its children."""
    return asyncio.run(_run(port, server, minutes * 60))


def report(outcome: Outcome, minutes: float) -> None:
    """Print the outcome."""
    asked = f"{REQUESTS_OF_HALF_AN_HOUR:,} requests, {NEW_OF_HALF_AN_HOUR:,} of them new questions, in {minutes:g} min"
    print(f"asked for: {asked}")
    answered = len(outcome.new_s) + len(outcome.again_s)
    print(f"{'answered / of them new questions':<58}{answered:>9,} {len(outcome.new_s):>9,}")
    print(f"{'minutes it took, requests a second':<58}{outcome.minutes:>9.1f} {answered / outcome.minutes / 60:>9.1f}")
    kept = (
        "it kept up" if outcome.late_s < LATE_SECONDS else f"it did not keep up: {outcome.late_s:.0f} s late at the end"
    )
    print(f"{'':<58}{kept}")
    for name, seconds in (("new questions", outcome.new_s), ("the rest", outcome.again_s)):
        ordered = sorted(seconds)
        p50, p95, p99 = (ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1e3 for share in (0.5, 0.95, 0.99))
        print(f"{f'{name}: p50, p95, p99':<58}{p50:>9.1f} ms {p95:>7.1f} ms {p99:>7.1f} ms")
    print(f"{'wrong answers':<58}{sum(outcome.wrong.values()):>9,}  {dict(outcome.wrong) or ''}")
    settled = outcome.memory_mib[int(len(outcome.memory_mib) * WARM_FRACTION) :]
    part = max(1, len(settled) // 5)
    before, after = sum(settled[:part]) / part, sum(settled[-part:]) / part
    print(f"{'memory of all its processes, after warming up, at the end':<58}{before:>9.1f} MiB {after:>7.1f} MiB")
    print(f"{'':<58}growth {after / before - 1:+.1%}")


async def _run(port: int, server: int, seconds: float) -> Outcome:
    outcome, began = Outcome(), time.perf_counter()
    watching = asyncio.create_task(_watch(server, outcome))
    again = _Pace(_repeated(), REQUESTS_OF_HALF_AN_HOUR - NEW_OF_HALF_AN_HOUR, seconds, outcome.again_s)
    new = _Pace(_new(), NEW_OF_HALF_AN_HOUR, seconds, outcome.new_s)
    await asyncio.gather(
        *(_client(port, again, outcome) for _ in range(CLIENTS)), *(_client(port, new, outcome) for _ in range(ASKERS))
    )
    watching.cancel()
    outcome.late_s = max(again.late_s, new.late_s)
    outcome.minutes = (time.perf_counter() - began) / 60
    return outcome


def _repeated() -> Iterator[Asked]:
    dice = random.Random(6)  # noqa: S311  # no secret
    while True:
        yield dice.choice(AGAIN)


def _new() -> Iterator[Asked]:
    for number in itertools.count():
        text = f"{2 + number % 60} users at {8 + number // 60 % 20} tok/s at {4 + number % 3 * 2}K, llama 3.1 70b"
        yield "GET", f"/v1/ask?q={quote_plus(text)}", 200


class _Pace:
    """Hands out so many requests, each at its moment within some seconds, or as soon as a client is free."""

    def __init__(self, requests: Iterator[Asked], count: int, within_s: float, seconds: list[float]) -> None:
        self._requests = itertools.islice(requests, count)
        self._pause, self._due = within_s / count, time.perf_counter()
        self.seconds, self.late_s = seconds, 0.0

    async def turn(self) -> Asked | None:
        """Return the next request when it is its turn, None at the end."""
        asked = next(self._requests, None)
        if asked is not None:
            self._due += self._pause
            wait = self._due - time.perf_counter()
            self.late_s = max(0.0, -wait)
            await asyncio.sleep(max(0.0, wait))
        return asked


async def _client(port: int, pace: _Pace, outcome: Outcome) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    known: dict[str, bytes] = {}
    while (asked := await pace.turn()) is not None:
        method, path, expected = asked
        began = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                status = await _ask(reader, writer, method, path, known)
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            outcome.wrong[f"{method} {path}: {type(error).__name__}"] += 1
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            continue
        if status not in (expected, 304 if expected == 200 else expected):
            outcome.wrong[f"{method} {path.partition('?')[0]}: {status}"] += 1
        pace.seconds.append(time.perf_counter() - began)
    writer.close()


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, method: str, path: str, known: dict[str, bytes]
) -> int:
    """Return the status; a tag that was seen is sent every other time, as a browser would."""
    body = PREDICTION if method == "POST" else b""
    head = f"{method} {path} HTTP/1.1\r\nhost: bench\r\naccept-encoding: gzip\r\n".encode()
    if body:
        head += b"content-type: application/json\r\ncontent-length: %d\r\n" % len(body)
    if (tag := known.pop(path, None)) is not None and method == "GET":
        head += b"if-none-match: " + tag + b"\r\n"
    writer.write(head + b"\r\n" + body)
    answer = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in answer[1:])}
    length = int(headers.get(b"content-length", b"0"))
    if method != "HEAD" and not answer[0].startswith(b"HTTP/1.1 304"):
        await reader.readexactly(length)
        if tag is None and b"etag" in headers and path.startswith("/v1/") and len(known) < len(AGAIN):
            known[path] = headers[b"etag"]
    return int(answer[0].split(b" ")[1])


async def _watch(server: int, outcome: Outcome) -> None:
    while True:
        outcome.memory_mib.append(await asyncio.to_thread(_memory_mib, server))
        await asyncio.sleep(SAMPLE_SECONDS)


def _memory_mib(process: int) -> float:
    """Return the proportional memory of a process and its children: what they share is counted once."""
    total = 0.0
    for one in (process, *children(process)):
        text = Path(f"/proc/{one}/smaps_rollup").read_text()
        total += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) / 1024
    return total


def children(process: int) -> list[int]:
    """Return the processes that any thread of a process has started, and those that these have."""
    direct: list[int] = []
    for thread in Path(f"/proc/{process}/task").glob("*"):
        with contextlib.suppress(FileNotFoundError):  # it has ended meanwhile
            direct += map(int, (thread / "children").read_text().split())
    return [each for child in direct for each in (child, *children(child))]
