"""The one door to the store: open it, add batches, take snapshots, look back."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime

from sqlalchemy import Connection, Engine, insert, select

from catalog import Catalog, load_catalog
from pricing.offers import Offer, Snapshot
from pricing.rejections import Rejection
from pricing.spans import HistoryFilter, PriceSpan
from pricing.store import reading
from pricing.store.batches import LIVE, Batch, BatchRecord, Changes
from pricing.store.connections import damaged, read_transaction, refresh_lock, write_transaction
from pricing.store.location import database_url
from pricing.store.merging import (
    Baseline,
    InForce,
    baseline_at,
    in_force,
    make_snapshot,
    merge,
    rejected_in_all,
    shipped_baseline,
    snapshot_id,
    strangers,
)
from pricing.store.opening import open_database
from pricing.store.quotas import quotas_at, write_quotas
from pricing.store.schema import BATCHES, SNAPSHOTS
from pricing.store.spans import price_spans
from pricing.store.writing import write_batch

Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


class PriceStore:
    """Stored prices over a baseline. Safe to use from several threads and several programs at once."""

    def __init__(self, engine: Engine, baseline: Baseline, clock: Clock, catalog: Catalog | None = None) -> None:
        self._engine = engine
        self._baseline = baseline
        self._clock = clock
        self._catalog = catalog or load_catalog()

    @classmethod
    def open(cls, url: str | None = None, baseline: Baseline | None = None, clock: Clock = _now) -> "PriceStore":
        """Open a database, made or brought up to date first where needed. Raises StoreError, InvalidInputError.

        `url` None is GPUMIX_DATABASE_URL or the user's own file; `baseline` None is what ships with gpumix.
        """
        return cls(open_database(url or database_url(), clock), baseline or shipped_baseline(), clock)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def refreshing(self, provider: str) -> AbstractContextManager[None]:
        """Wait until no other program refreshes a provider, and keep others waiting meanwhile. Raises StoreError."""
        return refresh_lock(self._engine, provider)

    def add_batch(self, batch: Batch) -> Changes:
        """Store a batch in one transaction. Raises OutdatedBatchError where a newer one is stored, StoreError."""
        return self.add_batches([batch])[0]

    def add_batches(self, batches: Sequence[Batch]) -> list[Changes]:
        """Store batches in one transaction, all of them or none. Raises OutdatedBatchError, StoreError."""
        done: list[Changes] = []
        with write_transaction(self._engine) as connection:
            for batch in batches:
                done.append(write_batch(connection, batch, self._clock()))
                write_quotas(connection, batch, done[-1].batch_id)
            if done:
                row = {
                    "batch_id": done[-1].batch_id,
                    "baseline_id": self._baseline.snapshot_id,
                    "snapshot_id": snapshot_id(self._offers(connection, done[-1].batch_id)),
                }
                connection.execute(insert(SNAPSHOTS), [row])
        return done

    def preview(self, batch: Batch) -> Changes:
        """Return what a batch would change, storing nothing. Raises OutdatedBatchError, StoreError."""
        with write_transaction(self._engine) as connection:
            changes = write_batch(connection, batch, self._clock())
            connection.rollback()
        return changes

    def listed_by(self, provider: str, feed: str = LIVE) -> tuple[Offer, ...]:
        """Return the stored offers of a provider from one feed, whatever other feeds say of them."""
        with read_transaction(self._engine) as connection:
            last = reading.horizon(connection, None)
            return tuple(reading.offers_at(connection, last, provider).get(feed, ()))

    def snapshot(self, as_of: datetime | None = None) -> Snapshot:
        """Return the prices known at a moment (None: now), each with the day it was last seen by then.

        Baseline rows seen later than `as_of` are not in it, nor are contract rates that did not hold on that day. The
        same moment gives the same rows and the same id.
        """
        day = self._today() if as_of is None else as_of.astimezone(UTC).date()
        with read_transaction(self._engine) as connection:
            last = reading.horizon(connection, as_of)
            baseline = baseline_at(self._baseline, as_of)
            known = select(SNAPSHOTS.c.snapshot_id).where(
                SNAPSHOTS.c.batch_id == last, SNAPSHOTS.c.baseline_id == baseline.snapshot_id
            )
            identity = baseline.snapshot_id if not last else connection.scalar(known)
            complete = reading.complete_providers(connection, last)
            held = self._held(connection, last, day)
            counts = reading.rejected_counts(reading.last_batches(connection, last, failed=False))
            quotas = quotas_at(connection, last)
        offers = merge(held.offers, baseline.offers, complete)
        counts = {reason: counts.get(reason, 0) + held.counts.get(reason, 0) for reason in {**counts, **held.counts}}
        rejected = rejected_in_all(counts, baseline.rejections, complete)
        return make_snapshot(offers, rejected, identity if held.fixed else None, quotas)

    def snapshot_named(self, identity: str) -> Snapshot | None:
        """Return the stored snapshot of an id, None where no batch led to it or its rows are no longer the same."""
        known = select(SNAPSHOTS.c.batch_id).where(SNAPSHOTS.c.snapshot_id == identity)
        with read_transaction(self._engine) as connection:
            moments = connection.scalars(select(BATCHES.c.stored_at).where(BATCHES.c.batch_id.in_(known))).all()
        found = (self.snapshot(moment) for moment in moments)
        return next((snapshot for snapshot in found if snapshot.snapshot_id == identity), None)

    def check(self) -> None:
        """Read everything and hold the last prices against the id of what was written. Raises StoreUnreadableError.

        SQLite finds pages that cannot be; a cell that says something else than was stored only shows in the id.
        """
        with read_transaction(self._engine) as connection:
            if self._engine.dialect.name == "sqlite":
                found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
                if found != "ok":
                    raise damaged(self._engine.url, str(found))
            last = reading.horizon(connection, None)
            written = select(SNAPSHOTS.c.snapshot_id).where(
                SNAPSHOTS.c.batch_id == last, SNAPSHOTS.c.baseline_id == self._baseline.snapshot_id
            )
            identity = connection.scalar(written)
            held = self._held(connection, last, self._today())
            if identity is None or not held.fixed:
                return
            complete = reading.complete_providers(connection, last)
            if snapshot_id(merge(held.offers, self._baseline.offers, complete)) != identity:
                raise damaged(self._engine.url, f"its prices are not those that batch {last} wrote")

    def batches(self) -> tuple[BatchRecord, ...]:
        """Return the last batch of each feed, failed or not, by provider."""
        with read_transaction(self._engine) as connection:
            records = reading.last_batches(connection, None).values()
        return tuple(sorted(records, key=lambda record: (record.provider, record.feed)))

    def good_batches(self) -> tuple[BatchRecord, ...]:
        """Return the last batch of each feed that was read, in whole or in part, by provider."""
        with read_transaction(self._engine) as connection:
            records = reading.last_batches(connection, None, failed=False).values()
        return tuple(sorted(records, key=lambda record: (record.provider, record.feed)))

    def rejections(self) -> tuple[Rejection, ...]:
        """Return what is left out now: by the last batches, outside a rate's days, by the baseline where it counts."""
        with read_transaction(self._engine) as connection:
            last = reading.horizon(connection, None)
            complete = reading.complete_providers(connection, last)
            stored = reading.rejections_of(connection)
            held = self._held(connection, last, self._today())
        shipped = (row for row in self._baseline.rejections if row.provider not in complete)
        return (*stored, *held.outside, *shipped)

    def history(self, wanted: HistoryFilter) -> tuple[PriceSpan, ...]:
        """Return the prices that matching offers have had, oldest first within each offer."""
        with read_transaction(self._engine) as connection:
            return price_spans(connection, wanted)

    def _offers(self, connection: Connection, last: int) -> list[Offer]:
        complete = reading.complete_providers(connection, last)
        held = self._held(connection, last, self._today())
        return merge(held.offers, self._baseline.offers, complete)

    def _held(self, connection: Connection, last: int, day: date) -> InForce:
        """Return the stored offers that hold on a day, without what the catalog does not know."""
        strange = strangers(reading.hardware(connection), self._catalog)
        return in_force(reading.offers_at(connection, last), day, strange)

    def _today(self) -> date:
        return self._clock().astimezone(UTC).date()
