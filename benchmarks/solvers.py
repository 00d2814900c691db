"""Plan the fifty requests of `benchmarks.fleet` with HiGHS and with CBC: every plan must be the same, line by line."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from api.documents import to_plain
from benchmarks.fleet import suite, survivors
from catalog import Catalog, load_catalog
from optimizer.fleet.candidates import Candidates, find_candidates
from optimizer.fleet.choosing import choose
from optimizer.fleet.lines import plan_lines
from optimizer.fleet.solver import SolverName
from optimizer.request import read_request
from pricing import load_snapshot
from pricing.offers import Snapshot

SECONDS = 600.0
SAME_FRACTION = 1e-6


@dataclass(frozen=True)
class Answer:
    """What a solver makes of a request: whether it is proved, the bound, the lines as a document; and its time."""

    outcome: str
    bound_usd_per_hour: float
    lines: Any
    seconds: float


def main() -> None:
    """Print which requests are planned differently, and the time that each solver took for all."""
    catalog, snapshot = load_catalog(), load_snapshot()
    documents = [*suite(), *survivors()]
    pairs = [both(document, snapshot, catalog) for document in documents]
    different = [number for number, (one, other) in enumerate(pairs) if not same(one, other)]
    print(f"{len(pairs)} requests on {len(snapshot.offers):,} offers, planned by HiGHS and by CBC")
    print(f"  different plans: {len(different)} {different or ''}")
    for name, answers in zip(("HiGHS", "CBC"), zip(*pairs, strict=True), strict=True):
        proved = sum(answer.outcome in ("optimal", "infeasible") for answer in answers)
        print(f"  {name:<6} {proved} proved, {sum(answer.seconds for answer in answers):.1f} s of solving")


def both(document: dict[str, Any], snapshot: Snapshot, catalog: Catalog) -> tuple[Answer, Answer]:
    """Return the answers of HiGHS and of CBC."""
    candidates = find_candidates(read_request(document), snapshot, catalog)
    return answer(candidates, "highs"), answer(candidates, "cbc")


def answer(candidates: Candidates, solver: SolverName) -> Answer:
    """Return what one solver makes of a request, ties broken."""
    started = time.perf_counter()
    chosen = choose(candidates, seconds=SECONDS, break_ties=True, solver=solver)
    seconds = time.perf_counter() - started
    lines = to_plain(plan_lines(candidates, chosen.parts))
    return Answer(chosen.fleet.outcome, chosen.fleet.bound_usd_per_hour, lines, seconds)


def same(one: Answer, other: Answer) -> bool:
    """Return whether two answers are the same, numbers up to the rounding of floating point."""
    bounds = one.bound_usd_per_hour, other.bound_usd_per_hour
    return one.outcome == other.outcome and _same(bounds, bounds[::-1]) and _same(one.lines, other.lines)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, Sequence) and isinstance(other, Sequence) and not isinstance(one, str):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return one == other or abs(one - other) <= SAME_FRACTION * max(abs(one), abs(other))
    return bool(one == other)


if __name__ == "__main__":
    main()
