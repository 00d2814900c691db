"""Workers: what is said where they are not there, or die of their points."""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from api.sweeps.ledger import Identity, Ledger
from api.sweeps.outcomes import Outcome
from api.sweeps.prices import SweepPrices
from api.sweeps.reading import read_sweep
from api.sweeps.running import LOST, MOST_LOSSES, POINTS_PER_CHUNK, Job, run_sweep
from api.sweeps.solving import Chunk
from api.sweeps.workers import WorkerLostError, Workers
from catalog import InvalidInputError
from pricing import load_snapshot
from tests.api.sweeps.sweeping import POINTS, SMALL

SWEEP = read_sweep(SMALL)
IDENTITY = Identity(SWEEP.sweep_id, "catalog", "calibration")
JOB = Job.of(SWEEP, IDENTITY, SweepPrices(load_snapshot().newest_observed_at, {None: load_snapshot()}))


class Mortal:
    """Workers of which one dies on a chunk with one of certain points, as often as `deaths` says."""

    parent = None

    def __init__(self, points: Iterable[int], deaths: int) -> None:
        self.points, self.deaths = set(points), deaths
        self.told: list[int] = []

    def solve(self, chunks: Iterable[Chunk]) -> Iterator[tuple[Outcome, ...]]:
        for chunk in chunks:
            numbers = [number for number, _ in chunk.points]
            if self.deaths and self.points & set(numbers):
                self.deaths -= 1
                raise WorkerLostError("lost")
            self.told += numbers
            yield tuple(Outcome(point=number, status="optimal") for number in numbers)


@pytest.mark.parametrize("point", [0, 9, POINTS - 1])
@pytest.mark.parametrize("deaths", [1, MOST_LOSSES])
def test_a_lost_worker_s_points_are_solved_again_and_the_others_are_not(
    point: int, deaths: int, tmp_path: Path
) -> None:
    mortal = Mortal([point], deaths)
    with Ledger(tmp_path / "out.parquet", SWEEP, IDENTITY) as ledger:
        assert POINTS == run_sweep(JOB, ledger, mortal, lambda done: None)
    assert list(range(POINTS)) == sorted(mortal.told)


@pytest.mark.parametrize("killers", [[9], [0, 1, POINTS - 1]])
def test_a_point_that_always_kills_has_an_error_and_the_others_are_solved(killers: list[int], tmp_path: Path) -> None:
    mortal = Mortal(killers, deaths=99)
    with Ledger(tmp_path / "out.parquet", SWEEP, IDENTITY) as ledger:
        assert POINTS == run_sweep(JOB, ledger, mortal, lambda done: None)
        ledger.finish()
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert dict.fromkeys(killers, LOST) == {row["point"]: row["error"] for row in rows if row["error"]}
    assert [point for point in range(POINTS) if point not in killers] == sorted(mortal.told)


def test_workers_that_die_of_everything_end_the_sweep_and_what_is_finished_stays(tmp_path: Path) -> None:
    mortal = Mortal(range(POINTS_PER_CHUNK, POINTS), deaths=99)
    with Ledger(tmp_path / "out.parquet", SWEEP, IDENTITY) as ledger:
        with pytest.raises(WorkerLostError, match="even over single points: 8, 9, 10, 11, 12"):
            run_sweep(JOB, ledger, mortal, lambda done: None)
        assert set(range(POINTS_PER_CHUNK)) == ledger.finished


def test_workers_that_cannot_even_begin_end_the_sweep(tmp_path: Path) -> None:
    class Stillborn(Mortal):
        def solve(self, chunks: Iterable[Chunk]) -> Iterator[tuple[Outcome, ...]]:
            raise WorkerLostError("lost")

    with Ledger(tmp_path / "out.parquet", SWEEP, IDENTITY) as ledger, pytest.raises(WorkerLostError, match="before"):
        run_sweep(JOB, ledger, Stillborn([], deaths=0), lambda done: None)


def test_a_worker_with_another_catalog_is_refused() -> None:
    with pytest.raises(Exception, match="its catalog or calibration"):
        list(Workers(1).solve(JOB.chunks([0], None)))


def test_dask_that_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InvalidInputError, match="not installed") as refused:
        Workers.of(None, "tcp://127.0.0.1:9")
    assert "gpumix[dask]" in refused.value.hint


def test_a_cluster_has_its_own_workers() -> None:
    with pytest.raises(InvalidInputError, match="one choice"):
        Workers.of(2, "tcp://127.0.0.1:9")


def test_a_scheduler_that_is_not_there_is_said() -> None:
    pytest.importorskip("distributed")
    with pytest.raises(InvalidInputError, match="no Dask scheduler at tcp"):
        list(Workers(1, "tcp://127.0.0.1:9", connect_seconds=0.2).solve([]))


def test_workers_here_end_with_the_program() -> None:
    assert (os.getpid(), None) == (Workers(2).parent, Workers(2, "tcp://somewhere").parent)
