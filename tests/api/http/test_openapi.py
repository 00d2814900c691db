"""How the API describes itself: a golden document, and what every operation must have in it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from api.http.openapi import describe_api

from .doubles import application

ROOT = Path(__file__).parents[3]
DOCUMENT = describe_api(application())
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


def test_the_document_is_the_golden_one(check_golden: Callable[[Path, str], None]) -> None:
    text = json.dumps({**DOCUMENT, "info": {**DOCUMENT["info"], "version": ""}}, indent=1, ensure_ascii=False)
    check_golden(ROOT / "tests" / "golden" / "openapi.json", f"{text}\n")


def test_operation_ids_are_unique() -> None:
    ids = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_says_what_it_does_and_how_it_fails(name: str) -> None:
    operation = OPERATIONS[name]
    assert operation["summary"]
    assert operation["description"]
    assert operation["responses"]["200"]["content"]
    failures = {status for status in operation["responses"] if int(status) >= 400}
    assert {"422", "500"} <= failures
    assert all(list(operation["responses"][status]["content"]) == ["application/problem+json"] for status in failures)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_parameter_is_described(name: str) -> None:
    for parameter in OPERATIONS[name].get("parameters", ()):
        assert parameter.get("description") or "enum" in parameter["schema"], parameter["name"]


@pytest.mark.parametrize("name", [name for name in OPERATIONS if "/metrics" not in name])
def test_every_operation_is_in_the_manual(name: str) -> None:
    assert f"`{name}`" in (ROOT / "docs" / "api.md").read_text()


def test_examples_are_requests() -> None:
    for path in ("/v1/plans", "/v1/predictions"):
        media = DOCUMENT["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        schema: dict[str, Any] = {**media["schema"], "components": DOCUMENT["components"]}
        for example in media["examples"].values():
            assert [] == list(Draft202012Validator(schema).iter_errors(example["value"]))


def test_nothing_of_the_frameworks_errors_is_left() -> None:
    assert "HTTPValidationError" not in json.dumps(DOCUMENT)
