"""The ledger: nothing finished is lost, nothing is written twice, nothing of somebody else is touched."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from api.sweeps.ledger import ROWS_PER_FILE, Identity, Ledger
from api.sweeps.outcomes import Outcome, from_line, to_line
from api.sweeps.reading import read_sweep
from catalog import InvalidInputError
from tests.api.sweeps.sweeping import POINTS, SMALL

SWEEP = read_sweep(SMALL)
IDENTITY = Identity(SWEEP.sweep_id, "catalog", "calibration")


def outcome(point: int) -> Outcome:
    return Outcome(point=point, status="optimal", cost_usd_per_hour=0.1 + 0.2 * point, provider="someone", count=point)


def ledger(folder: Path, identity: Identity = IDENTITY, rows_per_file: int = ROWS_PER_FILE) -> Ledger:
    return Ledger(folder / "out.parquet", SWEEP, identity, rows_per_file)


def test_a_line_comes_back_exactly() -> None:
    assert outcome(3) == from_line(to_line(outcome(3)))


def test_points_that_were_added_are_finished_for_the_next_run(tmp_path: Path) -> None:
    with ledger(tmp_path) as first:
        first.add([outcome(4), outcome(2)])
    with ledger(tmp_path) as second:
        assert {2, 4} == second.finished
        assert [point for point in range(POINTS) if point not in {2, 4}] == list(second.unfinished())


@pytest.mark.parametrize("cut", [1, 2, 17, 60])
def test_a_line_that_was_cut_off_is_solved_again_and_the_others_are_not(cut: int, tmp_path: Path) -> None:
    with ledger(tmp_path) as first:
        first.add([outcome(0), outcome(1)])
    journal = next(first.folder.glob("*.jsonl"))
    journal.write_bytes(journal.read_bytes()[:-cut])
    with ledger(tmp_path) as second:
        assert {0} == second.finished
        second.add([outcome(1)])
    assert [to_line(outcome(0)), to_line(outcome(1))] == journal.read_text().splitlines(keepends=True)


@pytest.mark.parametrize(
    "order", [list(range(POINTS)), list(reversed(range(POINTS)))], ids=["as numbered", "backwards"]
)
@pytest.mark.parametrize("rows", [3, 7, 1000])
def test_the_file_does_not_depend_on_order_or_parts(order: list[int], rows: int, tmp_path: Path) -> None:
    with ledger(tmp_path) as plain:
        plain.add([outcome(point) for point in range(POINTS)])
        plain.finish()
    expected = (tmp_path / "out.parquet").read_bytes()
    (tmp_path / "out.parquet").unlink()
    for half in (order[:11], order[11:]):
        with ledger(tmp_path, rows_per_file=rows) as again:
            for point in half:
                again.add([outcome(point)])
    with ledger(tmp_path) as last:
        last.finish()
    assert expected == (tmp_path / "out.parquet").read_bytes()
    assert not last.folder.exists()


def test_a_journal_whose_rows_are_in_a_file_is_not_read_again(tmp_path: Path) -> None:
    with ledger(tmp_path, rows_per_file=2) as first:
        first.add([outcome(0), outcome(1)])
    (first.folder / "rows-000001.jsonl").write_text(to_line(outcome(0)))  # as a kill between the two leaves it
    with ledger(tmp_path) as second:
        second.add([outcome(point) for point in range(POINTS)])
        second.finish()
    assert list(range(POINTS)) == pq.read_table(tmp_path / "out.parquet")["point"].to_pylist()


def test_a_point_that_comes_twice_is_written_once(tmp_path: Path) -> None:
    with ledger(tmp_path) as first:
        first.add([outcome(0)])
        first.add([outcome(0)])
        assert 1 == len(first._journal_path.read_text().splitlines())


def test_two_runs_do_not_write_one_file(tmp_path: Path) -> None:
    with ledger(tmp_path), pytest.raises(InvalidInputError, match="another run"):
        ledger(tmp_path).__enter__()


@pytest.mark.parametrize("finished", [False, True])
@pytest.mark.parametrize(
    "other",
    [Identity("other", "catalog", "calibration"), replace(IDENTITY, catalog_id="new"), replace(IDENTITY, version="9")],
)
def test_another_sweep_is_refused(finished: bool, other: Identity, tmp_path: Path) -> None:
    with ledger(tmp_path) as first:
        first.add([outcome(point) for point in range(POINTS if finished else 2)])
        if finished:
            first.finish()
    with pytest.raises(InvalidInputError, match=r"holds (another sweep|this sweep by another version)"):
        ledger(tmp_path, other).__enter__()


@pytest.mark.parametrize("parquet", [True, False])
def test_a_file_that_is_no_sweep_is_not_overwritten(parquet: bool, tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    if parquet:
        pq.write_table(pa.table({"a": [1]}), path)
    else:
        path.write_text("mine")
    before = path.read_bytes()
    with pytest.raises(InvalidInputError, match="no sweep at all"):
        ledger(tmp_path).__enter__()
    assert before == path.read_bytes()


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInputError, match="cannot be written"):
        Ledger(tmp_path / "file" / "out.parquet", SWEEP, IDENTITY).__enter__()
