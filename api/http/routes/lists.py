"""Lists: offers and the facts of the catalog, in pages or as CSV."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from api.answering import Answerer
from api.facts import catalog_rows
from api.http.openapi import CatalogList, OfferPageDocument, csv_answer, json_answer
from api.http.pages import page_document, read_cursor
from api.http.problems import ProblemError
from api.http.queries import CsvForm, OfferPage, OfferTable, Page
from api.http.responses import CSV, Document, respond
from api.http.services import Here
from api.http.tables import csv_bytes
from api.listing import find_offers
from api.offers import OfferFacts

router = APIRouter(prefix="/v1")

CatalogKind = Literal[
    "gpus",
    "instances",
    "links",
    "models",
    "quantizations",
    "engines",
    "kernels",
    "interruptions",
    "claims",
    "measurements",
]
Kind = Annotated[CatalogKind, Path(description="Which facts.")]
OFFER_COLUMNS = tuple(OfferFacts.__dataclass_fields__)


@router.get("/offers", operation_id="list_offers", tags=["prices"],
            responses=json_answer(OfferPageDocument, "One page of offers, the cheapest per GPU first."))  # fmt: skip
async def list_offers(request: Request, here: Here, query: Annotated[OfferPage, Query()]) -> Response:
    """List offers, the cheapest per GPU first. All pages of a list are of one snapshot."""
    now = await here.prices.held(query.as_of)
    version, offset = read_cursor(query.cursor, now.snapshot.snapshot_id)
    answerer = here.prices.at(version)
    if answerer is None:
        raise ProblemError("cursor_expired", "the prices that this list was of are not kept any more")

    def make() -> Document:
        found = find_offers(answerer.snapshot, answerer.catalog, query.filter())
        return page_document(request, found, version=version, offset=offset, limit=query.limit, snapshot_id=version)

    return respond(request, await here.answers.get(request, version, make), headers={"X-Price-Snapshot": version})


@router.get("/offers.csv", operation_id="offers_csv", tags=["prices"],
            responses=csv_answer("All offers that match, the cheapest per GPU first."))  # fmt: skip
async def offers_csv(request: Request, here: Here, query: Annotated[OfferTable, Query()]) -> Response:
    """List all offers that match as CSV, for Power Query, IMPORTDATA and Calc."""
    now = await here.prices.held(query.as_of)
    version = now.snapshot.snapshot_id
    document = await here.answers.get(request, version, lambda: _offers_csv(now, query))
    return respond(
        request, document, headers={"X-Price-Snapshot": version}, filename=f"offers-{version}.csv", again=True
    )


@router.get("/catalog/{kind}.csv", operation_id="catalog_csv", tags=["catalog"],
            responses=csv_answer("All rows of a table of facts."))  # fmt: skip
async def catalog_csv(request: Request, here: Here, kind: Kind, query: Annotated[CsvForm, Query()]) -> Response:
    """Return a table of facts as CSV; every row has its source."""
    now = here.prices.now()
    document = await here.answers.get(request, _version(now), lambda: _catalog_csv(now, kind, query))
    return respond(request, document, filename=f"{kind}-{now.catalog.catalog_id}.csv")


@router.get("/catalog/{kind}", operation_id="list_catalog", tags=["catalog"],
            responses=json_answer(CatalogList, "One page of facts."))  # fmt: skip
async def list_catalog(request: Request, here: Here, kind: Kind, page: Annotated[Page, Query()]) -> Response:
    """List a table of facts; every row has its source."""
    now = here.prices.now()
    version, offset = read_cursor(page.cursor, now.catalog.catalog_id)
    if version != now.catalog.catalog_id:
        raise ProblemError("cursor_expired", "the catalog that this list was of is not the one of now")

    def make() -> Document:
        return page_document(
            request, _rows(now, kind), version=version, offset=offset, limit=page.limit, catalog_id=version
        )

    return respond(request, await here.answers.get(request, _version(now), make))


def _version(answerer: Answerer) -> str:
    """Return what facts depend on: the catalog, and for claims about prices the snapshot."""
    return f"{answerer.catalog.catalog_id}.{answerer.snapshot.snapshot_id}"


def _rows(answerer: Answerer, kind: CatalogKind) -> list[dict[str, Any]]:
    return catalog_rows(kind, answerer.catalog, answerer.snapshot)


def _catalog_csv(answerer: Answerer, kind: Kind, query: CsvForm) -> Document:
    rows = _rows(answerer, kind)
    columns = tuple(rows[0]) if rows else ()
    return Document(csv_bytes(columns, rows[: query.limit], bom=query.bom == "1"), CSV)


def _offers_csv(answerer: Answerer, query: OfferTable) -> Document:
    found = find_offers(answerer.snapshot, answerer.catalog, query.filter())[: query.limit]
    rows = [{column: getattr(item, column) for column in OFFER_COLUMNS} for item in found]
    return Document(csv_bytes(OFFER_COLUMNS, rows, bom=query.bom == "1"), CSV)
