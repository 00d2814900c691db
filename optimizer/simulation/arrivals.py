"""Requests over time: Poisson arrivals from a seed, or a recorded trace."""

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files

import numpy as np

from catalog import InvalidDataError

TRACE_COLUMNS = ("TIMESTAMP", "ContextTokens", "GeneratedTokens")


@dataclass(frozen=True, slots=True)
class Request:
    """A request that arrives at `time_s` with a prompt, and stops after its output tokens."""

    time_s: float
    input_tokens: int
    output_tokens: int


def poisson(rate_per_s: float, seconds: float, input_tokens: int, output_tokens: int, seed: int) -> tuple[Request, ...]:
    """Return Poisson arrivals of equal requests during `seconds`."""
    random = np.random.default_rng(seed)
    count = int(random.poisson(rate_per_s * seconds))
    times = np.sort(random.uniform(0, seconds, count))
    return tuple(Request(float(time), input_tokens, output_tokens) for time in times)


def read_trace(text: str, speed: float = 1.0) -> tuple[Request, ...]:
    """Return the requests of a trace in the format of the Azure LLM inference traces, from its first one on.

    Columns TIMESTAMP, ContextTokens, GeneratedTokens. `speed` 2 plays it twice as fast. Raises InvalidDataError.
    """
    reader = csv.DictReader(io.StringIO(text))
    missing = [name for name in TRACE_COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise InvalidDataError([("trace", 1, name, "column is missing") for name in missing])
    rows, problems = [], []
    for cells in reader:
        try:
            moment = datetime.fromisoformat(cells["TIMESTAMP"][:26])
            rows.append((moment, int(cells["ContextTokens"]), max(1, int(cells["GeneratedTokens"]))))
        except (ValueError, TypeError) as error:
            problems.append(("trace", reader.line_num, "row", str(error)))
    if problems or not rows:
        raise InvalidDataError(problems or [("trace", 1, "row", "no request")])
    start = rows[0][0]
    return tuple(Request((moment - start).total_seconds() / speed, i, o) for moment, i, o in rows)


def trace_start(text: str) -> datetime:
    """Return the moment of the first request of a trace that `read_trace` reads; a time without a zone is UTC."""
    moment = datetime.fromisoformat(next(csv.DictReader(io.StringIO(text)))["TIMESTAMP"][:26])
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def shipped_trace_text() -> str:
    """Return the shipped sample as it is in its file."""
    return (files("catalog") / "data" / "trace_conversation.csv").read_text("utf-8")


def shipped_trace(speed: float = 1.0) -> tuple[Request, ...]:
    """Return the shipped sample: the first minutes of Azure's conversation trace of November 2023 (CC-BY 4.0).

    Patel et al., Splitwise, ISCA 2024; github.com/Azure/AzurePublicDataset.
    """
    return read_trace(shipped_trace_text(), speed)
