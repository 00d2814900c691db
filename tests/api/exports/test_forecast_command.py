"""`gpumix forecast` from outside: what is on stdout, in files, and in the exit code."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from api.exports.budgeting import budget_request_of
from catalog import InvalidInputError

ASKED = {
    "model": "llama-3.1-8b",
    "start": "2027-01",
    "months": 2,
    "demand": {"unit": "request_rate_per_s", "base": 5},
    "request": {"workload": {"input_tokens": 1000, "output_tokens": 200}},
    "scenarios": 20,
}


def run(folder: Path, *options: str, **changes: object) -> subprocess.CompletedProcess[bytes]:
    (folder / "budget.yaml").write_text(yaml.safe_dump({**ASKED, **changes}))
    command = [sys.executable, "-m", "api.cli", "forecast", "-f", str(folder / "budget.yaml"), *options]
    return subprocess.run(command, capture_output=True, check=False, timeout=120)


def test_stdout_is_exactly_the_document(tmp_path: Path) -> None:
    done = run(tmp_path, "--json")
    document = json.loads(done.stdout)
    assert (0, b"") == (done.returncode, done.stderr)
    assert {"months", "purchases", "total", "certificate"} <= document.keys()
    assert {"month", "demand", "instances", "usd_on_demand", "usd_cash", "p10"} <= document["months"][0].keys()
    assert {"p10", "p50", "p90", "all_on_demand", "saving_fraction"} <= document["total"].keys()


def test_a_workbook_and_a_picture_are_written(tmp_path: Path) -> None:
    done = run(tmp_path, "--xlsx", "-o", str(tmp_path / "b.xlsx"), "--png", str(tmp_path / "b.png"))
    assert (0, b"") == (done.returncode, done.stdout)
    assert (tmp_path / "b.xlsx").read_bytes().startswith(b"PK")
    assert (tmp_path / "b.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("options", "changes", "code", "words"),
    [
        (("--xlsx",), {}, 2, b"--xlsx needs a file"),
        (("--json", "--csv"), {}, 2, b"one choice"),
        ((), {"start": "soon"}, 2, b"is no month"),
        ((), {"terms": ["reserved_3y"], "request": {**ASKED["request"], "slo": {"ttft_s": 1e-6}}}, 3, b""),
    ],
)
def test_what_cannot_be_ends_with_its_code(
    options: tuple[str, ...], changes: dict[str, object], code: int, words: bytes, tmp_path: Path
) -> None:
    done = run(tmp_path, *options, **changes)
    assert code == done.returncode
    assert words in done.stderr


def test_a_history_is_fitted_from_a_csv_file_and_shown_with_its_error(tmp_path: Path) -> None:
    rows = [f"202{4 + month // 12}-{month % 12 + 1:02},{5 + month % 3}" for month in range(30)]
    (tmp_path / "load.csv").write_text("\n".join(["time,value", *rows]) + "\n")
    done = run(tmp_path, demand={"unit": "request_rate_per_s", "history": "load.csv"})
    assert 0 == done.returncode, done.stderr
    assert b"history     30 months to 2026-06" in done.stdout
    assert b"back-test   from 12 earlier moments: mean error" in done.stdout


def test_a_series_may_be_a_csv_file_beside_the_request(tmp_path: Path) -> None:
    (tmp_path / "load.csv").write_text("time,value\n2027-01,5\n2027-02,7\n")
    demand = {"unit": "request_rate_per_s", "series": "load.csv"}
    asked = budget_request_of({**ASKED, "demand": demand}, str(tmp_path / "budget.yaml"))
    assert [5.0, 7.0] == [point.value for point in asked.demand.series]
    with pytest.raises(InvalidInputError, match="standard input"):
        budget_request_of({**ASKED, "demand": demand})
