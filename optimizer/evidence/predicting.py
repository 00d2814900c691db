"""Predict measurements: the metric of every case, in the unit that its file uses."""

from dataclasses import replace

import numpy as np

from optimizer.evidence.cases import MODES, Cases
from optimizer.evidence.measurements import METRICS
from optimizer.performance.coefficients import Coefficients
from optimizer.performance.loops import Timing, closed_loop, saturated, static_batch
from optimizer.performance.rates import rates
from optimizer.performance.replicas import Replicas
from optimizer.performance.service import Load, rate_load
from optimizer.performance.tables import Floats, Ints

PERCENTILES = {"ttft_ms_p99": 99.0}
BEYOND_CAPACITY = "the request rate is above what the replicas carry: a burst, not a steady state"


def predicted(batch: Cases, coefficients: Coefficients) -> Floats:
    """Return the predicted value of every case; inf for a latency under a rate beyond capacity."""
    speeds = rates(batch.shapes, batch.known, coefficients, batch.year)
    stated = np.isfinite(batch.most_sequences)
    speeds = replace(speeds, max_sequences=np.where(stated, batch.most_sequences, speeds.max_sequences))
    fleet = Replicas(batch.shapes, speeds, batch.kv_tokens)
    out = np.full(len(batch), np.nan)
    for mode, name in enumerate(MODES):
        rows = np.flatnonzero(batch.mode == mode)
        if not rows.size:
            continue
        if name == "open":
            out[rows] = _open(fleet.take(rows), batch, rows)
        else:
            out[rows] = _metrics(_timing(name, fleet.take(rows), batch, rows), batch, rows)
    return out


def _timing(mode: str, fleet: Replicas, batch: Cases, rows: Ints) -> Timing:
    inputs, outputs = batch.input_tokens[rows], batch.output_tokens[rows]
    if mode == "saturated":
        return saturated(fleet, inputs, outputs, batch.requests[rows] / batch.replicas[rows])
    streams = np.maximum(batch.concurrency[rows] / batch.replicas[rows], 1.0)
    return (closed_loop if mode == "closed" else static_batch)(fleet, inputs, outputs, streams)


def _metrics(timing: Timing, batch: Cases, rows: Ints) -> Floats:
    inputs, outputs, copies = batch.input_tokens[rows], batch.output_tokens[rows], batch.replicas[rows]
    per_output = np.maximum(outputs, 1.0)
    tokens = timing.output_tok_per_s * copies
    prompts_only = inputs / timing.ttft_s
    total = np.where(outputs < 1, prompts_only, tokens * (inputs + per_output) / per_output)
    gpus = copies * batch.shapes.tp[rows] * batch.shapes.pp[rows]
    return _pick(batch, rows, tokens, total, gpus, timing.ttft_s, timing.tpot_s)


def _open(fleet: Replicas, batch: Cases, rows: Ints) -> Floats:
    """Predict an open stream of requests; each TTFT percentile is a load of its own."""
    out = np.full(len(rows), np.nan)
    percentile = np.array([PERCENTILES.get(batch.measurements[row].metric, 50.0) for row in rows])
    for value in sorted(set(percentile)):
        chosen = np.flatnonzero(percentile == value)
        own = rows[chosen]
        rate = batch.request_rate[own] / batch.replicas[own]
        done = rate_load(fleet.take(chosen), batch.input_tokens[own], batch.output_tokens[own], rate, float(value))
        out[chosen] = _open_metrics(done, batch, own)
    return out


def _open_metrics(done: Load, batch: Cases, rows: Ints) -> Floats:
    inputs, outputs, copies = batch.input_tokens[rows], np.maximum(batch.output_tokens[rows], 1.0), batch.replicas[rows]
    tokens = done.output_tok_per_s * copies
    gpus = copies * batch.shapes.tp[rows] * batch.shapes.pp[rows]
    tpot = np.where(done.utilization < 1, done.tpot_s, np.inf)
    return _pick(batch, rows, tokens, tokens * (inputs + outputs) / outputs, gpus, done.ttft_s, tpot)


def _pick(
    batch: Cases, rows: Ints, tokens: Floats, total: Floats, gpus: Floats, ttft_s: Floats, tpot_s: Floats
) -> Floats:
    """Return the value of the metric that each row measured."""
    values = {
        "output_tok_s_total": tokens,
        "output_tok_s_per_user": 1 / tpot_s,
        "total_tok_s": total,
        "tok_s_per_gpu": tokens / gpus,
        "requests_s": tokens / np.maximum(batch.output_tokens[rows], 1.0),
        "ttft_ms_mean": ttft_s * 1e3,
        "ttft_ms_p50": ttft_s * 1e3,
        "ttft_ms_p99": ttft_s * 1e3,
        "tpot_ms": tpot_s * 1e3,
        "itl_ms": tpot_s * 1e3,
    }
    return np.stack([values[name] for name in METRICS])[batch.metric[rows], np.arange(len(rows))]
