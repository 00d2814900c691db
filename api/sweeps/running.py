"""Running a sweep: the unfinished points, in chunks, until all are finished."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
from catalog import NO_OWN, OwnEvidence

POINTS_PER_CHUNK = 8
MOST_LOSSES = 2  # of a point that was with others, then it is solved alone
MOST_KILLERS = 5  # in a row
LOST = (
    "its worker was killed or ran out of memory, also when it solved nothing else: give it more, in a sweep of its own"
)
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
    own: OwnEvidence = NO_OWN

    @classmethod
    def of(
        cls,
        sweep: Sweep,
        identity: Identity,
        prices: SweepPrices,
        seconds: float = SECONDS_PER_POINT,
        own: OwnEvidence = NO_OWN,
    ) -> "Job":
        """Return the job of a sweep; a snapshot that several days share is packed once."""
        packed = {found.snapshot_id: PackedPrices.of(found) for found in prices.snapshots.values()}
        by_day = {day: packed[found.snapshot_id] for day, found in prices.snapshots.items()}
        return cls(sweep, identity, prices.began, by_day, seconds, own)

    def chunks(self, points: Iterable[int], parent: int | None) -> Iterator[Chunk]:
        """Yield points in chunks, each of one day."""
        for day, group in groupby(points, key=self.sweep.day):
            while numbers := tuple(islice(group, POINTS_PER_CHUNK)):
                yield Chunk(
                    points=tuple((number, self.document(number)) for number in numbers),
                    prices=self.prices[day],
                    catalog_id=self.identity.catalog_id,
                    calibration_id=self.identity.calibration_id,
                    own=self.own,
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

    A lost worker's points are solved again by others, the second time each alone, at the end; one whose worker is lost
    even then is finished with an error. Raises WorkerLostError where that goes on and on: then it is not the points.
    """
    before = len(ledger.finished)
    losses: Counter[int] = Counter()
    while not ledger.complete:
        _solve_together(job, ledger, workers, progress, losses)
        alone = [point for point in ledger.unfinished() if losses[point]]
        if not alone and not ledger.complete:
            raise WorkerLostError("workers are lost before they solve anything", "see the log of the system or cluster")
        _solve_alone(job, ledger, workers, progress, alone)
    return len(ledger.finished) - before


def _solve_together(job: Job, ledger: Ledger, workers: Solvers, progress: Progress, losses: Counter[int]) -> None:
    """Solve the points that were not lost MOST_LOSSES times, until as many losses in a row saw no point finished."""
    fruitless = 0
    while fruitless < MOST_LOSSES:
        points = [point for point in ledger.unfinished() if losses[point] < MOST_LOSSES]
        if not points:
            return
        finished = len(ledger.finished)
        losses.update(_lost(job, ledger, workers, progress, points))
        fruitless = fruitless + 1 if len(ledger.finished) == finished else 0


def _solve_alone(job: Job, ledger: Ledger, workers: Solvers, progress: Progress, points: Sequence[int]) -> None:
    """Solve points one after another. What kills its worker alone has an error, unless all of many do."""
    killers: list[int] = []
    for point in points:
        if _lost(job, ledger, workers, progress, [point]):
            killers.append(point)
            if len(killers) >= MOST_KILLERS:
                break
        else:
            _give_up(ledger, killers)
            killers = []
    if len(killers) >= MOST_KILLERS or not ledger.finished:
        raise WorkerLostError(
            f"workers are lost even over single points: {', '.join(map(str, killers))}",
            "give them more memory, or use fewer --workers; then run it again",
        )
    _give_up(ledger, killers)


def _lost(job: Job, ledger: Ledger, workers: Solvers, progress: Progress, points: Sequence[int]) -> set[int]:
    """Solve points; return those that were with the workers when one was lost, none where all went well."""
    out: set[int] = set()

    def handed() -> Iterator[Chunk]:
        for chunk in job.chunks(points, workers.parent):
            out.update(number for number, _ in chunk.points)
            yield chunk

    try:
        for outcomes in workers.solve(handed()):
            ledger.add(outcomes)
            out.difference_update(outcome.point for outcome in outcomes)
            progress(len(ledger.finished))
    except WorkerLostError:
        return out.copy()
    return set()


def _give_up(ledger: Ledger, points: Sequence[int]) -> None:
    if points:
        ledger.add([Outcome(point=point, status="error", error=LOST) for point in points])
