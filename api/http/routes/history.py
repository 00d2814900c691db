"""Prices over time, and fetching them anew."""

import asyncio
import os
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from api.documents import to_plain
from api.history import HistoryItem, price_history_document
from api.http.access import needs_write
from api.http.openapi import HistoryPage, csv_answer, json_answer
from api.http.pages import json_document, page_document, read_cursor
from api.http.problems import ProblemError
from api.http.queries import HistoryPageQuery, HistoryQuery, HistoryTable
from api.http.responses import CSV, Document, respond
from api.http.services import Here
from api.http.tables import csv_bytes
from catalog import Catalog, InvalidInputError
from pricing.history import price_history
from pricing.refresh import RefreshReport, refresh_prices
from pricing.spans import HistoryFilter

router = APIRouter(prefix="/v1/prices", tags=["prices"])

HISTORY_COLUMNS = tuple(HistoryItem.__dataclass_fields__)
Names = Annotated[list[str], Query(description="Only these; all without any.", max_length=50)]
_REFRESHING = asyncio.Lock()


@router.get("/history", operation_id="price_history", responses=json_answer(HistoryPage, "One page of prices."))
async def list_history(request: Request, here: Here, query: Annotated[HistoryPageQuery, Query()]) -> Response:
    """Show what offers cost over time: shipped history, then what was stored since. At least one filter is needed."""
    version = here.prices.now().snapshot.snapshot_id
    found, offset = read_cursor(query.cursor, version)
    if found != version:
        raise ProblemError("cursor_expired", "prices were stored since this list began")

    def make() -> Document:
        return page_document(
            request, _items(query, here.prices.catalog), version=version, offset=offset, limit=query.limit
        )

    return respond(request, await here.answers.get(request, version, make))


@router.get("/history.csv", operation_id="price_history_csv", responses=csv_answer("All prices that match."))
async def history_csv(request: Request, here: Here, query: Annotated[HistoryTable, Query()]) -> Response:
    """Show what offers cost over time in one table."""
    version = here.prices.now().snapshot.snapshot_id

    def make() -> Document:
        items = _items(query, here.prices.catalog)[: query.limit]
        rows = ({column: getattr(item, column) for column in HISTORY_COLUMNS} for item in items)
        return Document(csv_bytes(HISTORY_COLUMNS, rows, bom=query.bom == "1"), CSV)

    return respond(request, await here.answers.get(request, version, make), filename="price-history.csv")


@router.post("/refresh", operation_id="refresh_prices", dependencies=[Depends(needs_write)],
             responses=json_answer(RefreshReport, "How the refresh of each provider went."))  # fmt: skip
async def refresh(request: Request, here: Here, provider: Names = [], region: Names = []) -> Response:  # noqa: B006  # FastAPI copies it
    """Fetch the prices of the clouds and store them; a provider that fails keeps its last good prices.

    Needs a key with the scope `write`, always. One refresh runs at a time.
    """
    if _REFRESHING.locked():
        raise ProblemError("busy", "a refresh is under way", headers={"Retry-After": "30"})
    async with _REFRESHING:
        now = datetime.now(UTC)
        report = await asyncio.to_thread(refresh_prices, os.environ, now, names=provider, regions=region)
        await asyncio.to_thread(here.prices.refresh)
    return respond(request, json_document(to_plain(report)))


def _items(query: HistoryQuery, catalog: Catalog) -> tuple[HistoryItem, ...]:
    gpus = frozenset(catalog.gpus_named(query.gpu)) if query.gpu else None
    wanted = HistoryFilter(query.provider, query.region, query.instance_type, gpus, query.term)
    if wanted == HistoryFilter():
        raise InvalidInputError("history of which offers?", "give provider, region, instance_type, gpu or term")
    return price_history_document(price_history(wanted)).items
