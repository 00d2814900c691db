"""Measure sweeps: plans a second by one worker, two and Dask, peak memory, and random kills; ratios hold anywhere.

python -m benchmarks.sweep                    the throughput of 1,000 plans, three ways
python -m benchmarks.sweep memory             peak memory of 10,000 points, all processes together
python -m benchmarks.sweep kills              20 random kills of one sweep: points lost, points written twice
"""

import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from api.sweeps.lean import PointSolver
from catalog import load_catalog
from pricing import Snapshot

LOAD = {"users": 1, "tok_per_s_per_user": 10, "context_tokens": 8192}
PLANS = {
    "request": {"workload": LOAD},
    "grid": {
        "workload.context_tokens": [2048, 4096, 8192, 16384],
        "workload.tok_per_s_per_user": [5, 8, 10, 15, 20],
        "workload.users": [*range(1, 31), *range(35, 135, 5)],
    },
}
MANY = {
    "request": {"model": "llama-3.1-8b", "workload": LOAD, "allow": {"gpus": ["H100"]}},
    "grid": {"workload.tok_per_s_per_user": list(range(5, 25)), "workload.users": list(range(1, 501))},
}
KILLED = {
    "request": {"workload": LOAD},
    "grid": {"workload.context_tokens": [2048, 4096, 8192, 16384], "workload.users": list(range(1, 201))},
}
KILLS = 20
CLUSTER = """
import sys
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as it:
        print(it.scheduler_address, flush=True)
        sys.stdin.read()
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One finished sweep: plans a second from start to end, processor time of each, largest memory in MiB."""

    rate: float
    cpu_ms: float
    peak_mib: float


def main() -> None:
    """Run the part that is named."""
    parts = {"throughput": throughput, "memory": memory, "kills": kills}
    parts[sys.argv[1] if len(sys.argv) > 1 else "throughput"]()


def throughput() -> None:
    """Print plans a second by one worker, two, and a Dask cluster of two, and that their files are the same.

    Processor time tells the work apart from whatever else the machine does meanwhile.
    """
    runs: dict[str, Run] = {}
    with tempfile.TemporaryDirectory() as name, _cluster(Path(name)) as (address, cluster):
        ways = {"1 worker": ("--workers", "1"), "2 workers": ("--workers", "2"), "Dask, 2 workers": ("--dask", address)}
        for way, options in ways.items():
            measured = runs[way] = run(Path(name), PLANS, f"{way}.parquet", *options, beside=cluster)
            print(f"{way:<20}{measured.rate:>7.1f} plans/s{measured.cpu_ms:>9.1f} ms of processor a plan", flush=True)
        same = len({(Path(name) / f"{way}.parquet").read_bytes() for way in ways}) == 1
    one, two, dask = (one.rate for one in runs.values())
    print(f"2 workers to 1: {two / one:.2f}   Dask to joblib: {dask / two:.2f}   same bytes: {same}")


def memory() -> None:
    """Print the peak memory of all processes of a sweep of 10,000 points."""
    with tempfile.TemporaryDirectory() as name:
        found = run(Path(name), MANY, "many.parquet", "--workers", "2")
    print(f"10,000 points: {found.rate:.1f} plans/s, peak {found.peak_mib:,.0f} MiB in all processes together")


def kills() -> None:
    """Kill a sweep 20 times at random moments, end it, and count its rows."""
    chance = random.Random(0)  # noqa: S311  # no secret
    with tempfile.TemporaryDirectory() as name:
        output, file = Path(name) / "killed.parquet", _written(Path(name), KILLED)
        finished: list[str] = []
        changed = fruitful = 0
        for _ in range(KILLS):
            process = subprocess.Popen(
                _command(file, output, "--workers", "2"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            time.sleep(chance.uniform(0.5, 6))
            process.kill()
            process.wait()
            lines = _journal(output)
            changed += lines[: len(finished)] != finished
            fruitful += len(lines) > len(finished)
            finished = lines
        done = subprocess.run(_command(file, output, "--json"), capture_output=True, text=True, check=True)
        points = pq.read_table(output)["point"].to_pylist()
    solved = json.loads(done.stdout)["solved"]
    print(f"{KILLS} kills, {fruitful} of them with new points finished; {len(finished)} points before the last run")
    print(
        f"rows changed or lost: {changed}; solved by the last run: {solved}; {len(finished) + solved} of {len(points)}"
    )
    print(f"every point once: {points == list(range(len(points)))}")


def grown(snapshot: Snapshot, times: int) -> Snapshot:
    """Return a snapshot with every offer in several regions more, each a little dearer."""
    offers = tuple(
        replace(
            offer,
            region=f"{offer.region}{n}" if n else offer.region,
            usd_per_hour=offer.usd_per_hour + Decimal(n) / 100,
        )
        for n in range(times)
        for offer in snapshot.offers
    )
    return Snapshot(f"{snapshot.snapshot_id}x{times}", offers, {})


def sizes(count: int, rate: float) -> dict[str, Any]:
    """Return a request of so many sizes."""
    buckets = [{"input_tokens": 256 + 128 * n, "output_tokens": 64 + 16 * n, "share": 1 / count} for n in range(count)]
    return {"model": "llama-3.1-70b", "workload": {"request_rate_per_s": rate, "buckets": buckets}}


def milliseconds(snapshot: Snapshot, documents: list[dict[str, Any]]) -> float:
    """Return the median processor time of a plan, after one that fills what neighbours share."""
    solver = PointSolver(snapshot, load_catalog())
    solver.outcome(0, documents[0], 60)
    found = []
    for document in documents * 2:
        started = time.process_time()
        outcome = solver.outcome(0, document, 60)
        found.append((time.process_time() - started) * 1e3)
        assert outcome.status != "error", outcome.error
    return statistics.median(found)


def run(folder: Path, document: object, output: str, *options: str, beside: int | None = None) -> Run:
    """Run a sweep and watch its processes, and those of a cluster beside it."""
    before = _cpu_seconds(_family(beside))
    started = time.perf_counter()
    process = subprocess.Popen(
        _command(_written(folder, document), folder / output, *options), stdout=subprocess.PIPE, text=True
    )
    peak, spent = 0.0, dict(before)
    while process.poll() is None:
        family = _family(process.pid)
        peak = max(peak, sum(map(_memory_mib, family)))
        spent |= _cpu_seconds([*family, *_family(beside)])
        time.sleep(0.1)
    seconds = time.perf_counter() - started
    shown, _ = process.communicate()
    solved = json.loads(shown)["solved"]
    return Run(solved / seconds, (sum(spent.values()) - sum(before.values())) / solved * 1e3, peak)


def _written(folder: Path, document: object) -> Path:
    path = folder / "sweep.json"
    path.write_text(json.dumps(document))
    return path


def _command(file: Path, output: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "api.cli", "sweep", "-f", str(file), "-o", str(output), "--json", *options]


def _journal(output: Path) -> list[str]:
    paths = sorted(output.with_name(f"{output.name}.partial").glob("*.jsonl"))
    lines = [line for path in paths for line in path.read_text().splitlines(keepends=True)]
    return [line for line in lines if line.endswith("\n")]


def _family(pid: int | None) -> list[int]:
    """Return a process and all below it."""
    if pid is None:
        return []
    children: list[str] = []
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            children += thread.read_text().split()
    return [pid, *(one for child in children for one in _family(int(child)))]


def _cpu_seconds(pids: list[int]) -> dict[int, float]:
    """Return the processor time of each process that is there."""
    found = {}
    for pid in pids:
        try:
            cells = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found[pid] = (int(cells[11]) + int(cells[12])) / os.sysconf("SC_CLK_TCK")
    return found


def _memory_mib(pid: int) -> float:
    """Return the proportional memory of a process, 0 once it is gone."""
    try:
        found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


@contextmanager
def _cluster(folder: Path) -> Iterator[tuple[str, int]]:
    script = folder / "cluster.py"
    script.write_text(CLUSTER)
    process = subprocess.Popen([sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield process.stdout.readline().strip(), process.pid
    process.communicate("")


if __name__ == "__main__":
    main()
