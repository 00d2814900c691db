"""The edge: what every request passes, whatever its route. Plain ASGI, since it runs on every cached answer too.

In: request id, key, size and patience of the body. Out: security headers, CORS for GET, HEAD without a body, one log
line, metrics, and a problem document for whatever went wrong inside.
"""

import asyncio
import re
import secrets
import time
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as AsgiScope

from api.http.access import admit, take_token
from api.http.bodies import check_json, has_body, read_body, replay
from api.http.keys import KeyRing
from api.http.logs import LOG
from api.http.metrics import REQUEST_SECONDS, REQUESTS
from api.http.problems import MEDIA_TYPE, ProblemError, problem_body
from api.http.ready import ReadyAnswers
from api.http.responses import Sendable
from api.http.settings import Settings

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
_PAGE_POLICY = b"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
_FIXED_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"content-security-policy", _PAGE_POLICY),
)
_CORS_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"ETag, Link, Retry-After, X-Price-Snapshot, X-Request-Id"),
)
_PREFLIGHT_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"allow", b"GET, HEAD, POST, OPTIONS"),
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"GET, HEAD"),
    (b"access-control-allow-headers", b"Authorization, If-None-Match, X-Request-Id"),
    (b"access-control-max-age", b"86400"),
)


class Edge:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, settings: Settings, ring: KeyRing | None, ready: ReadyAnswers) -> None:
        self.app, self.settings, self.ring, self.ready = app, settings, ring, ready
        shared = "private" if ring is not None else "public"
        self.cache_control = f"{shared}, max-age={settings.max_age_seconds}"

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Pass one request through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await Passage(self, scope, send).go(receive)


class Passage:
    """One request on its way in and its response on its way out."""

    def __init__(self, edge: Edge, scope: AsgiScope, send: Send) -> None:
        self.edge, self.scope, self._send = edge, scope, send
        self.inner = scope  # of HEAD a copy: the server must know that it sends no body, the routes that it is a GET
        self.started = time.perf_counter()
        self.method: str = scope["method"]
        self.status = 0
        self.route = ""
        self.request_id = _request_id(scope)

    async def go(self, receive: Receive) -> None:
        """Answer the request; nothing is raised from here."""
        try:
            await self._inside(receive)
        except ProblemError as error:
            await self._fail(error)
        except asyncio.CancelledError:
            await self._fail(ProblemError("stopping"))
            raise
        except Exception:
            LOG.exception("internal error", request_id=self.request_id, path=self.scope["path"])
            await self._fail(ProblemError("internal"))
        finally:
            self._account()

    async def _inside(self, receive: Receive) -> None:
        token = take_token(self.scope)
        state = self.scope.setdefault("state", {})
        state["request_id"], state["cache_control"] = self.request_id, self.edge.cache_control
        if self.method == "OPTIONS":
            await self._preflight()
            return
        state["key"] = admit(self.scope["path"], self.scope["query_string"], token, self.edge.ring)
        if self.method in ("GET", "HEAD"):
            known = self.edge.ready.find((self.scope["path"], self.scope["query_string"]))
            if known is not None and not has_body(self.scope):
                await self._again(known)
                return
            self.inner = {**self.scope, "method": "GET"}
        settings = self.edge.settings
        body = await read_body(self.scope, receive, most_bytes=settings.body_bytes, seconds=settings.body_seconds)
        check_json(body)
        await self.edge.app(self.inner, replay(body, receive), self.send)

    async def send(self, message: Message) -> None:
        """Send a part of the response, with our headers on its head and no body for HEAD."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            extra = [*_FIXED_HEADERS, (b"x-request-id", self.request_id.encode())]
            if self.method in ("GET", "HEAD"):
                extra += _CORS_HEADERS
            own = list(message.get("headers", ()))
            named = {name.lower() for name, _ in own}  # a page may have a policy of its own: two would both hold
            message = {**message, "headers": [*own, *(pair for pair in extra if pair[0] not in named)]}
        elif self.method == "HEAD":
            message = {**message, "body": b""}
        await self._send(message)

    async def _again(self, known: Sendable) -> None:
        """Send what this address was answered before."""
        self.status, head, body = known.answer(self.scope["headers"])
        self.route = known.route
        headers = [*head, *_FIXED_HEADERS, (b"x-request-id", self.request_id.encode()), *_CORS_HEADERS]
        await self._send({"type": "http.response.start", "status": self.status, "headers": headers})
        await self._send({"type": "http.response.body", "body": b"" if self.method == "HEAD" else body})

    async def _preflight(self) -> None:
        await self.send({"type": "http.response.start", "status": 204, "headers": list(_PREFLIGHT_HEADERS)})
        await self.send({"type": "http.response.body", "body": b""})

    async def _fail(self, error: ProblemError) -> None:
        """Send a problem, where nothing was sent yet."""
        if self.status:
            return
        body = problem_body(error, self.scope["path"])
        headers = {"content-type": MEDIA_TYPE, "content-length": str(len(body)), "cache-control": "no-store"}
        headers |= {name.lower(): value for name, value in (error.headers or {}).items()}
        if error.code in ("body_too_large", "too_slow", "stopping"):
            headers["connection"] = "close"
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await self.send({"type": "http.response.start", "status": error.status_code, "headers": raw})
        await self.send({"type": "http.response.body", "body": body})

    def _account(self) -> None:
        """Count the request and log it: the path without its query, the key's id and never the key."""
        seconds = time.perf_counter() - self.started
        route = self.route or _route(self.inner)
        REQUESTS.labels(route, str(self.status)).inc()
        REQUEST_SECONDS.labels(route).observe(seconds)
        path = self.scope["path"]
        if path in _PROBES and self.status < 400:
            return
        key = self.scope.get("state", {}).get("key")
        LOG.info(
            "request",
            method=self.method,
            path=path,
            status=self.status,
            seconds=round(seconds, 6),
            request_id=self.request_id,
            key_id=key.key_id if key is not None else None,
        )


def _request_id(scope: AsgiScope) -> str:
    """Return the client's own id where it is a sane one, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value.decode("latin-1")):
            given: str = value.decode("latin-1")
            return given
    return secrets.token_hex(8)


def _route(scope: AsgiScope) -> str:
    """Return the route's template: a label must not grow with what clients type."""
    route: Any = scope.get("route")
    return getattr(route, "path", None) or "none"
