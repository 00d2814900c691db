"""The disk is full: said in a sentence, and what was there before stays whole."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from api.http.plan_documents import plan_document
from api.http.shelf import Shelf
from tests.api.http.doubles import cheap_plan
from tests.api.http.servers import CHEAP
from tests.api.sweeps.sweeping import written

PAGE = 4096
ASKED = {
    "model": "llama-3.1-8b",
    "request": {"workload": {"tok_per_s_per_user": 20, "context_tokens": 4096}},
    "start": "2026-12",
    "months": 3,
    "demand": {"unit": "users", "base": 40},
}
POINTS = {"request": CHEAP, "grid": {"workload.users": [1, 2]}}
RESULTS = (
    ("catalog", "gpus"),  # is written at its end
    ("prices", "export"),  # is too long to wait for that
)


def gpumix(*arguments: str, home: Path, **given: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "api.cli", *arguments]
    environment = {**os.environ, "XDG_DATA_HOME": str(home)}
    return subprocess.run(  # type: ignore[call-overload, no-any-return]  # as subprocess.run
        command, stderr=subprocess.PIPE, text=True, check=False, timeout=120, env=environment, **given
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", RESULTS, ids=" ".join)
def test_a_result_that_cannot_be_written_is_said(arguments: tuple[str, ...], tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = gpumix(*arguments, home=tmp_path, stdout=full)
    said = "gpumix: the result cannot be written: No space left on device\n  make room, or send it elsewhere\n"
    assert (2, said) == (done.returncode, done.stderr)


def small_files() -> None:
    """Let no file grow beyond a page, which ends a write in its middle as a full disk does."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (PAGE, PAGE))


@pytest.fixture
def budget(tmp_path: Path) -> Path:
    path = tmp_path / "budget.json"
    path.write_text(json.dumps(ASKED))
    return path


def exported(name: str, budget: Path) -> tuple[str, ...]:
    """Return the command that writes a file of a kind, larger than a page."""
    return {
        "json": ("forecast", "-f", str(budget), "--json", "-o"),
        "xlsx": ("forecast", "-f", str(budget), "--xlsx", "-o"),
        "png": ("forecast", "-f", str(budget), "--png"),
    }[name]


@pytest.mark.parametrize(("kind", "before"), [("json", None), ("xlsx", "what was there"), ("png", "what was there")])
def test_an_export_that_does_not_fit_leaves_what_was_there(
    kind: str, before: str | None, budget: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    output = folder / f"file.{kind}"
    if before is not None:
        output.write_text(before)
    done = gpumix(*exported(kind, budget), str(output), home=tmp_path, preexec_fn=small_files)
    assert 2 == done.returncode, done.stderr
    assert f"{output} cannot be written: File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert ([output] if before else []) == list(folder.iterdir())
    assert before is None or before == output.read_text()


def test_a_sweep_that_does_not_fit_goes_on_once_there_is_room(tmp_path: Path) -> None:
    output = tmp_path / "sweep.parquet"
    sweep = ("sweep", "-f", str(written(tmp_path, POINTS)), "-o", str(output), "--workers", "1")
    full = gpumix(*sweep, home=tmp_path, preexec_fn=small_files)
    assert 2 == full.returncode, full.stderr
    assert "cannot be written" in full.stderr
    assert not output.exists()
    assert 0 == gpumix(*sweep, home=tmp_path, stdout=subprocess.DEVNULL).returncode
    assert ["optimal"] * 2 == pq.read_table(output)["status"].to_pylist()


def test_prices_that_do_not_fit_are_not_stored_and_those_before_stay(tmp_path: Path) -> None:
    rates = tmp_path / "rates.csv"
    rates.write_text("provider,region,instance_type,term,usd_per_hour\naws,us-east-1,p5.48xlarge,on_demand,40\n")
    assert 0 == gpumix("prices", "import", str(rates), home=tmp_path, stdout=subprocess.DEVNULL).returncode
    rates.write_text(rates.read_text().replace(",40", ",39"))

    def no_larger() -> None:
        largest = max(path.stat().st_size for path in (tmp_path / "gpumix").iterdir())
        resource.setrlimit(resource.RLIMIT_FSIZE, (min(largest, PAGE), largest))

    full = gpumix("prices", "import", str(rates), home=tmp_path, preexec_fn=no_larger)
    assert 4 == full.returncode, full.stderr
    assert "the price database" in full.stderr
    assert "make room" in full.stderr
    listed = gpumix(
        "prices", "list", "--provider", "aws", "--region", "us-east-1", "--json", home=tmp_path, stdout=subprocess.PIPE
    )
    prices = {
        row["usd_per_hour"] for row in json.loads(listed.stdout)["items"] if row["instance_type"] == "p5.48xlarge"
    }
    assert 40 in prices


def test_a_shelf_without_room_keeps_plans_in_memory(tmp_path: Path) -> None:
    shelf = Shelf(2, tmp_path / "nowhere")
    shelf.put("a", plan_document(cheap_plan()))
    assert shelf.get("a") is not None
