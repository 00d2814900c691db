"""One prediction, complete: what fits, how fast, how sure, and what limits it."""

from dataclasses import dataclass

import numpy as np

from catalog import InvalidInputError
from optimizer.performance.estimates import Estimate, MemoryBill, estimate, memory_bill
from optimizer.performance.intervals import Evidence, evidence
from optimizer.performance.layouts import Layouts
from optimizer.performance.memory import memory, sequences_that_fit
from optimizer.performance.possibility import impossible, reason
from optimizer.performance.service import BOTTLENECKS, Load, at_rate, load, saturated

LONGEST_TOKENS = 10_485_760
MOST_STREAMS = 65_536


@dataclass(frozen=True, slots=True)
class Workload:
    """Tokens of a request and the load: exactly one of `concurrency`, `saturated` and `request_rate_per_s`."""

    input_tokens: float
    output_tokens: float
    concurrency: float | None = None
    saturated: bool = False
    request_rate_per_s: float | None = None
    prefix_cache_hit_fraction: float = 0.0
    percentile: float = 50.0


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Milliseconds of one output token by what they are spent on."""

    weights: float
    matmul: float
    kv: float
    communication: float
    overhead: float
    prefill_interference: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """What one replica does; without `fits`, `reason` says why and the speeds are None."""

    fits: bool
    reason: str | None
    memory: MemoryBill
    ttft_s: Estimate | None
    tpot_ms: Estimate | None
    tok_per_s_per_user: Estimate | None
    output_tok_per_s: Estimate | None
    requests_per_s: Estimate | None
    concurrency: Estimate | None
    evidence: Evidence
    bottleneck: str | None
    breakdown_ms: Breakdown | None
    warnings: tuple[str, ...]


def predict(layouts: Layouts, workload: Workload) -> Prediction:
    """Return the prediction of a layout of length one. Raises InvalidInputError on sizes that cannot be."""
    _check(layouts, workload)
    why = reason(int(impossible(layouts)[0]))
    tokens = workload.input_tokens + workload.output_tokens
    bill = memory(layouts)
    sequences = int(sequences_that_fit(bill, tokens)[0])
    if not why and sequences == 0:
        needed = float((bill.weights_gib + bill.overhead_gib + bill.kv_gib_per_token * tokens)[0])
        why = f"needs {needed:.1f} GiB per GPU, has {float(bill.usable_gib[0]):.1f}"
    found = evidence(layouts)[0]
    if why:
        return Prediction(False, why, memory_bill(layouts, tokens, 1), *([None] * 6), found, None, None, ())
    done = _load(layouts, workload)
    running = min(sequences, max(1, round(float(done.concurrency[0]))))
    return Prediction(
        fits=True,
        reason=None,
        memory=memory_bill(layouts, tokens, running),
        ttft_s=estimate(layouts, "ttft_s", done.ttft_s),
        tpot_ms=estimate(layouts, "tpot_s", done.tpot_s, 1e3),
        tok_per_s_per_user=estimate(layouts, "tok_per_s_per_user", done.tok_per_s_per_user),
        output_tok_per_s=estimate(layouts, "output_tok_per_s", done.output_tok_per_s),
        requests_per_s=estimate(layouts, "requests_per_s", done.requests_per_s),
        concurrency=_concurrency(layouts, workload, done),
        evidence=found,
        bottleneck=BOTTLENECKS[int(done.bottleneck[0])],
        breakdown_ms=_breakdown(done),
        warnings=_warnings(layouts, workload, sequences, done),
    )


def _check(layouts: Layouts, workload: Workload) -> None:
    if len(layouts) != 1:
        raise InvalidInputError(f"predict takes one layout, got {len(layouts)}")
    tokens = workload.input_tokens + workload.output_tokens
    if not (workload.input_tokens >= 1 and workload.output_tokens >= 1 and tokens <= LONGEST_TOKENS):
        raise InvalidInputError(
            "input and output tokens are counts from 1 on", "for example --input-tokens 2048 --output-tokens 256"
        )
    if tokens > layouts.model.max_context:
        raise InvalidInputError(
            f"{tokens:.0f} tokens are more than the {layouts.model.max_context} of {layouts.model.model_id}",
            "shorten the request",
        )
    given = [workload.concurrency is not None, workload.saturated, workload.request_rate_per_s is not None]
    if sum(given) != 1:
        raise InvalidInputError("give one of concurrency, saturated and request rate", "for example --concurrency 8")
    if workload.concurrency is not None and not 1 <= workload.concurrency <= MOST_STREAMS:
        raise InvalidInputError(f"concurrency {workload.concurrency} is not from 1 to {MOST_STREAMS}")
    if workload.request_rate_per_s is not None and not 0 < workload.request_rate_per_s < 1e6:
        raise InvalidInputError(f"request rate {workload.request_rate_per_s} is not above 0")
    if not 0 <= workload.prefix_cache_hit_fraction <= 1:
        raise InvalidInputError("the prefix-cache hit fraction is from 0 to 1")


def _load(layouts: Layouts, workload: Workload) -> Load:
    if workload.saturated:
        return saturated(layouts, workload.input_tokens, workload.output_tokens)
    if workload.request_rate_per_s is not None:
        rate = workload.request_rate_per_s
        return at_rate(layouts, workload.input_tokens, workload.output_tokens, rate, workload.percentile)
    streams = workload.concurrency or 1.0
    return load(layouts, workload.input_tokens, workload.output_tokens, streams, workload.prefix_cache_hit_fraction)


def _concurrency(layouts: Layouts, workload: Workload, done: Load) -> Estimate:
    """A given concurrency is exact; a derived one carries the interval of throughput."""
    if workload.concurrency is not None:
        return Estimate(workload.concurrency, workload.concurrency, workload.concurrency)
    return estimate(layouts, "concurrency", done.concurrency)


def _breakdown(done: Load) -> Breakdown:
    parts = (done.weights_s, done.matmul_s, done.kv_s, done.communication_s, done.overhead_s, done.prefill_s)
    return Breakdown(*(float(part[0]) * 1e3 for part in parts))


def _warnings(layouts: Layouts, workload: Workload, sequences: int, done: Load) -> tuple[str, ...]:
    found = []
    if workload.concurrency is not None and workload.concurrency > sequences:
        found.append(f"{workload.concurrency:.0f} streams share KV room for {sequences}: the others queue")
    if workload.request_rate_per_s is not None and float(done.utilization[0]) >= 1:
        found.append("the request rate is above what the replica can carry: the queue grows without end")
    if int(layouts.tp[0]) > int(layouts.gpus_per_node[0]):
        found.append(
            "tensor parallel over nodes is bound by network latency; pipeline parallel between nodes is faster"
        )
    return tuple(found)
