"""Finished documents that several hosts share through one database: bytes by key, the latest few kept."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from pricing.store.connections import plain_transaction
from pricing.store.opening import open_database
from pricing.store.schema import DOCUMENTS

_PRUNERS = 0x67707579  # one host prunes at a time: two would wait for each other's rows


def _now() -> datetime:
    return datetime.now(UTC)


class DocumentStore:
    """Documents by key. A key says everything that its document is a function of, so none is ever wrong."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._insert: Any = sqlite.insert if engine.dialect.name == "sqlite" else postgresql.insert

    @classmethod
    def open(cls, url: str) -> "DocumentStore":
        """Open a database, made or brought up to date first where needed. Raises StoreError, InvalidInputError."""
        return cls(open_database(url, _now))

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def get(self, key: str) -> bytes | None:
        """Return a document, or None. Raises StoreError."""
        with plain_transaction(self._engine) as connection:
            found = connection.scalar(select(DOCUMENTS.c.body).where(DOCUMENTS.c.document_key == key))
        return None if found is None else bytes(found)

    def put(self, key: str, body: bytes) -> None:
        """Keep a document; of several of one key the first stays. Raises StoreError."""
        row = {"document_key": key, "body": body, "kept_at": _now()}
        with plain_transaction(self._engine) as connection:
            connection.execute(self._insert(DOCUMENTS).on_conflict_do_nothing(), [row])

    def prune(self, most: int) -> None:
        """Remove the oldest documents beyond `most`, unless another host is doing so. Raises StoreError."""
        with plain_transaction(self._engine) as connection:
            if self._engine.dialect.name == "postgresql" and not connection.scalar(
                select(func.pg_try_advisory_xact_lock(_PRUNERS))
            ):
                return
            latest = DOCUMENTS.c.kept_at.desc(), DOCUMENTS.c.document_key
            kept = select(DOCUMENTS.c.document_key).order_by(*latest).limit(most)
            connection.execute(delete(DOCUMENTS).where(DOCUMENTS.c.document_key.not_in(kept)))
