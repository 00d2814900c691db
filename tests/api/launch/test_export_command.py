"""`gpumix export`: stdout is the artefact only, and a plan as `gpumix ask` prints it can be exported."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from api.answering import Answerer
from api.cli import app
from api.documents import to_json
from api.launch import TARGETS
from catalog import InvalidInputError
from optimizer.fleet.plan import Plan
from tests.api.launch.plans import ONE, STANDBY, plan

DOCS = (Path(__file__).parents[3] / "docs" / "launch.md").read_text()
QUESTIONS = ("10 tok/s at 8K", "6 requests/s, 2k in 300 out, llama 3.1 70b, with llama.cpp or sglang")


def export(home: Path, found: Plan, *options: str) -> Result:
    (home / "plan.json").write_text(to_json(found))
    return CliRunner().invoke(app, ["export", str(home / "plan.json"), *options])


@cache
def answer(question: str) -> Plan:
    return Answerer.shipped().ask(question)


def parsed(target: str, text: str) -> Any:
    return json.loads(text) if target == "terraform" else list(yaml.safe_load_all(text))


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("target", ["auto", "bench", "skypilot", "kubernetes", "terraform"])
def test_an_answer_is_exported(question: str, target: str, tmp_path: Path) -> None:
    done = export(tmp_path, answer(question), "--to", target)
    assert done.exit_code == 0, done.exception
    assert done.stdout
    if target not in {"auto", "bench"}:
        assert parsed(target, done.stdout)


def test_the_engine_of_each_line_is_the_default(tmp_path: Path) -> None:
    assert export(tmp_path, ONE).stdout == export(tmp_path, ONE, "--to", "vllm").stdout


def test_a_file_holds_what_stdout_would(tmp_path: Path) -> None:
    shown = export(tmp_path, ONE, "--to", "kubernetes").stdout
    done = export(tmp_path, ONE, "--to", "kubernetes", "-o", str(tmp_path / "out.yaml"))
    assert ("", shown) == (done.stdout, (tmp_path / "out.yaml").read_text())


def test_a_directory_holds_each_artefact(tmp_path: Path) -> None:
    export(tmp_path, STANDBY, "--to", "skypilot", "-o", f"{tmp_path}/fleet/")
    names = sorted(path.name for path in (tmp_path / "fleet").iterdir())
    assert ["line-1.skypilot.yaml", "line-2.skypilot.yaml"] == names


def test_several_files_need_a_directory(tmp_path: Path) -> None:
    done = export(tmp_path, STANDBY, "--to", "skypilot", "-o", str(tmp_path / "fleet.yaml"))
    assert isinstance(done.exception, InvalidInputError)
    assert not (tmp_path / "fleet.yaml").exists()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    done = export(tmp_path, ONE, "-o", str(tmp_path / "none" / "out.sh"))
    assert isinstance(done.exception, InvalidInputError)


def test_a_plan_that_rents_nothing_ends_with_3(tmp_path: Path) -> None:
    done = export(tmp_path, plan())
    assert (3, "") == (done.exit_code, done.stdout)


def test_another_engine_is_refused(tmp_path: Path) -> None:
    done = export(tmp_path, ONE, "--to", "sglang")
    assert isinstance(done.exception, InvalidInputError)
    assert done.stdout == ""


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_is_described(target: str) -> None:
    assert f"`{target}`" in DOCS
