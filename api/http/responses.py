"""Responses: strong ETags, 304, gzip and caching, in one place for every route."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

LEAST_GZIPPED_BYTES = 1024
JSON = "application/json"
CSV = "text/csv; charset=utf-8; header=present"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TEXT = "text/plain; charset=utf-8"
YAML = "application/yaml"
SHELL = "text/x-shellscript; charset=utf-8"
HTML = "text/html; charset=utf-8"
_SQUEEZABLE = ("text/", "application/json", "application/yaml", "application/javascript")


@dataclass(slots=True)
class Document:
    """Finished bytes of one media type, with headers of their own; the tag is their hash, gzip is made once."""

    body: bytes
    media_type: str
    headers: Mapping[str, str] = field(default_factory=dict)
    tag: str = field(init=False)
    _gzipped: bytes | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.tag = hashlib.sha256(self.body).hexdigest()[:32]

    @property
    def gzipped(self) -> bytes | None:
        """Return the compressed bytes, or None where compression is not worth it."""
        if len(self.body) < LEAST_GZIPPED_BYTES or not self.media_type.startswith(_SQUEEZABLE):
            return None
        if self._gzipped is None:
            self._gzipped = gzip.compress(self.body, compresslevel=6, mtime=0)
        return self._gzipped


def respond(
    request: Request, document: Document, *, headers: Mapping[str, str] | None = None, filename: str = ""
) -> Response:
    """Return a document, or 304 where the client has it. `filename` is offered only with `?download=1`."""
    squeezed = document.gzipped if _accepts_gzip(request.headers.get("accept-encoding", "")) else None
    sent = {
        "ETag": f'"{document.tag}-gzip"' if squeezed is not None else f'"{document.tag}"',
        "Cache-Control": request.state.cache_control if request.method == "GET" else "no-store",
        "Vary": "Accept-Encoding, Authorization",
        **document.headers,
        **(headers or {}),
    }
    if request.method == "GET" and _has(request.headers.get("if-none-match", ""), document.tag):
        return Response(status_code=304, headers=sent)
    if filename and request.query_params.get("download") == "1":
        sent["Content-Disposition"] = f'attachment; filename="{filename}"'
    if squeezed is not None:
        sent["Content-Encoding"] = "gzip"
    return Response(
        document.body if squeezed is None else squeezed, headers={"Content-Type": document.media_type} | sent
    )


def _has(if_none_match: str, tag: str) -> bool:
    """Whether a client's If-None-Match names this document, in either encoding."""
    if not if_none_match:
        return False
    names = {name.strip().removeprefix("W/").strip('"').removesuffix("-gzip") for name in if_none_match.split(",")}
    return tag in names or "*" in names


def _accepts_gzip(accepted: str) -> bool:
    for part in accepted.lower().split(","):
        name, _, quality = part.partition(";")
        if name.strip() == "gzip":
            return quality.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False
