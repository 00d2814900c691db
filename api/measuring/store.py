"""The user's own measurements: one CSV in the data directory, only ever appended to, whole or not at all."""

import csv
import io
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from platformdirs import user_data_path

from api.measuring.rows import COLUMNS, Row, to_csv
from catalog import InvalidInputError

LOCK_SECONDS = 10.0
STALE_SECONDS = 60.0
PAUSE_SECONDS = 0.05


def own_measurements_path() -> Path:
    """Return the file of the user's own measurements; it need not exist."""
    return user_data_path("gpumix") / "measurements.csv"


def own_calibration_path() -> Path:
    """Return the file of the user's own coefficients; it need not exist."""
    return user_data_path("gpumix") / "calibration.json"


class MeasurementStore:
    """Reads and appends to a file of measurements."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def rows(self) -> tuple[Row, ...]:
        """Return every row, the oldest first. Raises InvalidInputError where the file is not one of this store."""
        text = self._text()
        if not text:
            return ()
        reader = csv.DictReader(io.StringIO(text))
        if list(reader.fieldnames or ()) != COLUMNS:
            raise InvalidInputError(
                f"{self.path} does not have the columns of gpumix's own measurements", "move it away, then import anew"
            )
        return tuple(reader)

    def append(self, rows: Sequence[Row]) -> None:
        """Add the rows of one file. Raises InvalidInputError where it was imported before, or cannot be written."""
        with self._writing():
            self._check_new(rows)
            before = self._text()
            replace_file(self.path, before + to_csv(rows, header=not before))

    def forget(self, name: str) -> tuple[Row, ...]:
        """Drop the rows of a run or an import, by its id, and return them. Raises InvalidInputError on no such one."""
        with self._writing():
            rows = self.rows()
            gone = tuple(row for row in rows if name in (row["experiment_id"], row["source_id"]))
            if not gone:
                raise InvalidInputError(f"there is no run and no import {name!r}", "gpumix measure list shows them")
            replace_file(self.path, to_csv([row for row in rows if row not in gone]))
        return gone

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Keep others out of the file. Raises InvalidInputError where it cannot be written."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with _locked(self.path):
                yield
        except OSError as error:
            raise InvalidInputError(
                f"{self.path} cannot be written: {error.strerror}", "set XDG_DATA_HOME to a directory of yours"
            ) from error

    def _check_new(self, rows: Sequence[Row]) -> None:
        digests = {row["file_sha256"] for row in rows}
        for row in self.rows():
            if row["file_sha256"] in digests:
                raise InvalidInputError(
                    f"this file was imported at {row['imported_at']} as {row['file_name']}",
                    f"to import it anew, first: gpumix measure forget {row['source_id']}",
                )

    def _text(self) -> str:
        try:
            return self.path.read_text("utf-8")
        except FileNotFoundError:
            return ""


def replace_file(path: Path, text: str) -> None:
    """Write a file whole: beside it first, then in its place."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other imports out, by a file beside it. Raises InvalidInputError where one holds on."""
    lock = path.with_name(f"{path.name}.lock")
    end = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            break
        except FileExistsError:
            if _age_seconds(lock) > STALE_SECONDS:  # an import that was killed
                lock.unlink(missing_ok=True)
            elif time.monotonic() > end:
                raise InvalidInputError(f"another import holds {lock}", "wait for it, or delete that file") from None
            else:
                time.sleep(PAUSE_SECONDS)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _age_seconds(lock: Path) -> float:
    try:
        return time.time() - lock.stat().st_mtime
    except FileNotFoundError:
        return 0.0
