"""The commands: each row beside its prediction, and nothing stored when a file is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from catalog import GpumixError
from tests.api.measure.files import HARDWARE, METADATA, SECTION_9, aiperf, guidellm, vllm

FILES = {
    "vllm": (vllm(), HARDWARE),
    "vllm with metadata": (vllm(**METADATA), ()),
    "appended": (f"{vllm()}\n{vllm(max_concurrency=8)}\n", HARDWARE),
    "guidellm 1": (guidellm(1), (*HARDWARE, "--engine", "vllm")),
    "guidellm 2": (guidellm(2), (*HARDWARE, "--engine", "vllm")),
    "aiperf": (aiperf(), ("--gpus", "4", "--tp", "4", "--quantization", "fp8", "--engine", "vllm")),
    "columns of our own": (SECTION_9, ()),
}


NO_FIGURE = {
    "output_token_throughput": {"unit": "tokens/sec"}, "request_throughput": None, "time_to_first_token": None,
    "output_token_throughput_per_user": None, "inter_token_latency": None,
}  # fmt: skip


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["measure", *arguments], env={"XDG_DATA_HOME": str(home)})


def imported(home: Path, text: str, *options: str) -> Result:
    (home / "file").write_text(text)
    return run(home, "import", str(home / "file"), *options)


def document(done: Result) -> Any:
    assert done.exit_code == 0, done.exception
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", FILES)
def test_every_kind_of_file_is_imported_and_listed(name: str, tmp_path: Path) -> None:
    text, options = FILES[name]
    found = document(imported(tmp_path, text, *options, "--json"))
    assert any(row["predicted"] for row in found["rows"])
    stored = document(run(tmp_path, "list", "--json"))
    assert len(found["rows"]) == len(stored["items"])
    assert stored["file"] == found["stored_in"]


def test_each_row_stands_beside_its_prediction(tmp_path: Path) -> None:
    rows = document(imported(tmp_path, *_vllm(), "--json"))["rows"]
    for row in rows:
        assert (row["predicted"] is None) != (row["skipped_because"] is None)
        if row["predicted"] is not None:
            assert row["low"] <= row["predicted"] <= row["high"]
            assert row["error_fraction"] == pytest.approx(row["predicted"] / row["measured"] - 1)


def test_an_import_says_which_predictions_it_changes(tmp_path: Path) -> None:
    found = document(imported(tmp_path, *_vllm(), "--json"))
    assert found["predictions_changed"]
    figures = {row["metric"]: row["measured"] for row in found["rows"]}
    changes = {change["figure"]: change for change in found["changes"]}
    assert {"tpot_ms", "ttft_s", "output_tok_per_s"} == set(changes)
    assert pytest.approx(figures["tpot_ms"], rel=1e-3) == changes["tpot_ms"]["after"]["value"]
    assert pytest.approx(figures["output_tok_s_total"], rel=1e-3) == changes["output_tok_per_s"]["after"]["value"]
    assert changes["tpot_ms"]["before"]["value"] != changes["tpot_ms"]["after"]["value"]


def test_a_run_far_from_the_model_has_no_say(tmp_path: Path) -> None:
    slow = {"mean_tpot_ms": 900.0, "median_tpot_ms": 900.0, "mean_itl_ms": 900.0, "median_itl_ms": 900.0}
    found = document(imported(tmp_path, vllm(**slow), *HARDWARE, "--json"))
    assert any("times off the model" in reason for reason in found["without_say"])
    assert found["predictions_changed"] is False


def test_predictions_change_nothing_where_own_measurements_are_off(tmp_path: Path) -> None:
    (tmp_path / "file").write_text(vllm())
    arguments = ["measure", "import", str(tmp_path / "file"), *HARDWARE, "--json"]
    env = {"XDG_DATA_HOME": str(tmp_path), "GPUMIX_NO_OWN": "1"}
    found = document(CliRunner().invoke(app, arguments, env=env))
    assert found["predictions_changed"] is False
    assert found["changes"] == []


def test_the_stored_file_can_be_validated(tmp_path: Path) -> None:
    path = document(imported(tmp_path, *_vllm(), "--json"))["stored_in"]
    done = CliRunner().invoke(app, ["validate", path, "--json"])
    assert document(done)["summary"]["n"] > 0


def test_a_dry_run_stores_nothing(tmp_path: Path) -> None:
    done = imported(tmp_path, *_vllm(), "--dry-run")
    assert "nothing is stored" in done.stdout
    assert document(run(tmp_path, "list", "--json"))["items"] == []


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (vllm(), ()),
        (vllm(completed=0), HARDWARE),
        (vllm(), (*HARDWARE[:-1], "awq-int5")),
        (vllm(**METADATA), ("--gpu", "A100")),
        (vllm(), (*HARDWARE, "--concurrency", "64")),
        (vllm(max_concurrency=None), (*HARDWARE, "--concurrency", "64")),
        (f"{vllm()}\n{vllm(failed=300)}", HARDWARE),
        (guidellm(2), HARDWARE),
        (guidellm(7), (*HARDWARE, "--engine", "vllm")),
        (aiperf(input_config={}), (*HARDWARE, "--engine", "vllm", "--model", "llama-3.1-70b")),
        (aiperf(**NO_FIGURE), (*HARDWARE, "--engine", "vllm")),
        ("hello", ()),
    ],
    ids=lambda value: str(value)[-30:],
)
def test_a_refused_file_stores_nothing(text: str, options: tuple[str, ...], tmp_path: Path) -> None:
    done = imported(tmp_path, text, *options)
    assert isinstance(done.exception, GpumixError)
    assert done.stdout == ""
    assert not (tmp_path / "gpumix").exists()


def test_a_load_that_the_file_does_not_say_is_given(tmp_path: Path) -> None:
    options = (*HARDWARE, "--engine", "vllm", "--model", "llama-3.1-70b", "--concurrency", "16")
    rows = document(imported(tmp_path, aiperf(input_config={}), *options, "--json"))["rows"]
    assert {"16 at a time, 1,024 in, 256 out"} == {row["load"] for row in rows}


def test_an_assumed_engine_is_said(tmp_path: Path) -> None:
    done = imported(tmp_path, vllm(backend="openai", endpoint_type="openai"), *HARDWARE)
    assert "assumed: engine vllm" in done.stdout


def test_a_named_engine_is_no_assumption(tmp_path: Path) -> None:
    done = imported(tmp_path, vllm(backend="openai", endpoint_type="openai"), *HARDWARE, "--engine", "sglang")
    assert "assumed" not in done.stdout
    assert {"sglang"} == {item["engine"] for item in document(run(tmp_path, "list", "--json"))["items"]}


def test_an_empty_store_says_how_to_fill_it(tmp_path: Path) -> None:
    assert "gpumix measure import FILE" in run(tmp_path, "list").stdout


def _vllm() -> tuple[str, ...]:
    return (vllm(), *HARDWARE)
