"""The landing page, and the pages that a problem's `type` points to."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.http.page import landing_page, plan_html, problem_html
from api.http.problems import KINDS, ProblemError, as_problem, failure_of
from api.http.responses import HTML, TEXT, Document, respond
from api.http.services import Here
from catalog import GpumixError

router = APIRouter(include_in_schema=False)


@router.get("/")
async def landing(request: Request, here: Here, q: Annotated[str, Query(max_length=1000)] = "") -> Response:
    """Return the page, with the answer to `q` where there is one."""
    answer, status = "", 200
    if q.strip():
        try:
            answer = plan_html((await here.planner.ask(q)).plan())
        except GpumixError as error:
            failure = failure_of(error).error()
            answer, status = problem_html(failure.detail, failure.hint), failure.status_code
        except ProblemError as error:
            answer, status = problem_html(error.detail or KINDS[error.code].title, error.hint), error.status_code
    page = landing_page(q, answer, with_key=here.with_keys)
    response = respond(request, Document(page.encode("utf-8", "replace"), HTML))
    response.status_code = status if response.status_code == 200 else response.status_code
    return response


@router.get("/problems/{code}")
async def problem(request: Request, code: str) -> Response:
    """Say what a kind of failure means and what to do about it."""
    kind = KINDS.get(code)
    if kind is None:
        raise as_problem(ProblemError("not_found"))
    return respond(request, Document(f"{code} ({kind.status})\n\n{kind.title}.\n{kind.advice}\n".encode(), TEXT))
