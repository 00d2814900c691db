"""kill -9 at any moment of a refresh leaves the last good batch."""

import multiprocessing
import random
import time

from tests.pricing.store.killing import stored_number, write_for_ever

KILLS = 20
LATEST_S = 0.12


def test_a_writer_killed_at_any_moment_leaves_the_last_batch_whole(url):
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(["tests.pricing.store.killing"])
    moments = random.Random(7)  # noqa: S311 - no secret
    written, cut_short = 0, 0
    for _ in range(KILLS):
        ours, theirs = forks.Pipe(duplex=False)
        writer = forks.Process(target=write_for_ever, args=(url, written + 1, theirs))
        writer.start()
        theirs.close()
        told = ours.recv()
        time.sleep(moments.uniform(0, LATEST_S))
        writer.kill()
        writer.join()
        try:
            while True:
                told = ours.recv()
        except EOFError:
            ours.close()
        stored = stored_number(url)
        assert stored in (told, told + 1)
        cut_short += stored == told
        written = stored
    assert written > 0
    assert cut_short > 0
