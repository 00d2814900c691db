"""How the prices stand: ages, what was left out and why, how the last refreshes went."""

import asyncio
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from api.documents import to_plain
from api.http.openapi import json_answer
from api.http.pages import json_document
from api.http.responses import respond
from api.http.services import Here
from api.standing import StoredStatus, stored_status

router = APIRouter(prefix="/v1/prices", tags=["prices"])


@router.get("/status", operation_id="prices_status", responses=json_answer(StoredStatus, "How the prices stand."))
async def prices_status(request: Request, here: Here) -> Response:
    """Say, per provider, how many offers there are, how old, what was left out and why, what is in quarantine."""
    here.prices.now()
    found = await asyncio.to_thread(stored_status, datetime.now(UTC))
    return respond(request, json_document(to_plain(found)))
