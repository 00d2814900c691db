"""The command: the same file from any backend, through any kill."""

import contextlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.api.sweeps.sweeping import GRID, POINTS, REQUEST, SMALL, command, swept, written

CLUSTER = """
import sys
from distributed import LocalCluster
with LocalCluster(n_workers=2, threads_per_worker=1, processes=False, protocol="tcp://", dashboard_address=None) as it:
    print(it.scheduler_address, flush=True)
    sys.stdin.read()
"""


def test_rows_are_the_points_in_their_order(alone: Path) -> None:
    rows = pq.read_table(alone)
    assert list(range(POINTS)) == rows["point"].to_pylist()
    assert {"optimal"} == set(rows["status"].to_pylist())
    assert SMALL["grid"]["workload.users"] * 2 == rows["workload.users"].to_pylist()
    assert all(cost > 0 for cost in rows["cost_usd_per_hour"].to_pylist())


def test_two_workers_give_the_same_bytes(file: Path, alone: Path, tmp_path: Path) -> None:
    done = swept(file, tmp_path / "two.parquet", "--workers", "2", "--json")
    assert (0, "") == (done.returncode, done.stderr)
    assert {"points": POINTS, "solved": POINTS}.items() <= json.loads(done.stdout).items()
    assert alone.read_bytes() == (tmp_path / "two.parquet").read_bytes()


@pytest.fixture
def scheduler() -> Iterator[str]:
    pytest.importorskip("distributed")
    process = subprocess.Popen(
        [sys.executable, "-c", CLUSTER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    yield process.stdout.readline().strip()
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


def test_a_dask_cluster_gives_the_same_bytes(file: Path, alone: Path, tmp_path: Path, scheduler: str) -> None:
    done = swept(file, tmp_path / "dask.parquet", "--dask", scheduler)
    assert (0, "") == (done.returncode, done.stderr)
    assert alone.read_bytes() == (tmp_path / "dask.parquet").read_bytes()


def journal(output: Path) -> list[str]:
    return [
        line
        for path in sorted(output.with_name(f"{output.name}.partial").glob("*.jsonl"))
        for line in path.read_text().splitlines(keepends=True)
    ]


def started(file: Path, output: Path) -> "subprocess.Popen[bytes]":
    """Start a sweep of two workers and wait until points are finished."""
    process = subprocess.Popen(
        command(file, output, "--workers", "2"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    end = time.monotonic() + 60
    while not journal(output) and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    return process


def kill(worker: int) -> None:
    os.kill(worker, signal.SIGKILL)


def starve(worker: int) -> None:
    """Give a worker no memory beyond what it has."""
    now = resource.getpagesize() * int(Path(f"/proc/{worker}/statm").read_text().split()[0])
    resource.prlimit(worker, resource.RLIMIT_AS, (now, now))


def workers_of(pid: int) -> list[int]:
    """Return the worker processes of a program, as far as they have begun."""
    found = []
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            with contextlib.suppress(OSError):
                if b"LokyProcess" in Path(f"/proc/{child}/cmdline").read_bytes():
                    found.append(int(child))
    return found


@pytest.mark.skipif(not Path("/proc").exists(), reason="workers are found in /proc")
def test_a_kill_of_the_program_loses_no_finished_point_and_repeats_none(
    file: Path, alone: Path, tmp_path: Path
) -> None:
    output = tmp_path / "killed.parquet"
    process = started(file, output)
    process.kill()
    process.communicate(timeout=90)
    finished = [line for line in journal(output) if line.endswith("\n")]
    before = POINTS if output.exists() else len(finished)
    done = swept(file, output, "--workers", "2", "--json")
    assert 0 == done.returncode
    assert POINTS - before == json.loads(done.stdout)["solved"]
    assert alone.read_bytes() == output.read_bytes()


@pytest.fixture(scope="module")
def longer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a sweep that lasts long enough for a worker to be lost in it and replaced, solved by one worker."""
    contexts = [1024 * n for n in range(1, 10)]
    file = written(tmp_path_factory.mktemp("longer"), {**SMALL, "grid": {**GRID, "workload.context_tokens": contexts}})
    assert 0 == swept(file, file.with_name("alone.parquet"), "--workers", "1").returncode
    return file


@pytest.mark.skipif(not Path("/proc").exists(), reason="workers are found in /proc")
@pytest.mark.parametrize("fault", [kill, starve])
def test_a_lost_worker_is_replaced_and_its_points_are_solved(
    fault: Callable[[int], None], longer: Path, tmp_path: Path
) -> None:
    output = tmp_path / "worker.parquet"
    process = started(longer, output)
    first = workers_of(process.pid)
    fault(random.choice(first))  # noqa: S311  # a test
    replaced = False
    while process.poll() is None:
        replaced = replaced or not set(workers_of(process.pid)) <= set(first)
        time.sleep(0.01)
    _, said = process.communicate(timeout=90)
    assert (0, b"", True) == (process.returncode, said, replaced)
    assert longer.with_name("alone.parquet").read_bytes() == output.read_bytes()


def test_a_picture_shows_each_thing_that_was_varied(file: Path, alone: Path, tmp_path: Path) -> None:
    done = swept(file, alone, "--png", str(tmp_path / "sweep.svg"))
    assert 0 == done.returncode, done.stderr
    picture = (tmp_path / "sweep.svg").read_text()
    assert all(text in picture for text in ("20 points: 20 optimal", *SMALL["grid"], "plans by their GPU"))


def test_scenarios_and_days_are_varied_with_the_rows_of_a_table(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("workload.users,model\n2,llama-3.1-8b\n9,llama-3.1-70b\n")
    scenarios = {"as is": {}, "one GPU": {"allow.gpus": ["H100"]}}
    days = ["2026-08-01", "2026-09-01"]
    document = {"request": REQUEST, "table": "points.csv", "scenarios": scenarios, "as_of": days}
    done = swept(written(tmp_path, document), tmp_path / "all.parquet", "--workers", "1")
    assert (0, "") == (done.returncode, done.stderr)
    rows = pq.read_table(tmp_path / "all.parquet").to_pylist()
    found = [(str(row["as_of"]), row["scenario"], row["workload.users"]) for row in rows]
    assert [(day, scenario, users) for day in days for scenario in scenarios for users in (2, 9)] == found
    assert {"optimal"} == {row["status"] for row in rows}
    assert {"H100-SXM-80GB", "H100-PCIe-80GB"} >= {row["gpu"] for row in rows if row["scenario"] == "one GPU"}


def test_a_sweep_that_is_finished_is_not_solved_again(file: Path, alone: Path) -> None:
    done = swept(file, alone)
    assert 0 == done.returncode
    assert "every point was finished before" in done.stdout


def test_a_point_that_cannot_be_is_a_row_with_its_error(tmp_path: Path) -> None:
    document = {**SMALL, "grid": {"workload.context_tokens": [4096, 9_000_000]}, "as_of": ["2001-01-01", "2100-01-01"]}
    done = swept(written(tmp_path, document), tmp_path / "errors.parquet", "--workers", "1")
    assert 0 == done.returncode
    rows = pq.read_table(tmp_path / "errors.parquet")
    assert ["error", "error", "optimal", "error"] == rows["status"].to_pylist()
    assert "9,000,000 tokens of context" in rows["error"].to_pylist()[3]


def test_a_sweep_of_which_nothing_fits_says_so_in_its_exit(tmp_path: Path) -> None:
    document = {**SMALL, "grid": {"limits.max_usd_per_hour": [0.01, 0.02]}}
    done = swept(written(tmp_path, document), tmp_path / "none.parquet", "--workers", "1")
    assert (3, "") == (done.returncode, done.stderr)
    assert "2 infeasible" in done.stdout


def test_a_bad_file_ends_before_anything_is_written(tmp_path: Path) -> None:
    done = swept(written(tmp_path, {"request": {}, "grid": {"users": [1]}}), tmp_path / "bad.parquet")
    assert 2 == done.returncode
    assert "unknown field in grid 'users'" in done.stderr
    assert ["sweep.json"] == [path.name for path in tmp_path.iterdir()]
