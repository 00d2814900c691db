"""Plans: by a question, by a request, by a URL, by id; as JSON, CSV and XLSX."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api.http.openapi import EXAMPLE_REQUESTS, csv_answer, json_answer, xlsx_answer
from api.http.plan_documents import PlanDocument
from api.http.plan_table import PLAN_COLUMNS, plan_rows
from api.http.planner import LONGEST_QUESTION
from api.http.queries import PlanQuery
from api.http.responses import CSV, XLSX, Document, respond
from api.http.services import Here, Services
from api.http.tables import csv_bytes
from optimizer.fleet.plan import Plan
from optimizer.request import PlanRequest

router = APIRouter(prefix="/v1", tags=["plans"])

Question = Annotated[
    str,
    Query(
        min_length=1,
        max_length=LONGEST_QUESTION,
        description="A question in plain English.",
        examples=["cheapest config for 10 tok/s at 8K"],
    ),
]
PlanId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$", description="The `plan_id` of a plan.")]
Bom = Annotated[bool, Query(description="A byte order mark, for a double click in Excel.")]
Download = Annotated[bool, Query(description="Offer the answer as a file.")]


@router.get("/ask", operation_id="ask", responses=json_answer(Plan, "The cheapest plan, or why there is none."))
async def ask(request: Request, here: Here, q: Question) -> Response:
    """Answer a question with the cheapest plan."""
    return _sent(request, await here.planner.ask(q))


@router.post("/plans", operation_id="create_plan", responses=json_answer(Plan, "The cheapest plan."))
async def create_plan(request: Request, here: Here, body: Annotated[PlanRequest, EXAMPLE_REQUESTS]) -> Response:
    """Find the cheapest plan of a request. The same request on the same prices gives the same `plan_id`."""
    return _sent(request, await here.planner.plan(body))


@router.get("/plans/{plan_id}.csv", operation_id="get_plan_csv", responses=csv_answer("The lines of a plan."))
async def get_plan_csv(
    request: Request, here: Here, plan_id: PlanId, bom: Bom = False, download: Download = False
) -> Response:
    """Return a plan that was made before, one row a line."""
    return _table(request, here, await here.planner.saved(plan_id), bom=bom)


@router.get("/plans/{plan_id}.xlsx", operation_id="get_plan_xlsx", responses=xlsx_answer("A workbook of a plan."))
async def get_plan_xlsx(request: Request, here: Here, plan_id: PlanId, download: Download = False) -> Response:
    """Return a plan that was made before as a workbook with live formulas."""
    from api.http.workbook import plan_workbook

    plan = await here.planner.saved(plan_id)
    document = here.planner.shelf.table(plan, "xlsx", lambda: Document(plan_workbook(plan.plan()), XLSX))
    return _sent(request, plan, document, f"plan-{plan_id}.xlsx")


@router.get("/plans/{plan_id}", operation_id="get_plan", responses=json_answer(Plan, "The plan."))
async def get_plan(request: Request, here: Here, plan_id: PlanId) -> Response:
    """Return a plan that was made before."""
    return _sent(request, await here.planner.saved(plan_id))


@router.get("/plan", operation_id="plan_by_query", responses=json_answer(Plan, "The cheapest plan."))
async def plan_by_query(request: Request, here: Here, query: Annotated[PlanQuery, Query()]) -> Response:
    """Find the cheapest plan of a request that is all in the URL, for spreadsheets."""
    return _sent(request, await here.planner.plan(query.request()))


@router.get("/plan.csv", operation_id="plan_by_query_csv", responses=csv_answer("The lines of the plan."))
async def plan_by_query_csv(request: Request, here: Here, query: Annotated[PlanQuery, Query()]) -> Response:
    """Find the cheapest plan of a request that is all in the URL, one row a line."""
    return _table(request, here, await here.planner.plan(query.request()), bom=query.bom == "1")


def _table(request: Request, here: Services, plan: PlanDocument, *, bom: bool) -> Response:
    make: Callable[[], Document] = lambda: Document(csv_bytes(PLAN_COLUMNS, plan_rows(plan.plan()), bom=bom), CSV)  # noqa: E731  # typed
    document = here.planner.shelf.table(plan, f"csv{bom:d}", make)
    return _sent(request, plan, document, f"plan-{plan.plan_id}.csv")


def _sent(request: Request, plan: PlanDocument, document: Document | None = None, filename: str = "") -> Response:
    headers = {"X-Price-Snapshot": plan.snapshot_id}
    name = filename or f"plan-{plan.plan_id}.json"
    return respond(request, document or plan.document, headers=headers, filename=name, again=True)
