"""What the page needs beyond the API's answers: its files, a question as it is read, charts as specifications."""

import asyncio
import json
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request, Response
from pydantic import TypeAdapter

from api.answering import Answerer
from api.documents import to_plain
from api.http.openapi import json_answer
from api.http.pages import json_document
from api.http.prices import today
from api.http.problems import ProblemError, as_problem
from api.http.responses import JSON, Document, respond
from api.http.routes.forecasts import BudgetBody, BudgetParameters
from api.http.routes.plans import PlanId, Question
from api.http.services import Here, Services
from api.http.tasks import BudgetTask, FrontierTask
from api.question import ParsedQuestion
from optimizer.fleet.frontier import Frontier
from optimizer.fleet.plan import Plan
from optimizer.forecast import Budget, BudgetRequest, read_budget_request

router = APIRouter()

ASSETS = "/assets/"
SCRIPT = "text/javascript; charset=utf-8"
MEDIA_TYPES = {".css": "text/css; charset=utf-8", ".js": SCRIPT, ".svg": "image/svg+xml"}
VEGA = "vega.js"
VEGA_EXPORTS = "window.vegaEmbed = vegaEmbed;"
_FRONTIER: TypeAdapter[Frontier] = TypeAdapter(Frontier)
_BUDGET: TypeAdapter[Budget] = TypeAdapter(Budget)

ChartName = Annotated[
    Literal["candidates", "choices", "frontier", "similar", "price-history"],
    Path(
        description="`candidates`: every offer that can do it, alone; `choices`: the cost by GPU and weight format; "
        "`frontier`: the cheapest plan at each speed, solved; `similar`: predicted against measured for runs like it; "
        "`price-history`: what the plan's offers cost before."
    ),
]


@router.get("/v1/parse", operation_id="parse", tags=["plans"],
            responses=json_answer(ParsedQuestion, "The request, and how it was read."))  # fmt: skip
async def parse(request: Request, here: Here, q: Question) -> Response:
    """Say how a question is read, without solving it. A plan of the same question is of the same request."""
    found = await asyncio.to_thread(here.prices.now().parse, q)
    return respond(request, json_document(to_plain(found)))


@router.get("/v1/plans/{plan_id}/charts/{chart}", operation_id="get_plan_chart", tags=["plans"],
            responses=json_answer(dict[str, Any], "A Vega-Lite specification, its data within."))  # fmt: skip
async def get_plan_chart(request: Request, here: Here, plan_id: PlanId, chart: ChartName) -> Response:
    """Return a chart around a plan that was made before, as a Vega-Lite specification."""
    plan = (await here.planner.saved(plan_id)).plan()
    if chart == "frontier":
        return await _frontier(request, here, plan)
    now = here.prices.at(plan.snapshot.id)
    if now is None:
        raise ProblemError("not_found", "the prices that this plan was of are not kept any more", "ask again")
    document = await here.answers.get(request, plan.snapshot.id, lambda: _chart(chart, plan, now))
    return respond(request, document, headers={"X-Price-Snapshot": plan.snapshot.id})


@router.get("/v1/forecast/chart", operation_id="get_forecast_chart", tags=["forecasts"],
            responses=json_answer(dict[str, Any], "A Vega-Lite specification, its data within."))  # fmt: skip
async def get_forecast_chart(request: Request, here: Here, query: BudgetParameters) -> Response:
    """Budget a load, and return its chart as a Vega-Lite specification; the parameters are those of `/v1/forecast`."""
    return await _budget_chart(request, here, query.budget(today()))


@router.post("/v1/forecasts/chart", operation_id="create_forecast_chart", tags=["forecasts"],
             responses=json_answer(dict[str, Any], "A Vega-Lite specification, its data within."))  # fmt: skip
async def create_forecast_chart(request: Request, here: Here, body: BudgetBody) -> Response:
    """Budget a load, and return its chart as a Vega-Lite specification; the body is that of `/v1/forecasts`."""
    return await _budget_chart(request, here, read_budget_request(body.model_dump(exclude_unset=True)))


@router.get(ASSETS + "{name:path}", include_in_schema=False)
async def asset(request: Request, name: str) -> Response:
    """Return a file of the page."""
    if name == VEGA:
        return respond(request, await asyncio.to_thread(_vega))
    document = _assets().get(name)
    if document is None:
        raise as_problem(ProblemError("not_found"))
    return respond(request, document)


@cache
def _assets() -> dict[str, Document]:
    """Return the files of the page by their names; nothing else can be asked for."""
    folder = files("api") / "web"
    found = [*folder.iterdir(), *(folder / "js").iterdir()]
    return {
        f"js/{path.name}" if path.name.endswith(".js") else path.name: Document(path.read_bytes(), media_type)
        for path in found
        for suffix, media_type in MEDIA_TYPES.items()
        if path.name.endswith(suffix)
    }


@cache
def _vega() -> Document:
    """Return Vega, Vega-Lite and Vega-Embed as one script, out of the wheel that also draws the PNG files."""
    import vl_convert

    return Document(vl_convert.javascript_bundle(VEGA_EXPORTS).encode(), SCRIPT)


async def _frontier(request: Request, here: Services, plan: Plan) -> Response:
    """Return the frontier around a plan, on the prices of now; its many solves are a solver's, not this process's."""
    from api.charts.of_plan import TOLERANCE_FRACTION, chart_of_frontier

    solved, version = await here.planner.solved(FrontierTask(plan.request, "speed", TOLERANCE_FRACTION), JSON)
    found = _FRONTIER.validate_json(solved.body)
    document = await here.answers.get(request, version, lambda: _spec(chart_of_frontier(found).to_dict()))
    return respond(request, document, headers={"X-Price-Snapshot": version})


async def _budget_chart(request: Request, here: Services, asked: BudgetRequest) -> Response:
    from api.charts.budget import budget_chart

    solved, version = await here.planner.solved(BudgetTask(asked, "json", today()), JSON)
    budget = _BUDGET.validate_json(solved.body)
    if not budget.months:
        raise ProblemError("nothing_fits", "there is no budget to draw")
    document = await asyncio.to_thread(lambda: _spec(budget_chart(budget).to_dict()))
    return respond(request, document, headers={"X-Price-Snapshot": version})


def _chart(name: str, plan: Plan, now: Answerer) -> Document:
    from api.charts.of_plan import PLAN_CHARTS

    return _spec(PLAN_CHARTS[name](plan, now).to_dict())


def _spec(spec: dict[str, Any]) -> Document:
    return json_document(json.loads(json.dumps(spec, default=str)))
