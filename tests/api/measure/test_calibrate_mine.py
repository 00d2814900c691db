"""`gpumix calibrate --mine`: kept where it is better, used from then on, and gone on request."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from catalog import InvalidInputError
from tests.optimizer.evidence.rows_for_tests import text

ELSEWHERE = (
    "predict", "--model", "llama-3.1-70b", "--gpu", "H200-SXM-141GB", "--tp", "4", "--quantization", "fp8",
    "--input-tokens", "1024", "--output-tokens", "256", "--concurrency", "8", "--json",
)  # fmt: skip


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"XDG_DATA_HOME": str(home)})


def document(done: Result) -> Any:
    assert done.exit_code == 0, done.exception
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data directory with a fit to six runs that are slower than the model says."""
    home = tmp_path_factory.mktemp("home")
    changes = [
        {"concurrency_or_batch": load, "value": value, "source_date": "2026-11-20"}
        for load, value in (("1", "17"), ("4", "19"), ("8", "22"), ("16", "25"), ("32", "34"), ("64", "50"))
    ]
    (home / "file").write_text(text(*changes))
    assert run(home, "measure", "import", str(home / "file")).exit_code == 0
    return home


@pytest.fixture(scope="module")
def kept(home: Path) -> Any:
    return document(run(home, "calibrate", "--mine", "--json"))


def test_a_fit_says_what_it_is_worth_on_held_out_runs(kept: Any) -> None:
    errors = {row["metric"]: row for row in kept["errors"]}
    assert errors["tpot"]["after"]["mape"] < errors["tpot"]["before"]["mape"]
    assert 6 == kept["runs"]


def test_a_fit_that_is_better_is_used_and_reset_goes_back(home: Path, kept: Any) -> None:
    assert Path(kept["stored_in"]).is_file()
    fitted = document(run(home, *ELSEWHERE))
    assert document(run(home, *ELSEWHERE, "--no-own")) != fitted
    stored = Path(kept["stored_in"]).read_text()
    assert "hold again" in run(home, "calibrate", "--reset").stdout
    assert document(run(home, *ELSEWHERE, "--no-own")) == document(run(home, *ELSEWHERE))
    Path(kept["stored_in"]).write_text(stored)


def test_a_fit_of_another_version_is_left_out_and_said(
    home: Path, kept: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    path = Path(kept["stored_in"])
    stored = path.read_text()
    path.write_text(json.dumps({**json.loads(stored), "based_on": "another"}))
    done = run(home, *ELSEWHERE)
    path.write_text(stored)
    assert "another version" in done.stderr
    assert document(done)["tpot_ms"] == document(run(home, *ELSEWHERE, "--no-own"))["tpot_ms"]


def test_a_file_that_is_no_calibration_is_named(home: Path, kept: Any) -> None:
    path = Path(kept["stored_in"])
    stored = path.read_text()
    path.write_text("{}")
    done = run(home, *ELSEWHERE)
    path.write_text(stored)
    assert isinstance(done.exception, InvalidInputError)
    assert "--reset" in done.exception.hint


@pytest.mark.parametrize("options", [("--mine", "--check"), ("--mine", "--reset"), ("--json",)])
def test_options_that_contradict_are_refused(options: tuple[str, ...], tmp_path: Path) -> None:
    assert isinstance(run(tmp_path, "calibrate", *options).exception, InvalidInputError)


def test_without_own_runs_there_is_nothing_to_fit(tmp_path: Path) -> None:
    assert "0 runs of yours" in str(run(tmp_path, "calibrate", "--mine").exception)
