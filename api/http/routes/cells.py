"""Cells: one value as plain text, for WEBSERVICE() in Excel and LibreOffice."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from api.answering import Answerer
from api.http.openapi import cell_answer
from api.http.plan_documents import PlanDocument
from api.http.problems import ProblemError
from api.http.queries import OfferQuery, PlanQuery
from api.http.responses import TEXT, Document, respond
from api.http.services import Here
from api.http.tables import number_text
from api.listing import find_offers, usd_per_gpu_hour
from api.predicting import PredictionRequest, prediction, read_prediction
from catalog import Catalog
from optimizer.demand import ANSWER_SHARE, LONGEST_ASSUMED_ANSWER_TOKENS
from optimizer.performance.estimates import Estimate
from optimizer.request import DEFAULT_TIERS

router = APIRouter(prefix="/v1/cell", tags=["cells"])

Size = Annotated[int | None, Field(ge=1, le=1_000_000_000)]
Metric = Literal["tok_per_s_per_user", "output_tok_per_s", "ttft_s", "tpot_ms"]


class PriceQuery(OfferQuery):
    """Which offers, and of what the price is; terms and tiers as in a plan where none is given."""

    term: Annotated[str, Field(description="Only this term.", max_length=120)] = "on_demand"
    per: Annotated[Literal["gpu", "instance"], Field(description="USD per hour of what.")] = "gpu"


class SpeedQuery(PlanQuery):
    """A plan, for the speed of its slowest line; or, with any of the fields here, one replica and its speed."""

    gpus: Annotated[Size, Field(description="GPUs of the replica, tp x pp.")] = None
    tp: Annotated[Size, Field(description="Tensor parallel size.")] = None
    pp: Annotated[Size, Field(description="Pipeline stages.")] = None
    concurrency: Annotated[Size, Field(description="Streams that are always active on the replica; 1.")] = None
    metric: Annotated[Metric, Field(description="Which figure of the replica.")] = "tok_per_s_per_user"

    @property
    def of_a_replica(self) -> bool:
        """Whether one replica is meant."""
        return any(size is not None for size in (self.gpus, self.tp, self.pp, self.concurrency))

    def replica(self) -> PredictionRequest:
        """Return the replica. Raises InvalidInputError."""
        inputs, outputs = self.input_tokens, self.output_tokens
        if self.context is not None:
            outputs = max(1, min(LONGEST_ASSUMED_ANSWER_TOKENS, self.context // ANSWER_SHARE))
            inputs = max(1, self.context - outputs)
        several = {"gpu": self.gpu, "quantization": self.quantization, "engine": self.engine, "link": self.link}
        names = {name: found[0] if len(found) == 1 else found for name, found in several.items() if found}
        sizes = {"gpus": self.gpus, "tp": self.tp, "pp": self.pp, "input_tokens": inputs, "output_tokens": outputs}
        given = {name: size for name, size in sizes.items() if size is not None}
        return read_prediction(model=self.model, concurrency=self.concurrency or 1, **names, **given)


@router.get("/price", operation_id="cell_price", responses=cell_answer("USD per hour of the cheapest offer.", "2.49"))
async def price(request: Request, here: Here, query: Annotated[PriceQuery, Query()]) -> Response:
    """Return the lowest price of the offers that match: of one GPU for an hour, or of a whole instance."""
    now = await here.prices.held(query.as_of)
    version = now.snapshot.snapshot_id
    document = await here.answers.get(request, version, lambda: _text(_price(now, query)))
    return respond(request, document, headers={"X-Price-Snapshot": version}, again=True)


@router.get("/cost", operation_id="cell_cost", responses=cell_answer("USD per hour of the cheapest plan.", "4"))
async def cost(request: Request, here: Here, query: Annotated[PlanQuery, Query()]) -> Response:
    """Return what the cheapest plan costs for an hour; the parameters are those of /v1/plan."""
    plan = _found(await here.planner.plan(query.request()))
    return _cell(request, plan.cost_usd_per_hour, plan.snapshot_id)


@router.get("/month_cost", operation_id="cell_month_cost", responses=cell_answer("USD a month.", "2920"))
async def month_cost(request: Request, here: Here, query: Annotated[PlanQuery, Query()]) -> Response:
    """Return what the cheapest plan costs for a month; the parameters are those of /v1/plan."""
    plan = _found(await here.planner.plan(query.request()))
    return _cell(request, plan.cost_usd_per_month, plan.snapshot_id)


@router.get("/tok_per_s", operation_id="cell_tok_per_s", responses=cell_answer("Tokens per second.", "16.2"))
async def tok_per_s(request: Request, here: Here, query: Annotated[SpeedQuery, Query()]) -> Response:
    """Return the speed of a plan's slowest line, per user; with `gpus`, `tp`, `pp` or `concurrency`, of one replica."""
    if not query.of_a_replica:
        plan = _found(await here.planner.plan(query.request()))
        return _cell(request, plan.tok_per_s, plan.snapshot_id)
    catalog = here.prices.catalog
    version = f"{catalog.catalog_id}-{catalog.own.own_id}"
    return respond(request, await here.answers.get(request, version, lambda: _text(_speed(catalog, query))), again=True)


def _found(plan: PlanDocument) -> PlanDocument:
    if not plan.found:
        raise ProblemError("nothing_fits", "nothing fits", plan.smallest_change)
    return plan


def _price(answerer: Answerer, query: PriceQuery) -> float:
    found = find_offers(answerer.snapshot, answerer.catalog, query.filter())
    usual = [item for item in found if query.tier is not None or item.tier in DEFAULT_TIERS]
    if not usual:
        raise ProblemError("not_found", "no offer matches", "see /v1/offers; add tier= for marketplaces and trackers")
    return min(usd_per_gpu_hour(item) if query.per == "gpu" else item.usd_per_hour for item in usual)


def _speed(catalog: Catalog, query: SpeedQuery) -> float | None:
    found = prediction(query.replica(), catalog)
    if not found.fits:
        raise ProblemError("nothing_fits", found.reason or "it does not fit")
    estimate: Estimate | None = getattr(found, query.metric)
    return None if estimate is None else estimate.value


def _cell(request: Request, value: float | None, version: str) -> Response:
    return respond(request, _text(value), headers={"X-Price-Snapshot": version}, again=True)


def _text(value: float | None) -> Document:
    if value is None:
        raise ProblemError("nothing_fits", "there is no such figure: the queue grows without end")
    return Document(number_text(value).encode(), TEXT)
