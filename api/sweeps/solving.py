"""Solving in a worker: chunks of points on one snapshot."""

import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from api.sweeps.lean import PointSolver
from api.sweeps.outcomes import Outcome
from api.sweeps.prices import PackedPrices
from catalog import InvalidDataError, OwnEvidence, load_catalog
from optimizer.performance.coefficients import calibration_id

LOOK_SECONDS = 1.0
OUT_OF_MEMORY = 137  # what a shell says of a process that the system killed
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class Chunk:
    """Points of one snapshot that go to a worker together. `parent` is the process that waits for them, if near."""

    points: tuple[tuple[int, Mapping[str, Any]], ...]
    prices: PackedPrices
    catalog_id: str
    calibration_id: str
    own: OwnEvidence
    seconds_per_point: float
    parent: int | None


def solve_chunk(chunk: Chunk) -> tuple[Outcome, ...]:
    """Return the outcome of every point. Raises InvalidDataError in a worker whose facts are not those of the sweep.

    A worker process of ours that runs out of memory ends, so that a fresh one takes its place; elsewhere MemoryError.
    """
    try:
        return _solved(chunk)
    except MemoryError:
        if chunk.parent not in (None, os.getpid()):
            os._exit(OUT_OF_MEMORY)
        _solver_of.cache_clear()
        raise


def _solved(chunk: Chunk) -> tuple[Outcome, ...]:
    if chunk.parent is not None:
        _end_with(chunk.parent)
    catalog = load_catalog().with_own(chunk.own)
    if (catalog.catalog_id, calibration_id(catalog)) != (chunk.catalog_id, chunk.calibration_id):
        raise InvalidDataError([("worker", 0, "version", "its catalog or calibration is not that of this gpumix")])
    with _one_at_a_time:  # threads of one worker would only wait for each other
        solver = _solver_of(chunk.prices.snapshot_id, chunk.prices.content, chunk.own)
        return tuple(solver.outcome(number, document, chunk.seconds_per_point) for number, document in chunk.points)


@lru_cache(maxsize=2)
def _solver_of(snapshot_id: str, content: bytes, own: OwnEvidence) -> PointSolver:
    return PointSolver(PackedPrices(snapshot_id, content).unpack(), load_catalog().with_own(own))


@lru_cache(maxsize=1)
def _end_with(parent: int) -> None:
    """End this process soon after the one it works for, which a kill gives no chance to say so."""
    if os.getpid() == parent:
        return

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_SECONDS)
        os._exit(1)

    threading.Thread(target=look, daemon=True, name="gpumix-sweep-parent").start()
