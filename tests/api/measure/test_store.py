"""The store: appended to, whole or not at all, and each file once."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.measuring.importing import Load, read_rows
from api.measuring.points import Stated
from api.measuring.rows import COLUMNS, Row
from api.measuring.store import MeasurementStore
from catalog import InvalidInputError, load_catalog
from optimizer.evidence.measurements import HEADER, read_measurements
from tests.api.measure.files import METADATA, vllm

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def rows(concurrency: int = 32) -> tuple[Row, ...]:
    text = vllm(**METADATA, max_concurrency=concurrency)
    return read_rows("dir/run.json", text, Stated(), Load(), load_catalog(), NOW)[0]


def test_a_store_without_a_file_is_empty(tmp_path: Path) -> None:
    assert MeasurementStore(tmp_path / "none" / "m.csv").rows() == ()


def test_what_is_stored_is_read_back(tmp_path: Path) -> None:
    store = MeasurementStore(tmp_path / "new" / "m.csv")
    store.append(rows())
    assert [{name: row.get(name, "") for name in COLUMNS} for row in rows()] == list(store.rows())


def test_rows_are_appended(tmp_path: Path) -> None:
    store = MeasurementStore(tmp_path / "m.csv")
    store.append(rows(32))
    before = store.path.read_text()
    store.append(rows(8))
    assert store.path.read_text().startswith(before)
    assert 2 * len(rows()) == len(store.rows())


def test_a_row_says_where_it_comes_from() -> None:
    row = rows()[0]
    assert ("run.json", "2026-11-24T12:00:00Z") == (row["file_name"], row["imported_at"])
    assert row["source_id"] == f"mine-{row['file_sha256'][:12]}"


def test_the_file_is_a_measurement_file(tmp_path: Path) -> None:
    store = MeasurementStore(tmp_path / "m.csv")
    store.append(rows())
    assert COLUMNS[: len(HEADER)] == HEADER
    assert len(rows()) == len(read_measurements(store.path.read_text(), strict=True))


def test_a_file_is_imported_once(tmp_path: Path) -> None:
    store = MeasurementStore(tmp_path / "m.csv")
    store.append(rows())
    before = store.path.read_text()
    with pytest.raises(InvalidInputError, match="was imported at 2026-11-24"):
        store.append(rows())
    assert before == store.path.read_text()


def test_another_file_in_its_place_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InvalidInputError, match="does not have the columns"):
        MeasurementStore(path).append(rows())
    assert path.read_text() == "a,b\n1,2\n"


def test_imports_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    store = MeasurementStore(tmp_path / "m.csv")
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda count: store.append(rows(count)), range(1, 13)))
    assert 12 * len(rows()) == len(store.rows())


def test_nothing_is_left_beside_the_file(tmp_path: Path) -> None:
    store = MeasurementStore(tmp_path / "m.csv")
    store.append(rows())
    assert ["m.csv"] == [path.name for path in tmp_path.iterdir()]


def test_the_lock_of_an_import_that_was_killed_is_broken(tmp_path: Path) -> None:
    lock = tmp_path / "m.csv.lock"
    lock.touch()
    os.utime(lock, (0, 0))
    MeasurementStore(tmp_path / "m.csv").append(rows())
    assert not lock.exists()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInputError, match=r"m\.csv cannot be written"):
        MeasurementStore(tmp_path / "file" / "m.csv").append(rows())


def test_a_run_or_an_import_is_forgotten(tmp_path: Path) -> None:
    store = MeasurementStore(tmp_path / "m.csv")
    store.append(rows(32))
    store.append(rows(8))
    first, second = rows(32)[0], rows(8)
    assert len(rows(32)) == len(store.forget(first["source_id"]))
    assert [row["experiment_id"] for row in second] == [row["experiment_id"] for row in store.rows()]
    store.append(rows(32))  # a file that was forgotten may come again


def test_what_is_not_there_is_not_forgotten(tmp_path: Path) -> None:
    store = MeasurementStore(tmp_path / "m.csv")
    store.append(rows())
    with pytest.raises(InvalidInputError, match="no run and no import"):
        store.forget("another")
    assert len(rows()) == len(store.rows())


def test_a_store_from_which_all_is_forgotten_is_empty(tmp_path: Path) -> None:
    store = MeasurementStore(tmp_path / "m.csv")
    store.append(rows())
    store.forget(rows()[0]["source_id"])
    assert store.rows() == ()
