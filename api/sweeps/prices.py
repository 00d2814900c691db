"""The prices of a sweep: one snapshot a day, kept beside its rows, packed for its workers."""

import json
import pickle
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from api.sweeps.points import Sweep
from catalog import InvalidInputError
from pricing import PricesMissingError, Snapshot
from pricing.files import read_offers, write_offers
from pricing.store.current import current_snapshot


@dataclass(frozen=True, slots=True)
class PackedPrices:
    """A snapshot on its way to a worker."""

    snapshot_id: str
    content: bytes

    @classmethod
    def of(cls, snapshot: Snapshot) -> "PackedPrices":
        """Pack a snapshot."""
        return cls(snapshot.snapshot_id, zlib.compress(pickle.dumps(snapshot, pickle.HIGHEST_PROTOCOL), 1))

    def unpack(self) -> Snapshot:
        """Return the snapshot."""
        snapshot: Snapshot = pickle.loads(zlib.decompress(self.content))  # noqa: S301  # packed by this program
        return snapshot


@dataclass(frozen=True, slots=True)
class SweepPrices:
    """The snapshot of every day of a sweep, and the day on which the sweep began, from which ages count."""

    began: date
    snapshots: Mapping[date | None, Snapshot]


def prices_of(sweep: Sweep) -> SweepPrices:
    """Return the prices known at the end of each day of a sweep, those that hold now for None.

    A day on which nothing was known has a snapshot without offers. Raises PricesMissingError where no day has any.
    """
    found = {day: current_snapshot(as_of=_end(day)) for day in sweep.days}
    if not any(snapshot.offers for snapshot in found.values()):
        raise PricesMissingError("no price had been seen by any day in as_of", "see: gpumix prices status")
    return SweepPrices(datetime.now(UTC).date(), found)


def kept_prices(folder: Path, find: Callable[[], SweepPrices]) -> SweepPrices:
    """Return the prices kept in a folder; the first time, those that `find` gives, which are kept from then on.

    So a sweep that goes on tomorrow ends on the prices on which it began. Raises InvalidInputError on a full disk.
    """
    index = folder / "prices.json"
    if index.exists():
        return _read(index)
    found = find()
    try:
        for snapshot in found.snapshots.values():
            _file(folder, snapshot.snapshot_id).write_text(write_offers(snapshot.offers), encoding="utf-8")
        days = {str(day): snapshot.snapshot_id for day, snapshot in found.snapshots.items()}
        unnamed = folder / "prices.tmp"
        unnamed.write_text(json.dumps({"began": str(found.began), "days": days}), encoding="utf-8")
        unnamed.replace(index)
    except OSError as error:
        raise InvalidInputError(
            f"{folder} cannot be written: {error.strerror}", "make room or choose another -o"
        ) from error
    return _read(index)


def _read(index: Path) -> SweepPrices:
    note = json.loads(index.read_text("utf-8"))
    known: dict[str, Snapshot] = {}
    for snapshot_id in note["days"].values():
        if snapshot_id not in known:
            offers = read_offers(_file(index.parent, snapshot_id).read_text("utf-8"))
            known[snapshot_id] = Snapshot(snapshot_id, offers, {})
    days = {None if day == "None" else date.fromisoformat(day): known[name] for day, name in note["days"].items()}
    return SweepPrices(date.fromisoformat(note["began"]), days)


def _file(folder: Path, snapshot_id: str) -> Path:
    return folder / f"prices-{snapshot_id}.csv"


def _end(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time.max, UTC)
