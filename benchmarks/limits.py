"""The figures of docs/model-limits.md: how wide intervals are, what is predicted worst, what was never measured."""

import re

from catalog import Catalog
from optimizer.evidence.accuracy import Accuracy
from optimizer.performance.coefficients import Coefficients
from optimizer.performance.support import KINDS, Support

START, END = "<!-- limits: make accuracy -->", "<!-- end of limits -->"
METRICS = {
    "throughput": "throughput", "tpot": "time per token", "ttft": "first token",
    "experts": "throughput of a mixture of experts", "experts tpot": "time per token of a mixture of experts",
    "experts ttft": "first token of a mixture of experts", "sequential": "llama.cpp and Ollama",
}  # fmt: skip
FEWEST_ROWS = 10
WORST = 10


def with_limits(
    text: str, lines: tuple[Accuracy, ...], widths: Coefficients, facts: Catalog, runs: tuple[Support, ...]
) -> str:
    """Return a page with the block of figures made anew."""
    block = f"{_widths(widths)}\n{_worst(lines)}\n{_unmeasured(facts, runs)}"
    return re.sub(f"{START}.*{END}", lambda _: f"{START}\n{block}{END}", text, flags=re.DOTALL)


def _widths(widths: Coefficients) -> str:
    head = "### How wide the 80% intervals are, by the strength of the evidence\n\n"
    head += f"| measured / predicted | {' | '.join(KINDS)} |\n|---|{'---:|' * len(KINDS)}\n"

    def cell(metric: str, kind: str) -> str:
        return f"{widths.factor('ratio_low', metric, kind):.2f} to {widths.factor('ratio_high', metric, kind):.2f}"

    return head + "".join(
        f"| {words} | {' | '.join(cell(metric, kind) for kind in KINDS)} |\n" for metric, words in METRICS.items()
    )


def _worst(lines: tuple[Accuracy, ...]) -> str:
    """Return the groups with the largest mean errors, each at its worst way of being left out."""
    worst: dict[tuple[str, str, str], Accuracy] = {}
    for line in lines:
        key = (line.by, line.name, line.metric)
        large = line.by not in {"all", "part"} and line.summary.n >= FEWEST_ROWS
        if large and (key not in worst or worst[key].summary.mape < line.summary.mape):
            worst[key] = line
    ranked = sorted(worst.values(), key=lambda line: (-line.summary.mape, line.name))[:WORST]
    head = "### What is predicted worst, of the groups with ten rows or more\n\n"
    head += (
        "| rows of | figure | left out by | n | mean error | median | inside 80% |\n|---|---|---|---:|---:|---:|---:|\n"
    )
    return head + "".join(
        f"| {line.name} | {line.metric} | {line.scope.removeprefix('left out by ')} | {line.summary.n} "
        f"| {line.summary.mape:.0%} | {line.summary.median_ape:.0%} | {line.summary.coverage80:.0%} |\n"
        for line in ranked
    )


def _unmeasured(facts: Catalog, runs: tuple[Support, ...]) -> str:
    kinds = {
        "GPUs": ([name for name, gpu in facts.gpus.items() if gpu.status == "supported"], {run.gpu for run in runs}),
        "engines": (list(facts.engines), {run.engine for run in runs}),
        "weight formats": (list(facts.quantizations), {run.quantization for run in runs}),
    }
    rows = "".join(
        f"| {what} | {len(names) - len(missing)} of {len(names)} | {', '.join(missing)} |\n"
        for what, (names, seen) in kinds.items()
        for missing in [[name for name in names if name not in seen]]
    )
    head = "### What no published run behind the fit is of\n\n| | measured | never |\n|---|---:|---|\n"
    return head + rows
