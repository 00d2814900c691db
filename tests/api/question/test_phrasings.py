"""Every phrasing of the table sets the fields it should, leaves the others alone, and is understood in full."""

import json

import pytest

from api.question import QuestionReader
from api.question.grammar import find_phrases
from api.question.readers import READERS
from api.question.words import normalise, split
from optimizer.request import PlanRequest, Workload

from .cases import CASES, QUESTIONS, SHORT

DEFAULTS = {"workload.users": 1, "workload.tok_per_s_per_user": 10, "workload.context_tokens": 8192}
EXAMPLES = [(reader.name, example) for reader in READERS for example in reader.examples]


def fields(request: PlanRequest) -> dict[str, object]:
    """Return the fields of a request that differ from a request that says nothing, as {path: value}."""
    empty = flat(PlanRequest(workload=Workload(users=1, tok_per_s_per_user=10, context_tokens=8192)))
    return {path: value for path, value in flat(request).items() if value != empty[path]}


def flat(request: PlanRequest) -> dict[str, object]:
    paths: dict[str, object] = {}
    for name, value in request.model_dump(mode="json").items():
        paths |= {f"{name}.{key}": inner for key, inner in value.items()} if isinstance(value, dict) else {name: value}
    return paths


def rounded(value: object) -> object:
    return round(value, 9) if isinstance(value, float) else value


def expected(short: dict[str, object]) -> dict[str, object]:
    """Return the table's short names as paths, the load and size filled in with what clears or restates a default."""
    paths = {SHORT[name]: json.loads(json.dumps(value)) for name, value in short.items()}
    if "workload.request_rate_per_s" in paths or "workload.output_tok_per_s" in paths:
        paths = {"workload.users": None, "workload.tok_per_s_per_user": None} | paths
    if "workload.input_tokens" in paths:
        paths = {"workload.context_tokens": None} | paths
    return {path: value for path, value in paths.items() if DEFAULTS.get(path) != value}


@pytest.mark.parametrize(("question", "short"), CASES, ids=QUESTIONS)
def test_a_phrasing_sets_its_fields_and_no_others(reader: QuestionReader, question: str, short: dict[str, object]):
    found = {path: rounded(value) for path, value in fields(reader.read(question).request).items()}
    assert found == expected(short)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_phrasing_is_understood_in_full(reader: QuestionReader, question: str):
    ignored = reader.read(question).ignored
    assert ignored == (("p5.48xlarge",) if "p5" in question else ())


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_an_example_of_a_docstring_is_one_phrase_of_its_reader(reader: QuestionReader, name: str, example: str):
    reading = find_phrases(split(normalise(example)), reader.slots)
    assert ([phrase.reader.name for phrase in reading.phrases], reading.left_over) == ([name], ())


def test_the_table_is_large_enough():
    assert len(set(QUESTIONS)) >= 150
