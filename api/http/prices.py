"""The prices of the moment, of a moment ago and of earlier days: what a request starts with, it ends with."""

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, date, datetime

from api.answering import Answerer, check_age, current_prices
from api.measuring.own import current_catalog
from catalog import Catalog, GpumixError, load_catalog
from pricing import PricesStaleError, Snapshot

SNAPSHOTS_KEPT = 4
PAST_DAYS_KEPT = 8


def today() -> date:
    """Return the day, in UTC."""
    return datetime.now(UTC).date()


class Prices:
    """The catalog, with what the server's user measured, and the latest snapshots.

    Swapping is one assignment, so a reader never sees half of one.
    """

    def __init__(
        self,
        source: Callable[[], Snapshot] = current_prices,
        facts: Callable[[], Catalog] = current_catalog,
        clock: Callable[[], date] = today,
        past: Callable[[date], Snapshot] | None = None,
    ) -> None:
        self._source, self._facts, self._clock = source, facts, clock
        self._past = current_prices if past is None and source is current_prices else past
        self._past_lock = threading.Lock()
        self._opened: OrderedDict[tuple[str, date], Answerer] = OrderedDict()
        self.catalog = load_catalog()
        self._lock = threading.Lock()
        self._current: Answerer | None = None
        self._kept: OrderedDict[str, Answerer] = OrderedDict()
        self._stale: PricesStaleError | None = None
        self._failure: GpumixError | None = None

    @property
    def loaded(self) -> bool:
        """Whether there are prices at all."""
        return self._current is not None

    def refresh(self) -> None:
        """Read prices and own measurements anew. Raises GpumixError where that fails; the last good ones then stay."""
        with self._lock:
            try:
                snapshot, catalog = self._source(), self._facts()
            except GpumixError as error:
                self._failure = error
                raise
            fresh = Answerer(catalog, snapshot)
            if self._current is None or self._current.version != fresh.version:
                self.catalog = catalog
                self._current = self._kept[snapshot.snapshot_id] = fresh
                while len(self._kept) > SNAPSHOTS_KEPT:
                    self._kept.popitem(last=False)
            self._stale = self._too_old(snapshot)

    def now(self) -> Answerer:
        """Return the answerer of the moment. Raises PricesStaleError, or PricesMissingError before any were read.

        Never waits for a database that did not answer: who reads the prices again does so beside the requests.
        """
        if self._current is None:
            if self._failure is not None:
                raise self._failure
            self.refresh()
        if self._stale is not None:
            raise self._stale
        assert self._current is not None
        return self._current

    def at(self, snapshot_id: str) -> Answerer | None:
        """Return the answerer of an earlier snapshot, while it is kept."""
        opened = (one for one in tuple(self._opened.values()) if one.snapshot.snapshot_id == snapshot_id)
        return self._kept.get(snapshot_id) or next(opened, None)

    async def held(self, day: date | None) -> Answerer:
        """Return the answerer of what was stored by the end of a day, None for now. Raises GpumixError."""
        if day is None:
            return self.now()
        known = self._known_on(day)
        return await asyncio.to_thread(self._open, day) if known is None else known

    def _known_on(self, day: date) -> Answerer | None:
        """Return the answerer of what was stored by the end of a day, if it need not be opened. Raises as `now`."""
        now = self.now()
        if self._past is None or day >= self._clock():
            return now
        return self._opened.get((now.version, day))

    def _open(self, day: date) -> Answerer:
        """Open what was stored by the end of a day, once for each set of prices: an import may add to the past."""
        with self._past_lock:
            known = self._known_on(day)
            if known is not None:
                return known
            now, past = self.now(), self._past
            assert past is not None
            snapshot = past(day)
            same = snapshot.snapshot_id == now.snapshot.snapshot_id
            opened = self._opened[now.version, day] = now if same else Answerer(self.catalog, snapshot)
            while len(self._opened) > PAST_DAYS_KEPT:
                self._opened.popitem(last=False)
            return opened

    def latest(self) -> Snapshot | None:
        """Return the snapshot of the moment, however old."""
        return None if self._current is None else self._current.snapshot

    def _too_old(self, snapshot: Snapshot) -> PricesStaleError | None:
        try:
            check_age(snapshot, self._clock())
        except PricesStaleError as error:
            return error
        return None
