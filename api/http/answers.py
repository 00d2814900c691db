"""Answers that are a function of the address and of one set of prices: made once, kept while there is room."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable

from starlette.requests import Request

from api.http.responses import Document

MOST_BYTES = 64 * 2**20
Key = tuple[str, str, bytes]
"""(version of prices or facts, address or task, query)."""


class Answers:
    """A cache of documents, bounded in bytes; the one that was not asked for the longest makes room."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self._bytes = 0
        self._kept: OrderedDict[Key, Document] = OrderedDict()

    async def get(self, request: Request, version: str, make: Callable[[], Document]) -> Document:
        """Return the answer to a request on one version of prices or facts, made in a thread where it is not kept."""
        key = (version, request.scope["path"], request.scope["query_string"])
        found = self.find(key)
        if found is None:
            found = await asyncio.to_thread(make)
            self.keep(key, found)
        return found

    def find(self, key: Key) -> Document | None:
        """Return a document that is kept, or None."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def keep(self, key: Key, document: Document) -> None:
        """Keep a document."""
        if key in self._kept:
            return
        self._kept[key] = document
        self._bytes += len(document.body)
        while self._bytes > self.most_bytes and self._kept:
            self._bytes -= len(self._kept.popitem(last=False)[1].body)
