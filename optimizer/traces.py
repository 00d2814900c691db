"""A workload from a recorded trace: its request rate, and sizes of request that stand for all of its requests.

Requests are put into buckets by the powers of two of their prompt and answer; a bucket stands for its requests with
their mean lengths, so that the tokens of the whole trace are kept. Small buckets join the one nearest to them.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from catalog import InvalidInputError
from optimizer.performance.tables import Ints
from optimizer.request import Bucket, Workload
from optimizer.simulation.arrivals import Request

MOST_BUCKETS = 12
SECONDS_PER_HOUR = 3600
HOURS_PER_DAY = 24
DAYS_PER_WEEK = 7


@dataclass(frozen=True, slots=True)
class _Group:
    """Requests of like size: how many, and their tokens together."""

    requests: int
    input_tokens: int
    output_tokens: int

    def with_(self, other: "_Group") -> "_Group":
        return _Group(
            self.requests + other.requests,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
        )

    def distance(self, other: "_Group") -> float:
        """Return how far apart the mean lengths are, in doublings of prompt and answer."""
        return math.dist(self._place, other._place)

    @property
    def _place(self) -> tuple[float, float]:
        return math.log2(self.input_tokens / self.requests), math.log2(self.output_tokens / self.requests)


def workload_of_trace(
    requests: Sequence[Request], *, request_rate_per_s: float | None = None, most_buckets: int = MOST_BUCKETS
) -> Workload:
    """Return the workload of a trace at its own mean rate, or another. Raises InvalidInputError without a rate."""
    groups = _groups(requests)
    while len(groups) > most_buckets:
        groups = _joined(groups)
    ordered = sorted(groups, key=lambda group: (group.input_tokens / group.requests, group.output_tokens))
    return Workload(
        request_rate_per_s=request_rate_per_s if request_rate_per_s is not None else _rate_per_s(requests),
        buckets=tuple(
            Bucket(
                input_tokens=round(group.input_tokens / group.requests),
                output_tokens=max(1, round(group.output_tokens / group.requests)),
                share=group.requests / len(requests),
            )
            for group in ordered
        ),
    )


@dataclass(frozen=True, slots=True)
class TraceShape:
    """When the requests of a trace come: multipliers with mean 1, each () where the trace is too short to tell."""

    hours: float
    diurnal: tuple[float, ...]
    weekly: tuple[float, ...]


def shape_of_trace(requests: Sequence[Request], start: datetime) -> TraceShape:
    """Return the shape of day and week of a trace that starts at a moment; hours of which it has no whole day are none.

    Each hour of the day, and each weekday, has its requests over the time that the trace spends in it.
    """
    times = np.array([request.time_s for request in requests])
    seconds = float(times.max())
    first = start.hour * SECONDS_PER_HOUR + start.minute * 60 + start.second + start.microsecond / 1e6
    whole = int(seconds // SECONDS_PER_HOUR)
    counts = np.bincount((times // SECONDS_PER_HOUR).astype(int), minlength=whole + 1)[:whole]
    at = (first / SECONDS_PER_HOUR + 0.5 + np.arange(whole)) // 1  # the hour in which most of each hour of trace lies
    day = _multipliers(counts, at.astype(int) % HOURS_PER_DAY, HOURS_PER_DAY) if whole >= HOURS_PER_DAY else ()
    weekdays = (at.astype(int) // HOURS_PER_DAY + start.weekday()) % DAYS_PER_WEEK
    enough = whole >= HOURS_PER_DAY * DAYS_PER_WEEK
    return TraceShape(seconds / SECONDS_PER_HOUR, day, _multipliers(counts, weekdays, DAYS_PER_WEEK) if enough else ())


def _multipliers(counts: Ints, places: Ints, length: int) -> tuple[float, ...]:
    """Return the mean count of each place over the mean of all places."""
    means = np.bincount(places, weights=counts, minlength=length) / np.bincount(places, minlength=length)
    return tuple(np.round(means / means.mean(), 3).tolist())


def _rate_per_s(requests: Sequence[Request]) -> float:
    times = [request.time_s for request in requests]
    seconds = max(times) - min(times)
    if seconds <= 0:
        raise InvalidInputError("all requests of the trace come at the same time, so it has no rate", "give a rate")
    return len(requests) / seconds


def _groups(requests: Sequence[Request]) -> list[_Group]:
    found: dict[tuple[int, int], _Group] = defaultdict(lambda: _Group(0, 0, 0))
    for request in requests:
        size = max(1, request.input_tokens), max(1, request.output_tokens)
        key = math.floor(math.log2(size[0])), math.floor(math.log2(size[1]))
        found[key] = found[key].with_(_Group(1, *size))
    return [found[key] for key in sorted(found)]


def _joined(groups: list[_Group]) -> list[_Group]:
    """Join the group with the fewest requests to the one nearest to it."""
    smallest = min(range(len(groups)), key=lambda number: (groups[number].requests, number))
    others = [number for number in range(len(groups)) if number != smallest]
    nearest = min(others, key=lambda number: (groups[smallest].distance(groups[number]), number))
    joined = groups[smallest].with_(groups[nearest])
    return [joined if number == nearest else groups[number] for number in others]
