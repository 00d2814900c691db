"""The reference: openapi.json, and Swagger UI with its assets from a wheel, so that it needs no network."""

from functools import lru_cache
from importlib.resources import files
from typing import Literal

from fastapi import APIRouter, Request, Response

from api.http.pages import json_document
from api.http.responses import HTML, Document, respond

router = APIRouter(include_in_schema=False)

Asset = Literal["swagger-ui-bundle.js", "swagger-ui.css", "start.js"]
MEDIA_TYPES: dict[Asset, str] = {
    "swagger-ui-bundle.js": "application/javascript",
    "swagger-ui.css": "text/css",
    "start.js": "application/javascript",
}
START = 'SwaggerUIBundle({url: "/openapi.json", dom_id: "#reference", deepLinking: true, validatorUrl: null});\n'
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>gpumix API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><div id="reference"></div><noscript>The same as a document: <a href="/openapi.json">openapi.json</a></noscript>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>
"""


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """Return the OpenAPI document."""
    return respond(request, json_document(request.app.openapi()))


@router.get("/docs")
async def reference(request: Request) -> Response:
    """Return the page of Swagger UI."""
    return respond(request, Document(PAGE.encode(), HTML))


@router.get("/docs/{name}")
async def asset(request: Request, name: Asset) -> Response:
    """Return a part of Swagger UI."""
    return respond(request, _asset(name))


@lru_cache
def _asset(name: Asset) -> Document:
    body = START.encode() if name == "start.js" else (files("fastapi_offline") / "static" / name).read_bytes()
    return Document(body, MEDIA_TYPES[name])
