"""`gpumix forecast` from outside: what is on stdout, in files, and in the exit code."""

import json
import subprocess
import sys
from datetime import datetime, timedelta
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


def test_the_load_may_be_a_trace(tmp_path: Path) -> None:
    first = datetime(2026, 3, 2, 12, 30)  # noqa: DTZ001  a trace has no zone; a Monday
    rows = ["TIMESTAMP,ContextTokens,GeneratedTokens"]
    for minute in range(0, 8 * 24 * 60, 10):
        moment = first + timedelta(minutes=minute)
        busy = 3 if moment.hour < 6 else 1
        rows += [f"{moment},500,100"] * (busy if moment.weekday() < 5 else 2 * busy)
    (tmp_path / "trace.csv").write_text("\n".join(rows) + "\n")
    asked = budget_request_of(
        {**ASKED, "demand": {"trace": "trace.csv", "monthly_growth": 0.1}, "request": {"slo": {"ttft_s": 2}}},
        str(tmp_path / "budget.yaml"),
    )
    assert "request_rate_per_s" == asked.demand.unit
    assert asked.demand.base == pytest.approx((len(rows) - 1) / (8 * 24 * 3600), rel=0.01)
    assert asked.demand.diurnal[3] == pytest.approx(3 * asked.demand.diurnal[15], rel=0.1)
    assert asked.demand.weekly[6] == pytest.approx(2 * asked.demand.weekly[2], rel=0.1)
    assert [(500, 100)] == [(b["input_tokens"], b["output_tokens"]) for b in asked.request["workload"]["buckets"]]


def test_a_trace_of_minutes_is_flat_and_says_so() -> None:
    asked = budget_request_of({**ASKED, "demand": {"trace": "conversation"}, "request": {"slo": {"ttft_s": 2}}})
    assert ((), ()) == (asked.demand.diurnal, asked.demand.weekly)
    assert "1,500 requests in 5 minutes" in (asked.demand.origin or "")
    assert "too short for the shape of day and week" in (asked.demand.origin or "")


@pytest.mark.parametrize(
    ("demand", "text", "words"),
    [
        ({"trace": "t.csv", "unit": "users"}, "", "demand.unit: a trace is a request rate"),
        ({"trace": "t.csv"}, "time,value\n", "TIMESTAMP"),
        ({"trace": 5}, "", "is the name of a CSV file"),
    ],
)
def test_a_trace_that_cannot_be_is_refused(demand: dict[str, object], text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(InvalidInputError, match=words):
        budget_request_of({**ASKED, "demand": demand}, str(tmp_path / "budget.yaml"))


def test_a_series_may_be_a_csv_file_beside_the_request(tmp_path: Path) -> None:
    (tmp_path / "load.csv").write_text("time,value\n2027-01,5\n2027-02,7\n")
    demand = {"unit": "request_rate_per_s", "series": "load.csv"}
    asked = budget_request_of({**ASKED, "demand": demand}, str(tmp_path / "budget.yaml"))
    assert [5.0, 7.0] == [point.value for point in asked.demand.series]
    with pytest.raises(InvalidInputError, match="standard input"):
        budget_request_of({**ASKED, "demand": demand})
