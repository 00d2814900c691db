"""From exceptions to problem documents: ours, the framework's, and whatever else happens in a route."""

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
    return _response(request, as_problem(error))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    details = error.errors()
    if any(detail["type"] == "json_invalid" for detail in details):
        return _response(request, ProblemError("malformed_body", str(details[0].get("ctx", {}).get("error", ""))))
    errors = tuple(
        FieldError(
            loc=".".join(str(part)[:100] for part in detail["loc"]), msg=detail["msg"].removeprefix("Value error, ")
        )
        for detail in details[:MOST_ERRORS]
    )
    summary = "; ".join(f"{one.loc}: {one.msg}" for one in errors[:5])
    return _response(request, ProblemError("invalid_input", summary, errors=errors))


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, GpumixError)
    failure = failure_of(error)
    if failure.cause:
        LOG.error("internal error", path=request.url.path, cause=failure.cause)
    return _response(request, failure.error())


def _response(request: Request, error: ProblemError) -> Response:
    headers = {**(error.headers or {}), "Cache-Control": "no-store", "Content-Type": MEDIA_TYPE}
    return Response(problem_body(error, request.url.path), error.status_code, headers)
