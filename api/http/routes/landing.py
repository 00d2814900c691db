"""The landing page, and the pages that a problem's `type` points to."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.http.page import POLICY, landing_page, plan_html, problem_html
from api.http.problems import KINDS, ProblemError, as_problem, failure_of, problem_body
from api.http.responses import HTML, TEXT, Document, respond
from api.http.services import Here
from catalog import GpumixError

router = APIRouter(include_in_schema=False)


@router.get("/")
async def landing(request: Request, here: Here, q: Annotated[str, Query(max_length=1000)] = "") -> Response:
    """Return the page, with the answer to `q` where there is one."""
    answer, data, status = "", b"null", 200
    if q.strip():
        try:
            found = await here.planner.ask(q)
            answer, data = plan_html(found.plan()), found.document.body
        except GpumixError as error:
            answer, data, status = _failed(failure_of(error).error())
        except ProblemError as error:
            answer, data, status = _failed(error)
    page = landing_page(q, answer, data, with_key=here.with_keys)
    document = Document(page.encode("utf-8", "replace"), HTML, {"Content-Security-Policy": POLICY})
    response = respond(request, document)
    response.status_code = status if response.status_code == 200 else response.status_code
    return response


@router.get("/problems/{code}")
async def problem(request: Request, code: str) -> Response:
    """Say what a kind of failure means and what to do about it."""
    kind = KINDS.get(code)
    if kind is None:
        raise as_problem(ProblemError("not_found"))
    return respond(request, Document(f"{code} ({kind.status})\n\n{kind.title}.\n{kind.advice}\n".encode(), TEXT))


def _failed(error: ProblemError) -> tuple[str, bytes, int]:
    """Return a failure as HTML, as JSON, and its status."""
    html = problem_html(error.detail or KINDS[error.code].title, error.hint)
    return html, problem_body(error, "/"), error.status_code
