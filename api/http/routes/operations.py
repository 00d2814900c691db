"""Operations: is it alive, is it ready, what does it measure."""

from datetime import date
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from api.http.openapi import cell_answer, json_answer
from api.http.problems import ProblemError
from api.http.services import Here

router = APIRouter(tags=["operations"])


class Alive(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Ready(BaseModel):
    """The process can plan."""

    status: Literal["ready"] = "ready"
    snapshot_id: str = Field(description="The prices of the moment.")
    offers: int = Field(description="How many there are.")
    newest_observed_at: date = Field(description="When the newest was seen.")


@router.get("/healthz", operation_id="healthz", responses=json_answer(Alive, "The process answers."))
async def healthz() -> Alive:
    """Say that the process answers."""
    return Alive()


@router.get("/readyz", operation_id="readyz", responses=json_answer(Ready, "Prices are loaded and fresh enough."))
async def readyz(here: Here) -> Ready:
    """Say whether prices are loaded and no older than GPUMIX_MAX_PRICE_AGE_DAYS allows."""
    if not here.prices.loaded:
        raise ProblemError("prices_missing", "no prices are loaded yet")
    snapshot = here.prices.now().snapshot
    return Ready(
        snapshot_id=snapshot.snapshot_id,
        offers=len(snapshot.offers),
        newest_observed_at=snapshot.newest_observed_at,
    )


@router.get("/metrics", operation_id="metrics", responses=cell_answer("Prometheus text.", "gpumix_offers 2535.0"))
async def metrics(here: Here) -> Response:
    """Return the metrics of all workers."""
    return Response(here.metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")
