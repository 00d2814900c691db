"""The user's own benchmarks, stored as evidence."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from api.documents import to_plain
from api.http.access import needs_write
from api.http.openapi import json_answer
from api.http.pages import json_document
from api.http.problems import ProblemError
from api.http.queries import Name, Parameters
from api.http.responses import respond
from api.http.services import Here
from api.measuring.importing import Imported, Load, compared, read_rows
from api.measuring.points import Stated
from api.measuring.store import MeasurementStore, own_measurements_path
from catalog import Catalog

router = APIRouter(prefix="/v1", tags=["measurements"])

FILE = {
    "description": "A vllm bench serve, GuideLLM or AIPerf result, or a measurement CSV; any Content-Type.",
    "required": True,
    "content": {kind: {"schema": {"type": "string"}} for kind in ("text/plain", "text/csv")},
}
Size = Annotated[int | None, Field(ge=1, le=4096)]


class MeasurementQuery(Parameters):
    """What the file does not say must be given, what it says must not be contradicted."""

    model: Annotated[Name | None, Field(description="A model id or spelling.")] = None
    gpu: Annotated[Name | None, Field(description="A GPU id or spelling.")] = None
    gpus: Annotated[Size, Field(description="GPUs in all, of every replica.")] = None
    nodes: Annotated[Size, Field(description="Nodes in all.")] = None
    tp: Annotated[Size, Field(description="Tensor parallel size.")] = None
    pp: Annotated[Size, Field(description="Pipeline stages.")] = None
    quantization: Annotated[Name | None, Field(description="The weight format.")] = None
    kv_dtype: Annotated[Name | None, Field(description="The KV cache dtype.")] = None
    engine: Annotated[Name | None, Field(description="The serving engine.")] = None
    engine_version: Annotated[Name | None, Field(description="Its version.")] = None
    link: Annotated[Name | None, Field(description="The link between the GPUs.")] = None
    concurrency: Annotated[float | None, Field(ge=1, le=1e6, description="Streams that were always active.")] = None
    request_rate: Annotated[float | None, Field(gt=0, le=1e6, description="Requests per second offered.")] = None

    def stated(self) -> Stated:
        """Return what was measured on."""
        return Stated(**self.model_dump(exclude={"concurrency", "request_rate"}))


@router.post(
    "/measurements",
    operation_id="import_measurements",
    dependencies=[Depends(needs_write)],
    responses=json_answer(Imported, "Every stored figure beside its prediction."),
    openapi_extra={"requestBody": FILE},
)
async def import_measurements(request: Request, here: Here, query: Annotated[MeasurementQuery, Query()]) -> Response:
    """Store the figures of a benchmark file as evidence of your own. Needs a key with the scope `write`, always."""
    try:
        text = (await request.body()).decode()
    except UnicodeDecodeError as error:
        raise ProblemError("malformed_body", "the file is not UTF-8", "send a text file") from error
    found = await asyncio.to_thread(_import, text, query, here.prices.catalog)
    await asyncio.to_thread(here.prices.refresh)  # the next answer knows what was measured
    return respond(request, json_document(to_plain(found)))


def _import(text: str, query: MeasurementQuery, catalog: Catalog) -> Imported:
    """Store a file's figures. The answer does not say where: a server's paths are its own."""
    load = Load(query.concurrency, query.request_rate)
    rows, assumptions = read_rows("body", text, query.stated(), load, catalog, datetime.now(UTC))
    found = compared(rows, assumptions, catalog, "the server's measurements")
    MeasurementStore(own_measurements_path()).append(rows)
    return found
