"""Responses: strong ETags, 304, gzip and caching, in one place for every route."""

import gzip
import hashlib
from collections.abc import Iterable, Mapping
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
_SQUEEZABLE = ("text/", "application/json", "application/yaml", "application/javascript", "image/svg+xml")


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
            self._gzipped = pack(self.body)
        return self._gzipped

    @classmethod
    def of_gzip(cls, gzipped: bytes, media_type: str) -> "Document":
        """Return a document whose bytes are kept as what `pack` made of them."""
        document = cls(gzip.decompress(gzipped), media_type)
        document._gzipped = gzipped
        return document


def pack(body: bytes) -> bytes:
    """Return bytes as gzip; the same bytes give the same."""
    return gzip.compress(body, compresslevel=6, mtime=0)


Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Form:
    """A document in one encoding, as it is sent: the headers with and without a body, the body."""

    head: Headers
    head_unchanged: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Sendable:
    """A document with everything but what a request decides: which encoding, and whether the client has it."""

    tag: str
    plain: Form
    squeezed: Form | None
    route: str = "none"

    @property
    def size_bytes(self) -> int:
        """Return the bytes of its bodies."""
        return len(self.plain.body) + (len(self.squeezed.body) if self.squeezed else 0)

    def answer(self, headers: Iterable[tuple[bytes, bytes]]) -> tuple[int, Headers, bytes]:
        """Return (status, headers, body) for the headers of a GET."""
        accepted = known = b""
        for name, value in headers:
            if name == b"accept-encoding":
                accepted = value
            elif name == b"if-none-match":
                known = value
        form = self.squeezed if self.squeezed and _accepts_gzip(accepted.decode("latin-1")) else self.plain
        if known and _has(known.decode("latin-1"), self.tag):
            return 304, form.head_unchanged, b""
        return 200, form.head, form.body


def respond(
    request: Request,
    document: Document,
    *,
    headers: Mapping[str, str] | None = None,
    filename: str = "",
    again: bool = False,
) -> Response:
    """Return a document, or 304 where the client has it. `filename` is offered only with `?download=1`.

    With `again`, a GET of the same address gives the same answer for as long as prices and day are these.
    """
    sent = {"Vary": "Accept-Encoding, Authorization", **document.headers, **(headers or {})}
    sent["Cache-Control"] = request.state.cache_control if request.method == "GET" else "no-store"
    if filename and request.query_params.get("download") == "1":
        sent["Content-Disposition"] = f'attachment; filename="{filename}"'
    both = again or _accepts_gzip(request.headers.get("accept-encoding", ""))
    sendable = _sendable(document, sent, getattr(request.scope.get("route"), "path", "none"), gzip_too=both)
    if request.method != "GET":
        wanted = tuple(pair for pair in request.headers.raw if pair[0] != b"if-none-match")
        return _raw(*sendable.answer(wanted))
    if again:
        request.app.state.services.ready.keep((request.scope["path"], request.scope["query_string"]), sendable)
    return _raw(*sendable.answer(request.headers.raw))


def _sendable(document: Document, sent: Mapping[str, str], route: str, *, gzip_too: bool) -> Sendable:
    plain = _form(document.body, {"ETag": f'"{document.tag}"', **sent}, document.media_type)
    squeezed = document.gzipped if gzip_too else None
    if squeezed is None:
        return Sendable(document.tag, plain, None, route)
    of_gzip = {"ETag": f'"{document.tag}-gzip"', **sent, "Content-Encoding": "gzip"}
    return Sendable(document.tag, plain, _form(squeezed, of_gzip, document.media_type), route)


def _form(body: bytes, sent: Mapping[str, str], media_type: str) -> Form:
    of_body = {"Content-Length": str(len(body)), "Content-Type": media_type}
    unchanged = {name: value for name, value in sent.items() if not name.startswith("Content-")}
    return Form(_encoded({**of_body, **sent}), _encoded(unchanged), body)


def _encoded(headers: Mapping[str, str]) -> Headers:
    return tuple((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items())


def _raw(status: int, headers: Headers, body: bytes) -> Response:
    response = Response(body, status)
    response.raw_headers = list(headers)
    return response


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
