"""Processes that solve: a solve that takes too long is killed, and one that is busy does not slow cached answers.

One process does one task at a time. A task is mostly Python, so threads would share one core; and a thread cannot be
stopped. The solver's own time limit ends the search, the process's end is for everything else.
"""

import multiprocessing
import os
import queue
import signal
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Protocol

from api.answering import Answerer
from api.http.problems import Failure, failure_of
from api.http.tasks import Task
from catalog import NO_OWN, GpumixError, OwnEvidence, load_catalog
from pricing import Snapshot
from pricing.offers import AccountQuota

GRACE_SECONDS = 1.0
START_SECONDS = 60.0
ATTEMPTS = 2  # a process that somebody killed is worth a second try
NICENESS = 5
Version = tuple[str, tuple[AccountQuota, ...], str]


@dataclass(frozen=True, slots=True)
class Job:
    """A task to do on a snapshot and the user's own evidence, in so many seconds."""

    task: Task
    snapshot: Snapshot
    seconds: float
    own: OwnEvidence = NO_OWN

    @property
    def ground(self) -> "Ground":
        """What the task is answered from."""
        return Ground(self.snapshot, self.own)


@dataclass(frozen=True, slots=True)
class Ground:
    """What a solver answers from until it is sent another."""

    snapshot: Snapshot
    own: OwnEvidence

    @property
    def version(self) -> Version:
        """What tells this ground from others."""
        return self.snapshot.snapshot_id, self.snapshot.quotas, self.own.own_id


class SolverPool(Protocol):
    """What solves: `solve` blocks, and is called in `threads`."""

    threads: ThreadPoolExecutor

    def start(self, rehearsal: Job | None = None) -> None:
        """Make ready to solve, with a job for every process whose answer nobody waits for."""

    def solve(self, job: Job) -> bytes | Failure:
        """Return the document of a task, or why there is none."""

    def close(self) -> None:
        """Stop for good."""


class Solver:
    """One process. Used by one thread at a time."""

    def __init__(self, work: Callable[[Connection], None] | None = None) -> None:
        self._work = work or _serve
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None
        self._version: Version | None = None
        self._closed = False

    def start(self) -> Connection:
        """Return the connection to the process, started if it is not running."""
        if self._connection is None:
            context = multiprocessing.get_context("spawn")
            self._connection, theirs = context.Pipe()
            process = context.Process(target=self._work, args=(theirs,), daemon=True, name="gpumix-solver")
            process.start()
            self._process, self._version = process, None
            theirs.close()
            if self._closed:  # while it started
                process.kill()
        return self._connection

    def solve(self, job: Job) -> bytes | Failure:
        """Return the document of a task, or why there is none."""
        for _ in range(ATTEMPTS):
            if self._closed:
                break
            try:
                return self._solve(self.start(), job)
            except (EOFError, OSError):
                self.kill()
        return Failure("stopping") if self._closed else Failure("internal", cause="the solver's process ended twice")

    def kill(self) -> None:
        """End the process, whatever it is doing."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
        if self._connection is not None:
            self._connection.close()
        self._process = self._connection = None

    def close(self) -> None:
        """End the process for good; a solve that is under way fails."""
        self._closed = True
        if self._process is not None:
            self._process.kill()

    def _solve(self, connection: Connection, job: Job) -> bytes | Failure:
        if self._version != job.ground.version:
            connection.send(job.ground)
            if not connection.poll(START_SECONDS):
                raise EOFError
            self._version = connection.recv()
        connection.send((job.task, job.seconds))
        if not connection.poll(job.seconds + GRACE_SECONDS):
            self.kill()
            return Failure("time_limit", f"no answer was found in {job.seconds:g} s")
        found: bytes | Failure = connection.recv()
        return found


class Solvers:
    """A few processes behind as many threads."""

    def __init__(self, count: int) -> None:
        self._all = tuple(Solver() for _ in range(count))
        self._idle: queue.SimpleQueue[Solver] = queue.SimpleQueue()
        self.threads = ThreadPoolExecutor(count, thread_name_prefix="solve")
        for solver in self._all:
            self._idle.put(solver)

    def start(self, rehearsal: Job | None = None) -> None:
        """Start every process and let it rehearse, so that the first questions do not wait for what is done once."""
        for solver in self._all:
            if rehearsal is None:
                self.threads.submit(solver.start)
            else:
                self.threads.submit(self.solve, rehearsal)  # each thread takes another one: all are idle

    def solve(self, job: Job) -> bytes | Failure:
        """Solve on an idle process. Blocks; to be called in `threads`, of which there are as many as processes."""
        solver = self._idle.get()
        try:
            return solver.solve(job)
        finally:
            self._idle.put(solver)

    def close(self) -> None:
        """End every process and wait for the threads."""
        for solver in self._all:
            solver.close()
        self.threads.shutdown(cancel_futures=True)
        for solver in self._all:
            solver.kill()


def _serve(connection: Connection) -> None:
    """Solve what comes until the other end is gone. A terminal's interrupt is for the server to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICENESS)
    answerer: Answerer | None = None
    while True:
        try:
            message = connection.recv()
        except (EOFError, OSError):
            return
        if isinstance(message, Ground):
            answerer = Answerer(load_catalog().with_own(message.own), message.snapshot)
            connection.send(message.version)
        else:
            assert answerer is not None
            connection.send(_solved(answerer, *message))


def _solved(answerer: Answerer, task: Task, seconds: float) -> bytes | Failure:
    try:
        return task.run(answerer, seconds)
    except GpumixError as error:
        return failure_of(error)
    except Exception:  # the process lives on, and the client does not see what it was
        return Failure("internal", cause=traceback.format_exc())
