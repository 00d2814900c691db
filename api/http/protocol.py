"""A connection that cannot be held open for nothing: its head must come in time, and be neither long nor broken.

Where too many are open, the one that has been idle the longest makes room, so that idle ones keep nobody out.
"""

import asyncio
from functools import lru_cache
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.http.problems import MEDIA_TYPE, ProblemError, problem_body
from api.http.settings import settings_from

LONGEST_URL_BYTES = 8192
MOST_HEADER_BYTES = 32_768
MOST_CONNECTIONS = 900  # a process may have 1,024 files open, unless it is told otherwise
_REASONS = {
    400: b"Bad Request",
    408: b"Request Timeout",
    414: b"URI Too Long",
    429: b"Too Many Requests",
    431: b"Request Header Fields Too Large",
}


@lru_cache(maxsize=1)
def _head_seconds() -> float:
    return settings_from().head_seconds


class _RefusedError(Exception):
    """Stops the parser in the middle of a head."""


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with a limit on the URL, on the headers, and on the time until both are here."""

    most_connections = MOST_CONNECTIONS
    _head_timer: asyncio.TimerHandle | None = None
    _idle_since: float | None = None
    _refused_as = "malformed_request"
    _header_bytes = 0
    _hosts = 0

    def connection_made(self, transport: Any) -> None:
        """Start the clock: a client that says nothing is not kept."""
        super().connection_made(transport)
        self._make_room()
        self._idle_since = self.loop.time()
        self._start_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._stop_clock()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Start the clock for the next request of a connection."""
        super().on_message_begin()
        self._header_bytes = self._hosts = 0
        self._start_clock()

    def on_url(self, url: bytes) -> None:
        """Refuse a URL that is too long before it is all here."""
        super().on_url(url)
        if len(self.url) > LONGEST_URL_BYTES:
            self._stop_at("url_too_long")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Refuse headers that are too large in all."""
        super().on_header(name, value)
        self._hosts += name.lower() == b"host"
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > MOST_HEADER_BYTES:
            self._stop_at("headers_too_large")

    def on_headers_complete(self) -> None:
        """Stop the clock: from here on the body has its own."""
        if self._hosts != 1 and self.parser.get_http_version() == "1.1":
            self._stop_at("malformed_request")
        if len(self.connections) > self.most_connections:
            self._stop_at("busy")
        self._stop_clock()
        self._idle_since = None
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """From here on the connection is idle, unless the next request is here already."""
        super().on_response_complete()
        if self.timeout_keep_alive_task is not None:
            self._idle_since = self.loop.time()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP, or was refused, as a problem document."""
        self._refuse(self._refused_as)

    def _stop_at(self, code: str) -> None:
        """Stop the parser, which wraps the error in one of its own."""
        self._refused_as = code
        raise _RefusedError(code)

    def _make_room(self) -> None:
        """Close the connection that has been idle the longest, where there are too many."""
        if len(self.connections) <= self.most_connections:
            return
        ours = (other for other in self.connections if isinstance(other, GuardedProtocol))
        idle = [(other._idle_since, other) for other in ours if other._idle_since is not None]
        if idle:
            _, other = min(idle, key=lambda pair: pair[0])
            self.connections.discard(other)
            other.transport.close()

    def _refuse(self, code: str) -> None:
        error = ProblemError(code)
        body = problem_body(error, "/")
        reason = _REASONS[error.status_code]
        head = ("retry-after: 1\r\n" if code == "busy" else "") + (
            f"content-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\n"
            "x-content-type-options: nosniff\r\nconnection: close\r\n\r\n"
        )
        self._stop_clock()
        if not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 %d %s\r\n" % (error.status_code, reason) + head.encode() + body)
            self.transport.close()

    def _start_clock(self) -> None:
        self._stop_clock()
        self._head_timer = self.loop.call_later(_head_seconds(), self._too_late)

    def _stop_clock(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_late(self) -> None:
        """Close a silent connection without a word, a slow one with one."""
        if getattr(self, "url", None):
            self._refuse("too_slow")
        elif not self.transport.is_closing():
            self.transport.close()
