"""`gpumix diff`: prices by name, stored prices found again by a plan's id, other requests, other plans, older facts."""

import csv
import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.answering import Answerer
from api.cli import app
from api.differing import facts_of
from api.documents import to_json
from catalog import InvalidInputError
from optimizer.request import read_request
from pricing import load_snapshot
from pricing.files import write_offers
from pricing.store.price_store import PriceStore
from tests.pricing.store.offering import batch

SMALL = {
    "model": "llama-3.1-8b",
    "workload": {"users": 1, "tok_per_s_per_user": 10, "context_tokens": 2048},
    "allow": {"providers": ["aws"], "gpus": ["L40S", "A10G"]},
}
LARGER = {**SMALL, "workload": {"users": 64, "tok_per_s_per_user": 20, "context_tokens": 2048}}


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["diff", *map(str, arguments)])


def found(*arguments: object) -> Any:
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.exception
    document = json.loads(done.stdout)
    assert sum(step["usd_per_hour"] for step in document["steps"]) == pytest.approx(document["change_usd_per_hour"])
    assert sum(cause["usd_per_hour"] for cause in document["causes"]) == pytest.approx(document["change_usd_per_hour"])
    return document


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "plan.json"
    path.write_text(to_json(Answerer.current().plan(read_request(SMALL))))
    return path


def test_the_same_prices_change_nothing(saved: Path) -> None:
    assert found(saved)["steps"] == []
    assert "The cost is the same." in run(saved).stdout


def test_another_request_is_a_step_of_its_own(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "larger.json").write_text(json.dumps(LARGER))
    document = found(saved, "--request", tmp_path / "larger.json")
    assert [["request"]] == [step["exchanged"] for step in document["steps"]]
    assert {"workload.users", "workload.tok_per_s_per_user"} == {one["field"] for one in document["request"]}


def test_an_export_is_prices_of_either_side(saved: Path, tmp_path: Path) -> None:
    dearer = [replace(one, usd_per_hour=one.usd_per_hour * 2) for one in load_snapshot().offers]
    (tmp_path / "dearer.csv").write_text(write_offers(dearer))
    cost = json.loads(saved.read_text())["cost_usd_per_hour"]
    assert cost == pytest.approx(found(saved, "--now", tmp_path / "dearer.csv")["change_usd_per_hour"])
    assert -cost == pytest.approx(found(saved, "--then", tmp_path / "dearer.csv")["change_usd_per_hour"])


def test_two_saved_plans_are_held_against_each_other(saved: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text(to_json(Answerer.current().plan(read_request(LARGER))))
    assert [["request"]] == [step["exchanged"] for step in found(saved, other)["steps"]]


def test_days_of_the_price_history_are_prices(saved: Path) -> None:
    document = found(saved, "--then", "history:2025-01-20", "--now", "history:2026-07-20")
    assert ["prices"] == document["steps"][0]["exchanged"]
    assert document["before"]["newest_observed_at"] < "2025-01-21" < document["now"]["newest_observed_at"]


def test_the_stored_prices_of_a_plan_are_found_by_their_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPUMIX_DATABASE_URL", f"sqlite:///{tmp_path / 'prices.db'}")
    offers = load_snapshot().offers
    cheapest = next(one for one in offers if (one.provider, one.gpu_id, one.term) == ("aws", "L40S-48GB", "on_demand"))
    store = PriceStore.open()
    now = datetime.now(UTC)
    store.add_batch(batch(now - timedelta(days=9), replace(cheapest, usd_per_hour=Decimal("0.50"))))
    saved = tmp_path / "plan.json"
    saved.write_text(to_json(Answerer.current().plan(read_request(SMALL))))
    store.add_batch(batch(now, replace(cheapest, usd_per_hour=Decimal("0.70"))))
    store.close()
    (tmp_path / "larger.json").write_text(json.dumps(LARGER))
    document = found(saved, "--request", tmp_path / "larger.json")
    assert document["before"]["opened"]
    assert [["prices"], ["request"]] == [step["exchanged"] for step in document["steps"]]
    assert ("prices", pytest.approx(0.2)) == (document["causes"][0]["cause"], document["causes"][0]["usd_per_hour"])


def set_cell(path: Path, row_starts: str, column: str, value: str) -> None:
    with path.open(newline="") as file:
        header, *rows = csv.reader(file)
    for row in rows:
        if ",".join(row).startswith(row_starts):
            row[header.index(column)] = value
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """Return facts of an older gpumix: L40S with less bandwidth, weights read at half the rate."""
    folder = tmp_path / "older"
    shutil.copytree(str(files("catalog") / "data"), folder)
    set_cell(folder / "calibration.csv", "weight_stream,all,", "value", "0.45")
    set_cell(folder / "gpus.csv", "L40S-48GB,", "hbm_bandwidth_gb_s", "500")
    return folder


def test_catalog_and_calibration_are_told_apart_with_the_facts_of_then(older: Path, tmp_path: Path) -> None:
    facts, saved = facts_of(older), tmp_path / "plan.json"
    made = Answerer(facts.catalog, load_snapshot()).plan(read_request(LARGER))
    saved.write_text(to_json(replace(made, calibration_id=facts.calibration_id)))
    told = found(saved, "--facts", older)
    assert [["catalog"], ["calibration"]] == [step["exchanged"] for step in told["steps"]]
    assert told["notes"] == []


def test_without_them_they_are_one_step_and_said_to_be(older: Path, tmp_path: Path) -> None:
    facts, saved = facts_of(older), tmp_path / "plan.json"
    made = Answerer(facts.catalog, load_snapshot()).plan(read_request(LARGER))
    saved.write_text(to_json(made))
    told = found(saved)
    assert [["catalog", "calibration"]] == [step["exchanged"] for step in told["steps"]]
    assert "could not be told apart" in told["notes"][0]


@pytest.mark.parametrize(
    "options",
    [
        ("--now", "yesterday"),
        ("--now", "0123456789abcdef"),
        ("--then", "2026-02-31"),
        ("--then", "history:1999-01-01"),
        ("--facts", "/nowhere"),
        ("--request", "/nowhere.json"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_opened_is_refused(saved: Path, options: tuple[str, ...]) -> None:
    assert isinstance(run(saved, *options).exception, InvalidInputError)


def test_another_plan_takes_no_request_of_its_own(saved: Path) -> None:
    assert isinstance(run(saved, saved, "--now", "shipped").exception, InvalidInputError)
