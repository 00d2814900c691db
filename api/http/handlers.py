"""From exceptions to problem documents: ours, the framework's, and whatever else happens in a route."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.http.logs import LOG
from api.http.problems import MEDIA_TYPE, FieldError, ProblemError, as_problem, failure_of, problem_body
from catalog import GpumixError

MOST_ERRORS = 50


def add_handlers(app: FastAPI) -> None:
    """Make every failure of a route a problem document."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(GpumixError, _ours)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    problem = as_problem(error)
    if problem.headers and problem.headers.get("Allow") == "GET":
        problem.headers = {**problem.headers, "Allow": "GET, HEAD, OPTIONS"}
    return _response(request, problem)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    details = error.errors()
    if any(detail["type"] == "json_invalid" for detail in details):
        return _response(request, ProblemError("malformed_body", str(details[0].get("ctx", {}).get("error", ""))))
    if details[0]["loc"] == ("body",) and not _is_json(request.headers.get("content-type", "")):
        sent = request.headers.get("content-type") or "of no Content-Type"
        return _response(request, ProblemError("unsupported_media_type", f"the body is {sent[:100]}"))
    errors = tuple(
        FieldError(loc=".".join(str(part)[:100] for part in detail["loc"]), msg=_said(detail))
        for detail in details[:MOST_ERRORS]
    )
    summary = "; ".join(f"{one.loc}: {one.msg}" for one in errors[:5])
    return _response(request, ProblemError("invalid_input", summary, errors=errors))


def _is_json(content_type: str) -> bool:
    """Return whether a body says that it is JSON, as the framework reads it."""
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json"))


def _said(detail: Mapping[str, Any]) -> str:
    """Return what is wrong with one field, in the words of who typed it."""
    if detail["type"] == "extra_forbidden":
        return "this address has no such parameter" if detail["loc"][0] == "query" else "there is no such field"
    return str(detail["msg"]).removeprefix("Value error, ")


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, GpumixError)
    failure = failure_of(error)
    if failure.cause:
        LOG.error("not answered", path=request.url.path, cause=failure.cause)
    return _response(request, failure.error())


def _response(request: Request, error: ProblemError) -> Response:
    headers = {**(error.headers or {}), "Cache-Control": "no-store", "Content-Type": MEDIA_TYPE}
    return Response(problem_body(error, request.url.path), error.status_code, headers)
