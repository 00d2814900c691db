"""Plans against each other: what a change in cost comes from, and one GPU beside another."""

from typing import Annotated, Self

from fastapi import APIRouter, Body, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.http.openapi import json_answer
from api.http.prices import today
from api.http.responses import JSON, respond
from api.http.services import Here, Services
from api.http.tasks import ComparisonTask, DifferenceTask, RobustTask
from api.robust import QUANTILE, Robust
from optimizer.fleet.comparison import Comparison
from optimizer.fleet.difference import Difference
from optimizer.fleet.plan import Plan
from optimizer.request import Name, PlanRequest

router = APIRouter(prefix="/v1", tags=["comparisons"])

CHAT = {"model": "llama-3.1-70b", "workload": {"users": 8, "tok_per_s_per_user": 20, "context_tokens": 8192}}
LARGER = {**CHAT, "workload": {**CHAT["workload"], "users": 40}}  # type: ignore[dict-item]  # a mapping
PlanId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
Prices = Annotated[str, Field(pattern=r"^(now|shipped|[0-9a-f]{16}|(history:)?\d{4}-\d{2}-\d{2})$")]


class DifferenceRequest(BaseModel):
    """A plan, in full or by its id, and what it is held against: another plan, or a request on prices.

    Prices are `now`, `shipped`, a snapshot id, a day (what was stored by its end) or `history:DAY`. `then` replaces
    the plan's own prices. Without a `request` the plan's own is planned again.
    """

    model_config = ConfigDict(extra="forbid")

    plan: Plan | None = None
    plan_id: PlanId | None = None
    other: Plan | None = None
    other_id: PlanId | None = None
    now: Prices = "now"
    then: Prices | None = None
    request: PlanRequest | None = None

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        if (self.plan is None) == (self.plan_id is None):
            raise ValueError("give the plan once: plan or plan_id")
        others = (self.other, self.other_id, self.request)
        if sum(one is not None for one in others) > 1 or (self.now != "now" and self._has_other):
            raise ValueError("another plan has its own request and prices: give it alone")
        return self

    @property
    def _has_other(self) -> bool:
        return self.other is not None or self.other_id is not None


class ComparisonRequest(BaseModel):
    """A request, and the GPUs or families to plan it on, each alone."""

    model_config = ConfigDict(extra="forbid")

    request: PlanRequest
    gpus: Annotated[list[Name], Field(min_length=2, max_length=16)]


class RobustRequest(BaseModel):
    """A request, and the upper end of each price's likely range to plan against."""

    model_config = ConfigDict(extra="forbid")

    request: PlanRequest
    quantile: Annotated[float, Field(ge=0.5, le=0.99)] = QUANTILE


StaleBody = Annotated[
    RobustRequest,
    Body(openapi_examples={"P90": {"summary": "Against P90", "value": {"request": CHAT, "quantile": 0.9}}}),
]
AgainstBody = Annotated[
    DifferenceRequest,
    Body(
        openapi_examples={
            "larger": {
                "summary": "What another request costs more, by a plan's id",
                "value": {"plan_id": "0123456789abcdef", "request": LARGER},
            },
            "then and now": {
                "summary": "A plan at the prices of two days",
                "value": {"plan_id": "0123456789abcdef", "then": "2026-08-01", "now": "2026-11-01"},
            },
        }
    ),
]
GpusBody = Annotated[
    ComparisonRequest,
    Body(
        openapi_examples={
            "two": {"summary": "A100 or H100", "value": {"request": CHAT, "gpus": ["A100", "H100"]}},
        }
    ),
]


@router.post(
    "/diff", operation_id="diff", responses=json_answer(Difference, "Both versions, the causes, the steps, the plan.")
)
async def diff(request: Request, here: Here, body: AgainstBody) -> Response:
    """Say why a plan's cost changed: prices, catalog, calibration, request; solved step by step, adding up to it."""
    saved = await _plan(here, body.plan, body.plan_id)
    other = await _plan(here, body.other, body.other_id) if body.other or body.other_id else None
    document, version = await here.planner.solved(DifferenceTask(saved, other, body.request, body.now, body.then), JSON)
    return respond(request, document, headers={"X-Price-Snapshot": version})


@router.post("/compare", operation_id="compare", responses=json_answer(Comparison, "One side for each GPU."))
async def compare(request: Request, here: Here, body: GpusBody) -> Response:
    """Put the cheapest plans of a request on each GPU or family alone side by side."""
    document, version = await here.planner.solved(ComparisonTask(body.request, tuple(body.gpus)), JSON)
    return respond(request, document, headers={"X-Price-Snapshot": version})


@router.post("/robust", operation_id="robust", responses=json_answer(Robust, "Both plans, and every price they use."))
async def robust(request: Request, here: Here, body: StaleBody) -> Response:
    """Plan against the upper end of where prices of their age have gone, beside the plan at listed prices."""
    document, version = await here.planner.solved(RobustTask(body.request, body.quantile, today()), JSON)
    return respond(request, document, headers={"X-Price-Snapshot": version})


async def _plan(here: Services, plan: Plan | None, plan_id: str | None) -> Plan:
    return plan if plan is not None else (await here.planner.saved(plan_id or "")).plan()
