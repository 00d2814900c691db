"""What own runs change: the predictions of what they measured, before and with them."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from catalog import Catalog, OwnEvidence, OwnRun
from optimizer.evidence.validate import ValidatedRow
from optimizer.performance.estimates import Estimate
from optimizer.performance.layouts import Layouts
from optimizer.performance.own.curves import MOST_OFF
from optimizer.performance.predict import Prediction, Workload, predict

LEAST_CHANGE = 1e-4
FIGURES = {"tpot_ms": "tpot_s", "ttft_s": "ttft_s", "output_tok_per_s": "output_tok_per_s"}
"""Figures of a prediction, and of a run."""


@dataclass(frozen=True, slots=True)
class PredictionChange:
    """One figure of one replica under one load, as predicted before and now."""

    replica: str
    load: str
    figure: str
    before: Estimate
    after: Estimate


def prediction_changes(runs: Sequence[OwnRun], before: Catalog) -> tuple[PredictionChange, ...]:
    """Return which predictions of the measured figures differ once these runs are known too."""
    own = before.own
    after = before.with_own(OwnEvidence.of((*own.runs, *runs), own.coefficients))
    return tuple(change for run in runs for change in _changes(run, _predict(run, before), _predict(run, after)))


def _changes(run: OwnRun, before: Prediction, after: Prediction) -> Iterator[PredictionChange]:
    for figure, measured in FIGURES.items():
        was, now = getattr(before, figure), getattr(after, figure)
        if getattr(run, measured) is None or was is None or now is None:
            continue
        pairs = [(was.value, now.value), (was.low, now.low), (was.high, now.high)]
        if any(abs(new - old) > LEAST_CHANGE * old for old, new in pairs):
            yield PredictionChange(_replica(run), _load(run), figure, was, now)


def _predict(run: OwnRun, catalog: Catalog) -> Prediction:
    layouts = Layouts.one(
        catalog,
        model=run.model,
        gpu=run.gpu,
        quantization=run.quantization,
        engine=run.engine,
        kv_dtype="fp8" if run.kv_bits == 8 else "fp16",
        link=run.link or None,
        inter_link="ib-400" if run.nodes > 1 else None,
        tp=run.tp,
        pp=run.pp,
        nodes=run.nodes,
    )
    endless = run.concurrency is None and run.request_rate_per_s is None
    return predict(
        layouts,
        Workload(
            run.input_tokens,
            max(run.output_tokens, 1.0),
            concurrency=run.concurrency,
            saturated=endless,
            request_rate_per_s=run.request_rate_per_s,
        ),
    )


def _replica(run: OwnRun) -> str:
    return f"{run.tp * run.pp} x {run.gpu}, {run.quantization}, tp {run.tp}, pp {run.pp}"


def _load(run: OwnRun) -> str:
    sizes = f"{run.input_tokens:,.0f} in, {run.output_tokens:,.0f} out"
    if run.concurrency is not None:
        return f"{run.concurrency:g} at a time, {sizes}"
    return f"{run.request_rate_per_s:g}/s, {sizes}" if run.request_rate_per_s else f"all at once, {sizes}"


def too_far(rows: Iterable[ValidatedRow]) -> Iterator[str]:
    """Yield why runs far from the model have no say: most likely the setting is not the one that was measured."""
    for row in rows:
        if row.measured is None or row.predicted is None:
            continue
        kind = "ttft" if row.metric.startswith("ttft") else "throughput"
        if abs(math.log(row.measured / row.predicted)) > MOST_OFF[kind]:
            times = math.exp(MOST_OFF[kind])
            yield f"{row.metric} is more than {times:.0f} times off the model: was something else measured?"
