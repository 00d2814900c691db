"""Time the answer: the cold command as a whole process, and its steps warm, with ratios that hold on any machine."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from api.answering import Answerer
from optimizer.fleet.candidates import find_candidates
from optimizer.fleet.cheapest import cheapest_fleet
from optimizer.fleet.columns import columns_of

QUESTIONS = (
    "cheapest config for 10 tok/s at 8K",
    "50 users at 20 tok/s at 8K",
    "5 requests/s, 2k in 500 out, llama 3.1 70b, first token under 2 s",
)
COLD_RUNS = 5
WARM_RUNS = 7


def main() -> None:
    """Print one table of medians and one of ratios."""
    command = str(Path(sys.executable).with_name("gpumix"))
    print(f"{'cold: whole process, median of ' + str(COLD_RUNS):<66}{'seconds':>9}")
    bare = _cold([sys.executable, "-c", "pass"])
    _row("python -c pass", bare)
    for question in QUESTIONS:
        cold = _cold([command, "ask", question])
        _row(f"gpumix ask {question!r}", cold, f"{cold / bare:.0f} x an empty python")
    answerer = Answerer.shipped()
    print(f"\n{'warm: in one process, median of ' + str(WARM_RUNS):<66}{'ms':>9}")
    for question in QUESTIONS:
        _warm(answerer, question)


def _warm(answerer: Answerer, question: str) -> None:
    request = answerer.parse(question).request
    snapshot, catalog = answerer.snapshot, answerer.catalog
    candidates = find_candidates(request, snapshot, catalog)
    pruned, every = columns_of(candidates, request), columns_of(candidates, request, prune=False)

    parse = _median(lambda: answerer.parse(question))
    find = _median(lambda: find_candidates(request, snapshot, catalog))
    prune = _median(lambda: columns_of(candidates, request))
    solve = _median(lambda: cheapest_fleet(pruned.problem))
    unpruned = _median(lambda: cheapest_fleet(every.problem, break_ties=False))
    once = _median(lambda: cheapest_fleet(pruned.problem, break_ties=False))
    cbc = _median(lambda: cheapest_fleet(pruned.problem, break_ties=False, solver="cbc"))
    whole = _median(lambda: answerer.ask(question))
    print(f"{question}")
    layouts = len(candidates.ground.laid_out.layouts)
    _row("  parse", parse * 1000)
    _row(f"  candidates: {layouts:,} layouts on {len(snapshot.offers):,} offers", find * 1000)
    kept = f"{len(pruned.problem.columns):,} of {len(every.problem.columns):,} columns kept"
    _row(f"  prune: {kept}", prune * 1000)
    _row("  solve, ties broken", solve * 1000)
    _row("  candidates + prune + solve", (find + prune + solve) * 1000)
    _row("  the whole answer: alternatives, reasons, what-ifs, proof", whole * 1000)
    print(
        f"  ratios: unpruned solve {unpruned / once:.1f} x pruned; CBC {cbc / once:.1f} x HiGHS; "
        f"whole answer {whole / (find + prune + solve):.1f} x its plan alone\n"
    )


def _cold(command: list[str]) -> float:
    def run() -> None:
        subprocess.run(command, check=True, capture_output=True)

    return _median(run, COLD_RUNS)


def _median(action: Callable[[], object], runs: int = WARM_RUNS) -> float:
    action()
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def _row(label: str, value: float, note: str = "") -> None:
    print(f"{label:<66}{value:>9.3f}  {note}" if value < 10 else f"{label:<66}{value:>9.1f}  {note}")


if __name__ == "__main__":
    main()
