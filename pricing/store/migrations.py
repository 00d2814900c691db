"""How the tables came to be: each step is SQL that both databases understand, applied once, in order, and never edited.

A change of `schema` is a new step at the end. `{text}` is a text that sorts by bytes, so that both databases and Python
agree on the order; `{moment}` is a time in UTC; `{compact}` keeps a table in the order of its key.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, insert, inspect, select

from pricing.store.errors import StoreUnreadableError
from pricing.store.schema import VERSIONS

_FIRST = """
CREATE TABLE batches (
    batch_id INTEGER PRIMARY KEY, feed {text} NOT NULL, provider {text} NOT NULL, status {text} NOT NULL,
    complete BOOLEAN NOT NULL, fetched_at {moment} NOT NULL, stored_at {moment} NOT NULL, offers INTEGER NOT NULL,
    new INTEGER NOT NULL, changed INTEGER NOT NULL, gone INTEGER NOT NULL, rejected JSON NOT NULL,
    error {text} NOT NULL);
CREATE INDEX batches_by_time ON batches (stored_at);
CREATE TABLE offers (
    offer_key INTEGER PRIMARY KEY, provider {text} NOT NULL, region {text} NOT NULL, zone {text} NOT NULL,
    instance_type {text} NOT NULL, term {text} NOT NULL, feed {text} NOT NULL);
CREATE UNIQUE INDEX offers_by_name ON offers (provider, region, zone, instance_type, term, feed);
CREATE TABLE facts (
    facts_key INTEGER PRIMARY KEY, digest {text} NOT NULL UNIQUE, tier {text} NOT NULL, continent {text},
    currency {text} NOT NULL, source {text} NOT NULL, source_url {text} NOT NULL, gpu_id {text} NOT NULL,
    gpu_count INTEGER NOT NULL, intra_link_id {text}, inter_link_id {text}, link_basis {text} NOT NULL,
    vcpus DOUBLE PRECISION, ram_gib DOUBLE PRECISION, note {text} NOT NULL);
CREATE TABLE prices (
    offer_key INTEGER NOT NULL REFERENCES offers,
    opened_by INTEGER NOT NULL REFERENCES batches DEFERRABLE INITIALLY DEFERRED,
    unseen_since INTEGER REFERENCES batches DEFERRABLE INITIALLY DEFERRED,
    closed_by INTEGER REFERENCES batches DEFERRABLE INITIALLY DEFERRED,
    facts_key INTEGER NOT NULL REFERENCES facts, usd_per_hour {text} NOT NULL, native_per_hour {text},
    observed_at DATE, observed_until DATE, PRIMARY KEY (offer_key, opened_by)) {compact};
CREATE TABLE rejections (
    feed {text} NOT NULL, listed_by {text} NOT NULL, origin {text} NOT NULL, provider {text} NOT NULL,
    region {text} NOT NULL, zone {text}, instance_type {text} NOT NULL, term {text} NOT NULL, usd_per_hour {text},
    reason {text} NOT NULL, detail {text} NOT NULL);
CREATE TABLE snapshots (
    batch_id INTEGER NOT NULL REFERENCES batches, baseline_id {text} NOT NULL, snapshot_id {text} NOT NULL,
    PRIMARY KEY (batch_id, baseline_id)) {compact};
CREATE INDEX snapshots_by_id ON snapshots (snapshot_id)
"""

_VALIDITY = "ALTER TABLE prices ADD COLUMN valid_from DATE; ALTER TABLE prices ADD COLUMN valid_until DATE"
_ACCOUNT_QUOTAS = """
CREATE TABLE quotas (
    provider {text} NOT NULL, region {text} NOT NULL, families {text} NOT NULL, market {text} NOT NULL,
    name {text} NOT NULL, vcpus BIGINT NOT NULL,
    opened_by INTEGER NOT NULL REFERENCES batches DEFERRABLE INITIALLY DEFERRED,
    seen_by INTEGER NOT NULL REFERENCES batches DEFERRABLE INITIALLY DEFERRED,
    closed_by INTEGER REFERENCES batches DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (provider, region, families, market, opened_by)) {compact}
"""

_SHARED = """
CREATE TABLE documents (document_key {text} PRIMARY KEY, body {bytes} NOT NULL, kept_at {moment} NOT NULL);
CREATE INDEX documents_by_age ON documents (kept_at)
"""

MIGRATIONS = (_FIRST, _VALIDITY, _SHARED, _ACCOUNT_QUOTAS)
LOCK_TIMEOUT = "10s"
_DIALECTS = {
    "sqlite": {"text": "TEXT", "moment": "TIMESTAMP", "compact": "WITHOUT ROWID", "bytes": "BLOB"},
    "postgresql": {
        "text": 'TEXT COLLATE "C"',
        "moment": "TIMESTAMP WITH TIME ZONE",
        "compact": "",
        "bytes": "BYTEA",
    },
}


def schema_version(connection: Connection, steps: Sequence[str] = MIGRATIONS) -> int:
    """Return how many steps a database has had. Raises StoreUnreadableError where a newer gpumix wrote it."""
    if not inspect(connection).has_table(VERSIONS.name):
        return 0
    version = connection.scalar(select(func.coalesce(func.max(VERSIONS.c.version), 0))) or 0
    if version > len(steps):
        raise StoreUnreadableError(
            f"the price database has schema {version}, this gpumix knows up to {len(steps)}",
            "upgrade gpumix, or set GPUMIX_DATABASE_URL to another database",
        )
    return version


def migrate(
    connection: Connection, now: datetime, steps: Sequence[str] = MIGRATIONS, lock_timeout: str = LOCK_TIMEOUT
) -> None:
    """Apply the steps that are missing, inside the caller's write transaction.

    A step that waits for a lock on PostgreSQL keeps everyone behind it waiting, so after a while it gives up.
    """
    done = schema_version(connection, steps)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{lock_timeout}'")
    words = _DIALECTS[connection.dialect.name]
    if not done:
        VERSIONS.create(connection, checkfirst=True)
    for version, script in enumerate(steps[done:], start=done + 1):
        for statement in script.format_map(words).split(";"):
            connection.exec_driver_sql(statement)
        connection.execute(insert(VERSIONS).values(version=version, applied_at=now))
