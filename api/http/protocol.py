"""A connection that cannot be held open for nothing: its head must come in time, and be neither long nor broken."""

import asyncio
from functools import lru_cache
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.http.problems import MEDIA_TYPE, ProblemError, problem_body
from api.http.settings import settings_from

LONGEST_URL_BYTES = 8192
MOST_HEADER_BYTES = 32_768
_REASONS = {400: b"Bad Request", 408: b"Request Timeout", 414: b"URI Too Long", 431: b"Request Header Fields Too Large"}


@lru_cache(maxsize=1)
def _head_seconds() -> float:
    return settings_from().head_seconds


class _RefusedError(Exception):
    """Stops the parser in the middle of a head."""


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with a limit on the URL, on the headers, and on the time until both are here."""

    _head_timer: asyncio.TimerHandle | None = None
    _header_bytes = 0

    def connection_made(self, transport: Any) -> None:
        """Start the clock: a client that says nothing is not kept."""
        super().connection_made(transport)
        self._start_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._stop_clock()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Start the clock for the next request of a connection."""
        super().on_message_begin()
        self._header_bytes = 0
        self._start_clock()

    def on_url(self, url: bytes) -> None:
        """Refuse a URL that is too long before it is all here."""
        super().on_url(url)
        if len(self.url) > LONGEST_URL_BYTES:
            raise _RefusedError("url_too_long")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Refuse headers that are too large in all."""
        super().on_header(name, value)
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > MOST_HEADER_BYTES:
            raise _RefusedError("headers_too_large")

    def on_headers_complete(self) -> None:
        """Stop the clock: from here on the body has its own."""
        self._stop_clock()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP, or was refused, as a problem document."""
        self._refuse(self._refused_by() or "malformed_request")

    def _refused_by(self) -> str | None:
        """Return the code of a refusal that the parser wrapped in an error of its own."""
        if len(getattr(self, "url", b"")) > LONGEST_URL_BYTES:
            return "url_too_long"
        return "headers_too_large" if self._header_bytes > MOST_HEADER_BYTES else None

    def _refuse(self, code: str) -> None:
        error = ProblemError(code)
        body = problem_body(error, "/")
        reason = _REASONS[error.status_code]
        head = (
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
