"""Plans that several hosts share through one PostgreSQL; while it is away or slow they are not, and nobody waits.

A plan is a function of its key, so a host that hears nothing of the others only solves again what they have solved.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Protocol

import api
import catalog
import optimizer
import pricing
from api.http.logs import LOG
from catalog import GpumixError
from pricing.store.location import database_url, is_server

PATIENCE_SECONDS = 1.0  # for an answer of the database; solving takes about as long
REST_SECONDS = 5.0  # without asking again, once it failed or was late
WRITES_BETWEEN_PRUNINGS = 64
MOST_WAITING_WRITES = 16


class Documents(Protocol):
    """Where documents are kept; every method blocks. Raises GpumixError."""

    def get(self, key: str) -> bytes | None:
        """Return a document, or None."""

    def put(self, key: str, body: bytes) -> None:
        """Keep a document; of several of one key the first stays."""

    def prune(self, most: int) -> None:
        """Remove the oldest beyond `most`."""


def open_documents() -> Documents:
    """Open the documents of GPUMIX_DATABASE_URL."""
    from pricing.store.documents import DocumentStore

    return DocumentStore.open(database_url())


class SharedPlans:
    """Plans by key. Lives on the event loop; the database is asked in threads of its own, which may get stuck."""

    def __init__(
        self,
        most: int,
        open_them: Callable[[], Documents],
        version: str = "",
        patience_s: float = PATIENCE_SECONDS,
    ) -> None:
        self._most, self._open, self._version, self._patience_s = most, open_them, version, patience_s
        self._documents: Documents | None = None
        self._readers = ThreadPoolExecutor(1, thread_name_prefix="shared-get")
        self._writers = ThreadPoolExecutor(1, thread_name_prefix="shared-put")
        self._rest_until = 0.0
        self._waiting_writes = self._writes = 0

    @classmethod
    def of_settings(cls, most: int) -> "SharedPlans | None":
        """Return the plans shared through GPUMIX_DATABASE_URL, or None where that is no server."""
        return cls(most, open_documents, build_id()) if is_server(database_url()) else None

    async def get(self, key: str) -> bytes | None:
        """Return the JSON of a plan that another host may have made, or None."""
        if time.monotonic() < self._rest_until:
            return None
        asked = asyncio.get_running_loop().run_in_executor(self._readers, self._get, f"{self._version}/{key}")
        try:
            return await asyncio.wait_for(asyncio.shield(asked), self._patience_s)
        except TimeoutError:
            self._rest("no answer in time")
            asked.add_done_callback(_look_at)
        except GpumixError as error:
            self._rest(error.message)
        return None

    def put(self, key: str, body: bytes) -> None:
        """Let the other hosts have a plan, soon; it is not waited for."""
        if time.monotonic() < self._rest_until or self._waiting_writes >= MOST_WAITING_WRITES:
            return
        self._waiting_writes += 1
        told = asyncio.get_running_loop().run_in_executor(self._writers, self._put, f"{self._version}/{key}", body)
        told.add_done_callback(self._told)

    def close(self, *, wait: bool = False) -> None:
        """Drop what is not written yet, or wait until it is."""
        for threads in (self._readers, self._writers):
            threads.shutdown(wait=wait, cancel_futures=not wait)

    def _get(self, key: str) -> bytes | None:
        return self._opened().get(key)

    def _put(self, key: str, body: bytes) -> None:
        self._opened().put(key, body)
        self._writes += 1
        if self._writes % WRITES_BETWEEN_PRUNINGS == 0:
            self._opened().prune(self._most)

    def _opened(self) -> Documents:
        if self._documents is None:
            self._documents = self._open()
        return self._documents

    def _told(self, told: "asyncio.Future[None]") -> None:
        self._waiting_writes -= 1
        error = None if told.cancelled() else told.exception()
        if isinstance(error, GpumixError):
            self._rest(error.message)
        elif error is not None:
            LOG.error("plan not shared", cause=repr(error))

    def _rest(self, cause: str) -> None:
        if time.monotonic() >= self._rest_until:
            LOG.warning("plans not shared", cause=cause, seconds=REST_SECONDS)
        self._rest_until = time.monotonic() + REST_SECONDS


def _look_at(asked: "asyncio.Future[bytes | None]") -> None:
    """Read the error of an answer that nobody waits for any more."""
    if not asked.cancelled():
        asked.exception()


@cache
def build_id() -> str:
    """Return the hash of the program itself: what another build has made is not served by this one."""
    digest = hashlib.sha256()
    for package in (catalog, pricing, optimizer, api):
        for path in sorted(Path(str(package.__file__)).parent.rglob("*")):
            if path.suffix in (".py", ".csv"):
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
