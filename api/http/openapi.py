"""How the API describes itself: answers, errors, keys and examples in OpenAPI."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from fastapi import Body, FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, Field

from api.history import HistoryItem
from api.http.problems import KINDS, MEDIA_TYPE, Problem
from api.offers import OfferFacts

Answers = dict[int | str, dict[str, Any]]

DESCRIPTION = """The cheapest set of cloud GPU instances that serves a language model at the speed you ask for.

Units are in the names: `usd_per_hour`, `tok_per_s`, `_gib` (2^30 bytes), `_ms`, `_s`, `_fraction`. Money is in USD.
A plan is a function of (request, price snapshot, catalog, calibration), and its id is the hash of those. Every GET
has a strong `ETag`; `X-Price-Snapshot` names the prices that an answer is of. Failures are RFC 9457 problem documents.
"""
TAGS = [
    {"name": "plans", "description": "The cheapest fleet, its proof and its reasons."},
    {
        "name": "comparisons",
        "description": "What a change in cost comes from; GPUs side by side.",
    },
    {"name": "predictions", "description": "What one replica does."},
    {"name": "forecasts", "description": "What a load costs over months; cost against speed."},
    {"name": "measurements", "description": "Benchmarks of your own."},
    {"name": "prices", "description": "Offers, every one with its day and its source."},
    {"name": "catalog", "description": "Facts: GPUs, instances, models, weight formats, engines, measurements."},
    {"name": "cells", "description": "One value as text, for spreadsheet cells."},
    {"name": "operations", "description": "Probes and metrics."},
]
EXAMPLE_REQUESTS = Body(
    openapi_examples={
        "chat": {
            "summary": "Eight users at 20 tok/s with 8K of context",
            "value": {
                "model": "llama-3.1-70b",
                "workload": {"users": 8, "tok_per_s_per_user": 20, "context_tokens": 8192},
            },
        },
        "rate": {
            "summary": "Requests of two sizes, first token within 2 s, under $60/h",
            "value": {
                "model": "llama-3.1-70b",
                "workload": {
                    "request_rate_per_s": 2,
                    "buckets": [
                        {"input_tokens": 1000, "output_tokens": 200, "share": 0.8},
                        {"input_tokens": 6000, "output_tokens": 500, "share": 0.2},
                    ],
                },
                "slo": {"ttft_s": 2},
                "limits": {"max_usd_per_hour": 60},
            },
        },
    }
)
_ALWAYS = (401, 404, 405, 414, 422)  # besides these, a plan may meet 429, and prices 503
_OPEN_TAG = "operations"


class OfferPageDocument(BaseModel):
    """One page of offers."""

    snapshot_id: str = Field(description="The prices that the list is of.")
    items: list[OfferFacts]
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last one.")
    total: int = Field(description="Rows of the whole list.")


class HistoryPage(BaseModel):
    """One page of prices over time, by offer and then by time."""

    items: list[HistoryItem]
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last one.")
    total: int = Field(description="Rows of the whole list.")


class CatalogList(BaseModel):
    """One page of facts; the columns are those of the table, each row with its sources."""

    catalog_id: str = Field(description="The catalog that the list is of.")
    items: list[dict[str, Any]]
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last one.")
    total: int = Field(description="Rows of the whole table.")


def json_answer(kind: Any, description: str) -> Answers:
    """Return the answers of a route that gives a document."""
    return {200: {"model": kind, "description": description}}


def csv_answer(description: str) -> Answers:
    """Return the answers of a route that gives a table."""
    return _answer("text/csv", {"type": "string"}, description)


def xlsx_answer(description: str) -> Answers:
    """Return the answers of a route that gives a workbook."""
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _answer(media_type, {"type": "string", "format": "binary"}, description)


def text_answer(media_type: str, description: str) -> Answers:
    """Return the answers of a route that gives a file of text."""
    return _answer(media_type.partition(";")[0], {"type": "string"}, description)


def cell_answer(description: str, example: str) -> Answers:
    """Return the answers of a route that gives one number as text."""
    return _answer("text/plain", {"type": "string", "examples": [example]}, description)


def describe_api(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of the application, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title="gpumix", version=version("gpumix"), description=DESCRIPTION, routes=app.routes, tags=TAGS
        )
        _add_problems(document)
        _add_keys(document)
        app.openapi_schema = document
    return app.openapi_schema


def _answer(media_type: str, schema: Mapping[str, Any], description: str) -> Answers:
    return {200: {"description": description, "content": {media_type: {"schema": dict(schema)}}}}


def _operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for methods in document["paths"].values() for operation in methods.values()]


def _add_problems(document: dict[str, Any]) -> None:
    """Say of every operation which problems it may answer, in place of the framework's own error documents."""
    schemas = document["components"]["schemas"]
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs")
    schemas["Problem"] = problem
    for operation in _operations(document):
        answers = operation["responses"]
        answers.pop("422", None)
        statuses = [*_ALWAYS, 500]
        if "requestBody" in operation:
            statuses += [400, 408, 413, 415]
        if operation["operationId"] in ("refresh_prices", "import_measurements"):
            statuses += [403, 429, 502]
        if operation["tags"][0] in ("plans", "cells", "forecasts"):
            statuses += [429]
        if operation["tags"][0] != "predictions":
            statuses += [503]
        for status in sorted(statuses):
            answers[str(status)] = {
                "description": "; ".join(kind.title for kind in KINDS.values() if kind.status == status) + ".",
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }


def _add_keys(document: dict[str, Any]) -> None:
    """Say how a key is sent; without a key file none is needed to read."""
    document["components"]["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "A key made by `gpumix keys create`."},
        "query": {"type": "apiKey", "in": "query", "name": "key", "description": "The same, for spreadsheets."},
    }
    for operation in _operations(document):
        if operation["tags"][0] != _OPEN_TAG:
            operation["security"] = [{}, {"bearer": []}, {"query": []}]
