"""What the documents say is so: every command is described, every target exists, the README's answer is today's."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from api.answering import Answerer
from api.cli import app
from optimizer.request import PlanRequest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
DOCS = README + "".join(path.read_text() for path in (ROOT / "docs").glob("*.md"))


def commands() -> list[str]:
    names = []
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]  # the app is a group
        children = getattr(command, "commands", None)
        names += [f"{name} {child}" for child in children] if children else [name]
    return names


@pytest.mark.parametrize("command", commands())
def test_every_command_is_described(command: str) -> None:
    group, _, child = command.partition(" ")
    assert re.search(rf"gpumix {group}\b", README)
    assert not child or re.search(rf"`(gpumix )?({group} )?{child}\b", DOCS)


@pytest.mark.parametrize(
    "target", re.findall(r"`(?:GOLDEN=write )?make ([a-z]+)", DOCS + (ROOT / "CONTRIBUTING.md").read_text())
)
def test_every_make_target_that_is_named_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("field", [name for name in PlanRequest.model_fields if name != "workload"])
def test_every_field_of_a_request_is_described(field: str) -> None:
    assert re.search(rf"`{field}\b", (ROOT / "docs" / "plan-request.md").read_text())


def test_the_answer_in_the_readme_is_the_answer() -> None:
    plan = Answerer.shipped().ask("cheapest config for 10 tok/s at 8K")
    line = plan.lines[0]
    assert plan.cost_usd_per_hour is not None
    assert f"{line.count} x {line.instance_type}   {line.provider} · {line.region}" in README
    assert f"${plan.cost_usd_per_hour:,.2f}/h" in README
    assert f"snapshot {plan.snapshot.id}" in README.replace("\n              ", " ")
    assert f"speed       {line.performance.tok_per_s_per_user.value:.0f} tok/s" in README
