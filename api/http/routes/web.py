"""What the page needs beyond the API's answers: its files, a question as it is read, charts as specifications."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request, Response
from pydantic import TypeAdapter

from api.answering import Answerer
from api.documents import to_plain
from api.http.openapi import json_answer
from api.http.pages import json_document
from api.http.problems import ProblemError, as_problem
from api.http.responses import JSON, Document, respond
from api.http.routes.plans import PlanId, Question
from api.http.services import Here, Services
from api.http.tasks import FrontierTask
from api.question import ParsedQuestion
from optimizer.fleet.frontier import Frontier
from optimizer.fleet.plan import Line, Plan
from pricing.history import HistoryFilter, PriceSpan, price_history

router = APIRouter()

ASSETS = "/assets/"
SCRIPT = "text/javascript; charset=utf-8"
MEDIA_TYPES = {".css": "text/css; charset=utf-8", ".js": SCRIPT, ".svg": "image/svg+xml"}
VEGA = "vega.js"
VEGA_EXPORTS = "window.vegaEmbed = vegaEmbed;"
CHART_TOLERANCE_FRACTION = 0.05
_FRONTIER: TypeAdapter[Frontier] = TypeAdapter(Frontier)

ChartName = Annotated[
    Literal["candidates", "frontier", "price-history"],
    Path(
        description="`candidates`: every offer that can do it, alone; `frontier`: the cheapest plan at each speed, "
        "solved; `price-history`: what the plan's offers cost before."
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
    document = await here.answers.get(request, plan.snapshot.id, lambda: _CHARTS[chart](plan, now))
    return respond(request, document, headers={"X-Price-Snapshot": plan.snapshot.id})


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


def _candidates(plan: Plan, now: Answerer) -> Document:
    from api.alone import offers_alone
    from api.charts.candidates import candidates_chart

    found = offers_alone(plan.request, now.snapshot, now.catalog)
    if not found:
        raise ProblemError("nothing_fits", "no offer can do it alone")
    return _spec(candidates_chart(plan, found).to_dict())


async def _frontier(request: Request, here: Services, plan: Plan) -> Response:
    """Return the frontier around a plan, on the prices of now; its many solves are a solver's, not this process's."""
    from api.charts.frontier import frontier_chart

    solved, version = await here.planner.solved(FrontierTask(plan.request, "speed", CHART_TOLERANCE_FRACTION), JSON)
    found = _FRONTIER.validate_json(solved.body)
    if not found.points:
        raise ProblemError("nothing_fits", "there is no plan at any speed to draw")
    document = await here.answers.get(request, version, lambda: _spec(frontier_chart(found).to_dict()))
    return respond(request, document, headers={"X-Price-Snapshot": version})


def _price_history(plan: Plan, now: Answerer) -> Document:
    from api.charts.price_history import price_history_chart

    spans = [span for line in plan.lines for span in _history(line)]
    if not spans:
        raise ProblemError("not_found", "no earlier price of this plan's offers is known")
    return _spec(price_history_chart(dict.fromkeys(spans)).to_dict())


def _history(line: Line) -> tuple[PriceSpan, ...]:
    """Return the prices of a line's offer where it stands; of the same offer in other regions where none is known."""
    here = HistoryFilter(line.provider, line.zone or line.region, line.instance_type, None, line.term)
    return price_history(here) or price_history(replace(here, region=None))


def _spec(spec: dict[str, Any]) -> Document:
    return json_document(json.loads(json.dumps(spec, default=str)))


_CHARTS: dict[str, Callable[[Plan, Answerer], Document]] = {"candidates": _candidates, "price-history": _price_history}
