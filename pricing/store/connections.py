"""Connections to SQLite or PostgreSQL: engines, read and write transactions, locks, and errors in plain words."""

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.pool import ConnectionPoolEntry

from catalog import InvalidInputError
from pricing.store.errors import StoreBusyError, StoreError, StoreUnreadableError
from pricing.store.location import URL_SETTING, sqlite_path

BUSY_TIMEOUT_S = 30
_WRITERS = (
    0x67707578  # one advisory lock orders all writers, so that batches are numbered in the order of their commits
)
REFRESH_WAIT_S = 600
_ALIVE = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,  # milliseconds
}
"""How soon this end notices that the other is gone; the URL may say otherwise. The server is told the same."""
IDLE_IN_TRANSACTION_S = 60
_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
_DAMAGED = ("not a database", "malformed", "disk image", "no such table", "no such column", "unsupported file format")


def connect(url: str) -> Engine:
    """Return an engine; nothing is opened yet. Raises InvalidInputError where the URL names no database we know."""
    parsed = _parse(url)
    path = sqlite_path(url)
    if path is not None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreBusyError(f"{path.parent} cannot be made: {error.strerror}", f"set {URL_SETTING}") from error
    if parsed.get_backend_name() != "sqlite":
        return _postgresql(parsed)
    wait = {} if "timeout" in parsed.query else {"timeout": BUSY_TIMEOUT_S}
    engine = create_engine(parsed, connect_args={**wait, "check_same_thread": False})
    event.listen(engine, "connect", _open_sqlite)
    return engine


@contextmanager
def read_transaction(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that sees one moment of the database. Raises StoreError."""
    with _plain_errors(engine.url), engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        else:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield connection
        connection.rollback()


@contextmanager
def write_transaction(engine: Engine) -> Iterator[Connection]:
    """Open the one write transaction at a time; an error, or the end of the program, undoes it. Raises StoreError."""
    with _plain_errors(engine.url), engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(text("SELECT pg_advisory_xact_lock(:writers)"), {"writers": _WRITERS})
        yield connection
        connection.commit()


@contextmanager
def plain_transaction(engine: Engine) -> Iterator[Connection]:
    """Open a short transaction that orders itself with no other one. Raises StoreError."""
    with _plain_errors(engine.url), engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        yield connection
        connection.commit()


@contextmanager
def refresh_lock(engine: Engine, name: str) -> Iterator[None]:
    """Wait until no other program refreshes `name`; several hosts share a PostgreSQL, but nobody a SQLite file."""
    if engine.dialect.name == "sqlite":
        yield
        return
    key = {"writers": _WRITERS, "name": zlib.crc32(name.encode()) - 2**31}
    with _plain_errors(engine.url), engine.connect() as connection:
        autocommit = connection.execution_options(isolation_level="AUTOCOMMIT")
        autocommit.execute(text(f"SET lock_timeout = '{REFRESH_WAIT_S}s'"))
        autocommit.execute(text("SELECT pg_advisory_lock(:writers, :name)"), key)
        try:
            yield
        finally:
            try:
                autocommit.execute(text("SELECT pg_advisory_unlock(:writers, :name)"), key)
                autocommit.execute(text("RESET lock_timeout"))
            except DBAPIError:
                connection.invalidate()  # the session is gone, and the lock with it


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        driver = _DRIVERS[parsed.drivername.partition("+")[0]]
    except (ArgumentError, KeyError, ValueError) as error:
        hint = "write it as sqlite:////path/prices.db or postgresql://user@host/name"
        raise InvalidInputError(f"{URL_SETTING} names no SQLite or PostgreSQL database", hint) from error
    return parsed.set(drivername=driver)


def _postgresql(url: URL) -> Engine:
    """Return an engine whose sessions end on both ends soon after a host is cut off, and give their locks back."""
    try:
        alive = {name: int(str(url.query.get(name, default))) for name, default in _ALIVE.items()}
    except ValueError as error:
        raise InvalidInputError(f"{URL_SETTING}: {', '.join(_ALIVE)} are whole numbers", "correct the URL") from error
    session = {
        "tcp_keepalives_idle": alive["keepalives_idle"],
        "tcp_keepalives_interval": alive["keepalives_interval"],
        "tcp_keepalives_count": alive["keepalives_count"],
        "tcp_user_timeout": alive["tcp_user_timeout"],
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_S * 1000,
    }

    def tell(connection: Any, _: ConnectionPoolEntry) -> None:
        connection.execute("; ".join(f"SET {name} = {value}" for name, value in session.items()))
        connection.commit()

    engine = create_engine(url, pool_pre_ping=True, max_overflow=40, connect_args=alive)
    event.listen(engine, "connect", tell)
    return engine


def _open_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    """Leave transactions to us, and let readers go on while one writes."""
    connection.isolation_level = None
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    if mode not in ("wal", "memory"):
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")


@contextmanager
def _plain_errors(url: URL) -> Iterator[None]:
    """Turn what a driver raises into a StoreError that names the database, never its password."""
    try:
        yield
    except (DataError, IntegrityError, ProgrammingError):
        raise  # our own mistake, not the database's
    except DBAPIError as error:
        raise _explain(url, error.orig or error) from error
    except sqlite3.DatabaseError as error:
        raise _explain(url, error) from error


def _explain(url: URL, error: Any) -> StoreError:
    reason = str(error).strip().partition("\n")[0]
    if url.get_backend_name() != "sqlite":
        if "lock timeout" in reason:
            return StoreBusyError(
                f"another gpumix has kept {url.set(password=None)} locked for long", "wait for it, or end it; run again"
            )
        hint = f"check that it runs and that {URL_SETTING} is right; unset it to use a local file"
        return StoreBusyError(f"the price database {url.set(password=None)} does not answer: {reason}", hint)
    file = url.database
    if any(words in reason for words in _DAMAGED):
        return damaged(url, reason)
    if "full" in reason or "I/O error" in reason:
        return StoreBusyError(
            f"the price database {file} cannot be written or read: {reason}",
            "make room, and look at the disk; then run it again",
        )
    hint = "wait for the other gpumix that writes it" if "locked" in reason else "check the path and its permissions"
    return StoreBusyError(f"the price database {file} cannot be used: {reason}", hint)


def damaged(url: URL, reason: str) -> StoreUnreadableError:
    """Return the error of a database that cannot be believed, with the way back."""
    if url.get_backend_name() != "sqlite":
        return StoreUnreadableError(
            f"the price database {url.set(password=None)} is damaged: {reason}", "restore it from its own backup"
        )
    file = Path(str(url.database))
    aside = f"mkdir -p {file.parent}/damaged && mv {file}* {file.parent}/damaged/"
    return StoreUnreadableError(
        f"the price database {file} is damaged: {reason}",
        f"move it away ({aside}), then gpumix prices import EXPORT.csv, if you kept what gpumix prices export wrote, "
        "or gpumix prices refresh; shipped prices need no database",
    )
