"""The tables, as queries name them; `migrations` creates them.

batches 1-n prices n-1 offers, prices n-1 facts: a price row is small, so that a year of daily prices is, too.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC on both databases; SQLite keeps it as text that sorts by time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment in UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the moment with its zone, which SQLite drops."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


METADATA = MetaData()

VERSIONS = Table(
    "schema_versions",
    METADATA,
    Column("version", Integer, primary_key=True),
    Column("applied_at", UtcDateTime, nullable=False),
)

BATCHES = Table(
    "batches",
    METADATA,
    Column("batch_id", Integer, primary_key=True, autoincrement=False),
    Column("feed", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("fetched_at", UtcDateTime, nullable=False),
    Column("stored_at", UtcDateTime, nullable=False),
    Column("offers", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("gone", Integer, nullable=False),
    Column("rejected", JSON, nullable=False),
    Column("error", Text, nullable=False),
)

OFFERS = Table(
    "offers",
    METADATA,
    Column("offer_key", Integer, primary_key=True, autoincrement=False),
    Column("provider", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("instance_type", Text, nullable=False),
    Column("term", Text, nullable=False),
    Column("feed", Text, nullable=False),
)

FACTS = Table(
    "facts",
    METADATA,
    Column("facts_key", Integer, primary_key=True, autoincrement=False),
    Column("digest", Text, nullable=False, unique=True),
    Column("tier", Text, nullable=False),
    Column("continent", Text),
    Column("currency", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("source_url", Text, nullable=False),
    Column("gpu_id", Text, nullable=False),
    Column("gpu_count", Integer, nullable=False),
    Column("intra_link_id", Text),
    Column("inter_link_id", Text),
    Column("link_basis", Text, nullable=False),
    Column("vcpus", Float),
    Column("ram_gib", Float),
    Column("note", Text, nullable=False),
)

FACT_COLUMNS = tuple(column.name for column in FACTS.columns)[2:]

PRICES = Table(
    "prices",
    METADATA,
    Column("offer_key", Integer, primary_key=True),
    Column("opened_by", Integer, primary_key=True),
    Column("unseen_since", Integer),
    Column("closed_by", Integer),
    Column("facts_key", Integer, nullable=False),
    Column("usd_per_hour", Text, nullable=False),
    Column("native_per_hour", Text),
    Column("observed_at", Date),
    Column("observed_until", Date),
    Column("valid_from", Date),
    Column("valid_until", Date),
)

REJECTIONS = Table(
    "rejections",
    METADATA,
    Column("feed", Text, nullable=False),
    Column("listed_by", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("zone", Text),
    Column("instance_type", Text, nullable=False),
    Column("term", Text, nullable=False),
    Column("usd_per_hour", Text),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
)

QUOTAS = Table(
    "quotas",
    METADATA,
    Column("provider", Text, primary_key=True),
    Column("region", Text, primary_key=True),
    Column("families", Text, primary_key=True),
    Column("market", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("vcpus", BigInteger, nullable=False),
    Column("opened_by", Integer, primary_key=True),
    Column("seen_by", Integer, nullable=False),
    Column("closed_by", Integer),
)

SNAPSHOTS = Table(
    "snapshots",
    METADATA,
    Column("batch_id", Integer, primary_key=True),
    Column("baseline_id", Text, primary_key=True),
    Column("snapshot_id", Text, nullable=False),
)

DOCUMENTS = Table(
    "documents",
    METADATA,
    Column("document_key", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("kept_at", UtcDateTime, nullable=False),
)
