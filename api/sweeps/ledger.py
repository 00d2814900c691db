"""The ledger: which points are finished, on disk, so that a kill at any moment loses no finished point.

    sweep.parquet             the finished sweep; it appears at once and whole
    sweep.parquet.partial/    while it is not finished
        sweep.json            what is swept, on which prices, catalog and calibration
        prices-ID.csv         the prices, so that going on later solves the rest on the same ones
        rows-000001.parquet   finished points
        rows-000002.jsonl     finished points that are not yet many enough for a file; each line is synced to disk
        lock                  held by the one run that may write

A point is written once: what a file of rows holds is no longer read from the journal of the same number.
"""

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from api.sweeps.outcomes import Outcome, from_line, schema_of, table_of, to_line
from api.sweeps.points import Sweep
from catalog import InvalidInputError

ROWS_PER_FILE = 5_000
ROWS_PER_GROUP = 50_000
IDENTITY_KEY = b"gpumix"


@dataclass(frozen=True, slots=True)
class Identity:
    """What a sweep's outcomes are a function of, beside its prices."""

    sweep_id: str
    catalog_id: str
    calibration_id: str
    version: str = ""


class Ledger:
    """The finished points of one sweep. Use it as a context: it holds a lock."""

    def __init__(self, output: Path, sweep: Sweep, identity: Identity, rows_per_file: int = ROWS_PER_FILE) -> None:
        self._output = output
        self._sweep = sweep
        self._rows_per_file = rows_per_file
        self._number = 1
        self._recent: list[Outcome] = []
        self._journal: IO[str] | None = None
        self._lock: IO[str] | None = None
        self.identity = identity
        self.folder = output.with_name(f"{output.name}.partial")
        self.finished: set[int] = set()

    def __enter__(self) -> "Ledger":
        """Take the lock and read what is finished. Raises InvalidInputError where the files are of another sweep."""
        if self._output.exists():
            self._check(_metadata_of(self._output), self._output)
            self.finished = set(range(len(self._sweep)))
            shutil.rmtree(self.folder, ignore_errors=True)
            return self
        with _writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = (self.folder / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._read()
        except BlockingIOError as error:
            self._lock.close()
            raise InvalidInputError(
                f"another run is writing {self._output}", "wait for it, or name another -o"
            ) from error
        except BaseException:
            self._lock.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """Let go of the files and of the lock."""
        for file in (self._journal, self._lock):
            if file is not None:
                file.close()

    @property
    def complete(self) -> bool:
        """Return whether every point is finished."""
        return len(self.finished) == len(self._sweep)

    def unfinished(self) -> Iterator[int]:
        """Yield the points that are not finished when their turn comes."""
        return (point for point in range(len(self._sweep)) if point not in self.finished)

    def add(self, outcomes: Sequence[Outcome]) -> None:
        """Write outcomes; once this returns, no kill loses them."""
        new = [outcome for outcome in outcomes if outcome.point not in self.finished]
        with _writing(self._journal_path):
            if self._journal is None:
                self._journal = self._journal_path.open("a", encoding="utf-8")
            self._journal.writelines(to_line(outcome) for outcome in new)
            self._journal.flush()
            os.fsync(self._journal.fileno())
            self._recent += new
            self.finished.update(outcome.point for outcome in new)
            if len(self._recent) >= self._rows_per_file:
                self._close_journal()

    def finish(self) -> None:
        """Make the one file of all points, in their order, and remove the parts."""
        if self._output.exists():
            return
        with _writing(self._output):
            self._close_journal()
            whole = self.folder / "whole.tmp"
            schema = schema_of(self._sweep).with_metadata(self._metadata())
            parts = ds.dataset(sorted(map(str, self.folder.glob("rows-*.parquet"))), schema=schema_of(self._sweep))
            with pq.ParquetWriter(whole, schema, compression="zstd") as writer:
                for start in range(0, len(self._sweep), ROWS_PER_GROUP):
                    within = (ds.field("point") >= start) & (ds.field("point") < start + ROWS_PER_GROUP)
                    group = parts.to_table(filter=within).sort_by("point")
                    writer.write_table(group.replace_schema_metadata(schema.metadata), row_group_size=ROWS_PER_GROUP)
            _sync(whole)
            whole.replace(self._output)
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _journal_path(self) -> Path:
        return self.folder / f"rows-{self._number:06d}.jsonl"

    def _metadata(self) -> dict[bytes, bytes]:
        return {IDENTITY_KEY: json.dumps(_facts(self.identity), sort_keys=True).encode()}

    def _check(self, metadata: dict[bytes, bytes], place: Path) -> None:
        try:
            facts = json.loads(metadata.get(IDENTITY_KEY, b"null"))
        except ValueError:
            facts = None
        if facts != _facts(self.identity):
            same = isinstance(facts, dict) and facts.get("sweep_id") == self.identity.sweep_id
            what = "this sweep by another version of gpumix" if same else "another sweep, or no sweep at all"
            raise InvalidInputError(f"{place} holds {what}", "name another -o, or delete it")

    def _read(self) -> None:
        """Read the finished points, and cut off a line that a kill left half written."""
        note = self.folder / "sweep.json"
        if note.exists():
            self._check({IDENTITY_KEY: note.read_bytes()}, self.folder)
        else:
            _write(note, self._metadata()[IDENTITY_KEY])
        for path in sorted(self.folder.glob("rows-*.parquet")):
            self.finished.update(pq.read_table(path, columns=["point"])["point"].to_pylist())
            path.with_suffix(".jsonl").unlink(missing_ok=True)
            self._number = int(path.stem.removeprefix("rows-")) + 1
        if self._journal_path.exists():
            self._recent = _whole_lines(self._journal_path)
            self.finished.update(outcome.point for outcome in self._recent)

    def _close_journal(self) -> None:
        """Turn the journal into a file of rows."""
        if self._recent:
            rows = self.folder / f"rows-{self._number:06d}.parquet"
            sink = pa.BufferOutputStream()
            pq.write_table(table_of(self._sweep, self._recent), sink, compression="zstd")
            _write(rows, sink.getvalue())
        if self._journal is not None:
            self._journal.close()
        self._journal_path.unlink(missing_ok=True)
        self._journal, self._recent, self._number = None, [], self._number + 1


def _facts(identity: Identity) -> dict[str, str]:
    return {
        "sweep_id": identity.sweep_id,
        "catalog_id": identity.catalog_id,
        "calibration_id": identity.calibration_id,
        "version": identity.version,
    }


def _metadata_of(path: Path) -> dict[bytes, bytes]:
    """Return what a Parquet file says of itself, nothing where it is none."""
    try:
        return dict(pq.read_schema(path).metadata or {})
    except (pa.ArrowInvalid, OSError):
        return {}


def _whole_lines(path: Path) -> list[Outcome]:
    """Return the outcomes of a journal; its file ends after the last whole line from then on."""
    found: list[Outcome] = []
    end = 0
    with path.open("rb+") as file:
        for line in file:
            try:
                found.append(from_line(line.decode()))
            except ValueError:
                break
            end += len(line)
        file.truncate(end)
    return found


def _write(path: Path, content: Any) -> None:
    """Write a file that is there whole or not at all."""
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(content)
    _sync(temporary)
    temporary.replace(path)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


@contextlib.contextmanager
def _writing(place: Path) -> Iterator[None]:
    """Turn a full disk or a forbidden place into a sentence; what was finished stays finished."""
    try:
        yield
    except OSError as error:
        raise InvalidInputError(
            f"{place} cannot be written: {error.strerror or error}", "make room or choose another -o, then run it again"
        ) from error
