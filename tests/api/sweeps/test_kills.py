"""kill -9, twenty times at random: no finished point is lost, none is solved again, and the file is the same."""

import multiprocessing
import random
import time
from pathlib import Path

from tests.api.sweeps.killing import SWEEP, sweep_to_the_end

KILLS = 20
LATEST_S = 0.1
FORKS = multiprocessing.get_context("forkserver")


def begun(output: Path, chunks: int = 0, seconds: float = 0) -> tuple[set[int], list[int]]:
    """Run the sweep to its end, or kill it soon after it began a chunk; return what was finished and what it began."""
    ours, theirs = FORKS.Pipe(duplex=False)
    program = FORKS.Process(target=sweep_to_the_end, args=(output, theirs))
    program.start()
    theirs.close()
    finished = set(ours.recv())
    points: list[int] = []
    if chunks:
        for _ in range(chunks):
            points += ours.recv()
        time.sleep(seconds)
        program.kill()
    try:
        while True:
            points += ours.recv()
    except EOFError:
        ours.close()
    program.join()
    return finished, points


def test_twenty_random_kills_lose_nothing_and_solve_nothing_twice(tmp_path: Path) -> None:
    FORKS.set_forkserver_preload(["tests.api.sweeps.killing"])
    moments = random.Random(7)  # noqa: S311  # no secret
    output = tmp_path / "killed.parquet"
    finished: set[int] = set()
    fruitful = 0
    for _ in range(KILLS):
        found, points = begun(output, moments.choice((1, 2)), moments.uniform(0, LATEST_S))
        assert finished <= found, "a finished point was lost"
        assert not found & set(points), "a finished point was solved again"
        assert len(points) == len(set(points))
        fruitful += len(found) > len(finished)
        finished = found
    assert not output.exists(), "the sweep was over before the last kill"
    assert fruitful > KILLS // 4
    found, points = begun(output)
    assert set(range(len(SWEEP))) == found | set(points)
    assert not found & set(points)
    begun(tmp_path / "whole.parquet")
    assert (tmp_path / "whole.parquet").read_bytes() == output.read_bytes()
