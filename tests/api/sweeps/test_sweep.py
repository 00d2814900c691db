"""The command: the same file from any backend, through any kill."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.api.sweeps.sweeping import POINTS, SMALL, command, swept, written

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


def killed(file: Path, output: Path, lines: int, victim: str) -> list[str]:
    """Start a sweep, kill the program or a worker of it once so many points are finished; return these."""
    process = subprocess.Popen(
        command(file, output, "--workers", "2"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    end = time.monotonic() + 60
    while len(journal(output)) < lines and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    if victim == "program":
        process.kill()
    else:
        os.kill(random.Random(lines).choice(workers_of(process.pid)), signal.SIGKILL)  # noqa: S311  # a test
    process.communicate(timeout=90)
    return journal(output)


def workers_of(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    found = [int(child) for child in children if b"LokyProcess" in Path(f"/proc/{child}/cmdline").read_bytes()]
    assert found
    return found


@pytest.mark.skipif(not Path("/proc").exists(), reason="workers are found in /proc")
def test_a_kill_of_the_program_loses_no_finished_point_and_repeats_none(
    file: Path, alone: Path, tmp_path: Path
) -> None:
    output = tmp_path / "killed.parquet"
    finished = [line for line in killed(file, output, 1, "program") if line.endswith("\n")]
    before = POINTS if output.exists() else len(finished)
    done = swept(file, output, "--workers", "2", "--json")
    assert 0 == done.returncode
    assert POINTS - before == json.loads(done.stdout)["solved"]
    assert alone.read_bytes() == output.read_bytes()


@pytest.mark.skipif(not Path("/proc").exists(), reason="workers are found in /proc")
def test_a_killed_worker_s_points_are_solved_by_another(file: Path, alone: Path, tmp_path: Path) -> None:
    killed(file, tmp_path / "worker.parquet", 1, "worker")
    assert alone.read_bytes() == (tmp_path / "worker.parquet").read_bytes()


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
