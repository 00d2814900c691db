"""The worked examples of docs/budget.md are today's answers."""

import re
from pathlib import Path

import pytest
import yaml

from api.answering import Answerer
from api.exports.budgeting import answer_budget, budget_request_of
from api.render.forecast import forecast_text
from optimizer.forecast import BudgetRequest

DOCS = Path(__file__).parents[3] / "docs"
TEXT = (DOCS / "budget.md").read_text()
EXAMPLES = re.findall(r"```yaml\n(model.*?)```\n\n```\n(.*?)```", TEXT, re.DOTALL)


RISK = re.findall(r"with `risk: \{measure: cvar\}`:\n\n```\n(.*?)```", TEXT, re.DOTALL)
GROWING = EXAMPLES[1][0]
EXAMPLES += [(f"{GROWING}risk: {{measure: cvar}}\n", answer) for answer in RISK]
NAMES = ["steady", "growing", "business hours", "dearest futures"]


@pytest.mark.parametrize(("request_text", "answer"), EXAMPLES, ids=NAMES)
def test_a_worked_example_is_what_the_command_prints(request_text: str, answer: str) -> None:
    check(budget_request_of(yaml.safe_load(request_text)), answer)


def test_the_example_of_a_history_is_what_the_command_prints() -> None:
    (answer,) = re.findall(r"\(examples/history.yaml\):\n\n```\n(.*?)```", TEXT, re.DOTALL)
    file = DOCS / "examples" / "history.yaml"
    check(budget_request_of(yaml.safe_load(file.read_text()), str(file)), answer)


def check(asked: BudgetRequest, answer: str) -> None:
    budget = answer_budget(Answerer.shipped(), asked)
    timing = re.compile(r"\d+\.\d\d s of")
    printed = {timing.sub("s of", line.rstrip()) for line in forecast_text(budget).splitlines()}
    shown = [timing.sub("s of", line) for line in answer.splitlines() if line not in ("", "...")]
    assert [] == [line for line in shown if line not in printed]
