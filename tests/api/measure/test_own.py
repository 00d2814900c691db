"""Own measurements are used at once, by every command, and can be left out."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from tests.api.measure.files import HARDWARE, vllm

QUESTION = "cheapest for 20 users at 30 tok/s, 1k in 256 out, llama 3.1 70b, only fp8, vllm only, on H100 SXM"
PREDICT = (
    "predict", "--model", "llama-3.1-70b", "--gpu", "H100-SXM-80GB", "--tp", "4", "--quantization", "fp8",
    "--input-tokens", "1024", "--output-tokens", "256", "--concurrency",
)  # fmt: skip
MEASURED_TPOT_MS = 29.0


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text(vllm(mean_tpot_ms=MEASURED_TPOT_MS, median_tpot_ms=MEASURED_TPOT_MS))
    assert run(tmp_path, "measure", "import", str(tmp_path / "file"), *HARDWARE).exit_code == 0
    return tmp_path


def run(home: Path, *arguments: str, **env: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"XDG_DATA_HOME": str(home), **env})


def document(done: Result) -> Any:
    assert done.exit_code == 0, done.exception
    return json.loads(done.stdout)


def test_a_measured_load_is_the_prediction(home: Path) -> None:
    found = document(run(home, *PREDICT, "32", "--json"))
    assert pytest.approx(MEASURED_TPOT_MS, rel=1e-3) == found["tpot_ms"]["value"]
    assert found["evidence"]["kind"] == "measured"
    assert found["evidence"]["own"]["measured"]
    assert "measured by you" in run(home, *PREDICT, "32").stdout


@pytest.mark.parametrize("off", [{"arguments": ("--no-own",)}, {"GPUMIX_NO_OWN": "1"}])
def test_own_measurements_can_be_left_out(home: Path, tmp_path_factory: pytest.TempPathFactory, off: Any) -> None:
    elsewhere = tmp_path_factory.mktemp("nothing")
    switched = {name: value for name, value in off.items() if name != "arguments"}
    found = document(run(home, *PREDICT, "32", "--json", *off.get("arguments", ()), **switched))
    assert document(run(elsewhere, *PREDICT, "32", "--json")) == found


def test_a_plan_is_of_the_measurements_that_it_knew(home: Path) -> None:
    with_own, without = (document(run(home, "ask", QUESTION, "--json", *more)) for more in ((), ("--no-own",)))
    assert with_own["certificate"]["verified"]
    assert without["certificate"]["verified"]
    assert with_own["plan_id"] != without["plan_id"]
    assert with_own["calibration_id"] != without["calibration_id"]
    assert with_own["catalog_id"] == without["catalog_id"]


@pytest.mark.parametrize("more", [(), ("--no-own",)])
def test_a_saved_plan_is_verified_with_what_it_knew(home: Path, more: tuple[str, ...]) -> None:
    path = home / "plan.json"
    path.write_text(run(home, "ask", QUESTION, "--json", *more).stdout)
    assert 0 == run(home, "verify", str(path)).exit_code


def test_a_plan_does_not_hold_with_other_measurements(home: Path) -> None:
    path, stored = home / "plan.json", home / "gpumix" / "measurements.csv"
    path.write_text(run(home, "ask", QUESTION, "--json").stdout)
    stored.write_text(stored.read_text().replace("tpot_ms,29", "tpot_ms,27"))
    done = run(home, "verify", str(path))
    assert 3 == done.exit_code
    assert "calibration_id" in done.stdout


def test_a_forgotten_import_has_no_say(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("nothing")
    source = document(run(home, "measure", "list", "--json"))["items"][0]["source_id"]
    assert "forgotten" in run(home, "measure", "forget", source).stdout
    assert document(run(elsewhere, *PREDICT, "32", "--json")) == document(run(home, *PREDICT, "32", "--json"))
