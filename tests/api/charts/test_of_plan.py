"""The charts around a plan: what each draws, and that `gpumix chart` draws the same."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.answering import Answerer
from api.charts.of_plan import PLAN_CHARTS, NothingToDrawError
from api.cli import app
from api.documents import to_json
from api.similar import KINDS, similar_runs
from catalog import InvalidInputError
from optimizer.fleet.plan import Plan

QUESTION = "llama 8b at 20 tok/s, 4K, on H100"


@pytest.fixture(scope="module")
def answerer() -> Answerer:
    return Answerer.shipped()


@pytest.fixture(scope="module")
def plan(answerer: Answerer) -> Plan:
    return answerer.ask(QUESTION)


def rows(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return next(iter(spec["datasets"].values()))


def test_the_choices_hold_the_plan_at_its_cost(answerer: Answerer, plan: Plan) -> None:
    chosen = [row for row in rows(PLAN_CHARTS["choices"](plan, answerer).to_dict()) if row["chosen"]]
    assert plan.cost_usd_per_hour == pytest.approx(min(row["usd"] for row in chosen), abs=1e-4)


def test_the_choices_name_what_is_below_the_quality_asked_for(answerer: Answerer, plan: Plan) -> None:
    drawn = rows(PLAN_CHARTS["choices"](plan, answerer).to_dict())
    assert {row["quality"] in ("degraded", "severe") for row in drawn if not row["good"]} == {True}


def test_the_likest_runs_come_first_and_lie_in_their_own_figures(answerer: Answerer, plan: Plan) -> None:
    runs = similar_runs(plan.lines, answerer.catalog)
    places = [KINDS.index(run.likeness) for run in runs]
    assert sorted(places) == places
    assert all(run.low <= run.predicted <= run.high for run in runs)


def test_a_plan_like_nothing_that_was_measured_has_no_picture(answerer: Answerer, plan: Plan) -> None:
    strange = replace(plan, lines=())
    with pytest.raises(NothingToDrawError):
        PLAN_CHARTS["similar"](strange, answerer)


@pytest.mark.parametrize("kind", ["candidates", "choices", "similar", "price-history"])
def test_the_command_draws_the_same_as_the_page(answerer: Answerer, plan: Plan, tmp_path: Path, kind: str) -> None:
    (tmp_path / "plan.json").write_text(to_json(plan))
    draw(tmp_path, kind, "chart.json")
    drawn = json.loads((tmp_path / "chart.json").read_text())
    assert PLAN_CHARTS[kind](plan, answerer).to_dict()["datasets"] == drawn["datasets"]


def test_the_command_draws_a_picture(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(to_json(plan))
    draw(tmp_path, "choices", "chart.png")
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")


def test_the_command_refuses_a_file_that_is_no_picture(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(to_json(plan))
    with pytest.raises(InvalidInputError, match="no picture file"):
        draw(tmp_path, "choices", "chart.gif")


def draw(folder: Path, kind: str, name: str) -> None:
    """Run the command on the plan in a folder. Raises what it would report."""
    done = CliRunner().invoke(app, ["chart", str(folder / "plan.json"), kind, "-o", str(folder / name)])
    if done.exception is not None:
        raise done.exception
