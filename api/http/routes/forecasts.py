"""Budgets over months and the frontier of cost against another figure."""

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Path, Query, Request, Response

from api.http.openapi import EXAMPLE_REQUESTS, Answers, csv_answer, json_answer, xlsx_answer
from api.http.prices import today
from api.http.queries import BudgetQuery
from api.http.responses import CSV, JSON, XLSX, respond
from api.http.services import Here, Services
from api.http.tasks import BudgetForm, BudgetTask, FrontierTask
from optimizer.fleet.frontier import TOLERANCE_FRACTION, Axis, Frontier
from optimizer.forecast import Budget, BudgetRequest, read_budget_request
from optimizer.request import PlanRequest

router = APIRouter(prefix="/v1", tags=["forecasts"])

MEDIA_TYPES: dict[BudgetForm, str] = {"json": JSON, "csv": CSV, "xlsx": XLSX, "focus.csv": CSV}
BudgetBody = Annotated[
    BudgetRequest,
    Body(
        openapi_examples={
            "growing": {
                "summary": "Twenty users, 5% more each month",
                "value": {
                    "model": "llama-3.1-70b",
                    "request": {"workload": {"tok_per_s_per_user": 20, "context_tokens": 8192}},
                    "months": 12,
                    "start": "2027-01",
                    "demand": {"unit": "users", "base": 20, "monthly_growth": 0.05},
                },
            }
        }
    ),
]
BudgetParameters = Annotated[BudgetQuery, Query()]
FileForm = Annotated[
    Literal["csv", "xlsx", "focus.csv"],
    Path(description="`csv`: one row a month; `xlsx`: a workbook with live formulas; `focus.csv`: FOCUS columns."),
]
FILES: Answers = {
    **csv_answer("One row a month, or FOCUS columns."),
    200: {
        "description": "The file.",
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            XLSX: {"schema": {"type": "string", "format": "binary"}},
        },
    },
}


@router.post("/frontier", operation_id="frontier", responses=json_answer(Frontier, "The non-dominated plans."))
async def frontier(
    request: Request,
    here: Here,
    body: Annotated[PlanRequest, EXAMPLE_REQUESTS],
    axis: Annotated[Axis, Query(description="What to set the cost against.")] = "speed",
    tolerance_fraction: Annotated[float, Query(ge=0.001, le=1, description="Targets told apart.")] = TOLERANCE_FRACTION,
) -> Response:
    """List the plans that no other one beats in both cost and speed (or first token, quality, load)."""
    document, version = await here.planner.solved(FrontierTask(body, axis, tolerance_fraction), JSON)
    return respond(request, document, headers={"X-Price-Snapshot": version})


@router.post("/forecasts", operation_id="create_forecast", responses=json_answer(Budget, "The budget."))
async def create_forecast(request: Request, here: Here, body: BudgetBody) -> Response:
    """Budget a load over months: what to commit to, what to rent by the hour, and how sure that is."""
    return await _budget(request, here, read_budget_request(body.model_dump(exclude_unset=True)), "json")


@router.post("/forecasts.{form}", operation_id="create_forecast_file", response_class=Response, responses=FILES)
async def create_forecast_file(request: Request, here: Here, form: FileForm, body: BudgetBody) -> Response:
    """Budget a load over months, as a file: what a series or a history, too long for a URL, needs."""
    return await _budget(request, here, read_budget_request(body.model_dump(exclude_unset=True)), form)


@router.get("/forecast", operation_id="forecast_by_query", responses=json_answer(Budget, "The budget."))
async def forecast_by_query(request: Request, here: Here, query: BudgetParameters) -> Response:
    """Budget a load whose common inputs are all in the URL."""
    return await _budget(request, here, query.budget(today()), "json")


@router.get("/forecast.csv", operation_id="forecast_csv", responses=csv_answer("One row a month."))
async def forecast_csv(request: Request, here: Here, query: BudgetParameters) -> Response:
    """Budget a load, one row a month, for Power Query, IMPORTDATA and Calc."""
    return await _budget(request, here, query.budget(today()), "csv")


@router.get("/forecast.xlsx", operation_id="forecast_xlsx", responses=xlsx_answer("A workbook with live formulas."))
async def forecast_xlsx(request: Request, here: Here, query: BudgetParameters) -> Response:
    """Budget a load as a workbook whose assumptions can be turned."""
    return await _budget(request, here, query.budget(today()), "xlsx")


@router.get("/forecast.focus.csv", operation_id="forecast_focus_csv", responses=csv_answer("A FOCUS-shaped forecast."))
async def forecast_focus_csv(request: Request, here: Here, query: BudgetParameters) -> Response:
    """Budget a load in the columns of FOCUS, to pivot beside real bills. It is a forecast, not billing data."""
    return await _budget(request, here, query.budget(today()), "focus.csv")


async def _budget(request: Request, here: Services, asked: BudgetRequest, form: BudgetForm) -> Response:
    document, version = await here.planner.solved(BudgetTask(asked, form, today()), MEDIA_TYPES[form])
    name = f"forecast-{asked.start}.{form}"
    return respond(request, document, headers={"X-Price-Snapshot": version}, filename=name)
