"""Running a sweep: the unfinished points, in chunks, until all are finished."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby, islice
from typing import Any, Protocol

from api.sweeps.ledger import Identity, Ledger
from api.sweeps.outcomes import Outcome
from api.sweeps.points import Sweep
from api.sweeps.prices import PackedPrices, SweepPrices
from api.sweeps.solving import Chunk
from api.sweeps.workers import WorkerLostError

POINTS_PER_CHUNK = 8
MOST_LOSSES = 3  # in a row, with no point finished between them
SECONDS_PER_POINT = 60.0
Progress = Callable[[int], None]


class Solvers(Protocol):
    """Whatever solves chunks; `parent` is the process that they end with, None where they are not ours."""

    @property
    def parent(self) -> int | None:
        """Return a process id."""

    def solve(self, chunks: Iterable[Chunk]) -> Iterator[tuple[Outcome, ...]]:
        """Yield the outcomes of chunks as they come. Raises WorkerLostError."""


@dataclass(frozen=True, slots=True)
class Job:
    """A sweep with all that its workers need beside its points."""

    sweep: Sweep
    identity: Identity
    began: date
    prices: Mapping[date | None, PackedPrices]
    seconds_per_point: float

    @classmethod
    def of(cls, sweep: Sweep, identity: Identity, prices: SweepPrices, seconds: float = SECONDS_PER_POINT) -> "Job":
        """Return the job of a sweep; a snapshot that several days share is packed once."""
        packed = {found.snapshot_id: PackedPrices.of(found) for found in prices.snapshots.values()}
        by_day = {day: packed[found.snapshot_id] for day, found in prices.snapshots.items()}
        return cls(sweep, identity, prices.began, by_day, seconds)

    def chunks(self, points: Iterable[int], parent: int | None) -> Iterator[Chunk]:
        """Yield points in chunks, each of one day."""
        for day, group in groupby(points, key=self.sweep.day):
            while numbers := tuple(islice(group, POINTS_PER_CHUNK)):
                yield Chunk(
                    points=tuple((number, self.document(number)) for number in numbers),
                    prices=self.prices[day],
                    catalog_id=self.identity.catalog_id,
                    calibration_id=self.identity.calibration_id,
                    seconds_per_point=self.seconds_per_point,
                    parent=parent,
                )

    def document(self, point: int) -> Mapping[str, Any]:
        """Return the request of a point, with the day from which the age of prices counts where it limits that."""
        document = self.sweep.document(point)
        if document.get("max_price_age_days") is not None and document.get("as_of") is None:
            return {**document, "as_of": self.began.isoformat()}
        return document


def run_sweep(job: Job, ledger: Ledger, workers: Solvers, progress: Progress) -> int:
    """Solve what is not finished, and return how many points that was.

    A lost worker's points are solved again by others. Raises WorkerLostError after MOST_LOSSES losses in a row without
    a point finished between them: then it is the points that kill.
    """
    before = len(ledger.finished)
    losses = 0
    while not ledger.complete:
        finished = len(ledger.finished)
        try:
            for outcomes in workers.solve(job.chunks(tuple(ledger.unfinished()), workers.parent)):
                ledger.add(outcomes)
                progress(len(ledger.finished))
        except WorkerLostError:
            losses = losses + 1 if len(ledger.finished) == finished else 0
            if losses >= MOST_LOSSES:
                raise
    return len(ledger.finished) - before
