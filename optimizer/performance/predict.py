"""One prediction, complete: what fits, how fast, how sure, and what limits it."""

from dataclasses import dataclass, replace

from catalog import InvalidInputError
from optimizer.performance.estimates import Estimate, MemoryBill, estimate, memory_bill
from optimizer.performance.intervals import Evidence, evidence
from optimizer.performance.layouts import Layouts
from optimizer.performance.memory import memory, sequences_that_fit
from optimizer.performance.options import PLAIN, Options
from optimizer.performance.own.corrected import at_rate, load, saturated
from optimizer.performance.possibility import impossible, reason
from optimizer.performance.service import BOTTLENECKS, Load
from optimizer.performance.tables import Floats

LONGEST_TOKENS = 10_485_760
MOST_STREAMS = 65_536


@dataclass(frozen=True, slots=True)
class Workload:
    """Tokens of a request and the load: exactly one of `concurrency`, `saturated` and `request_rate_per_s`.

    `percentile` is that of TTFT under a request rate; 50 gives the mean.
    """

    input_tokens: float
    output_tokens: float
    concurrency: float | None = None
    saturated: bool = False
    request_rate_per_s: float | None = None
    prefix_cache_hit_fraction: float = 0.0
    percentile: float = 50.0
    options: Options = PLAIN


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
    if why:
        return _unfit(layouts, tokens, why)
    done = _load(layouts, workload)
    running = min(sequences, max(1, round(float(done.concurrency[0]))))
    return Prediction(
        fits=True,
        reason=None,
        memory=memory_bill(layouts, tokens, running),
        ttft_s=_finite(layouts, "ttft_s", done),
        tpot_ms=_finite(layouts, "tpot_s", done, 1e3),
        tok_per_s_per_user=_finite(layouts, "tok_per_s_per_user", done),
        output_tok_per_s=estimate(layouts, "output_tok_per_s", done.output_tok_per_s, own=done.own),
        requests_per_s=estimate(layouts, "requests_per_s", done.requests_per_s, own=done.own),
        concurrency=_concurrency(layouts, workload, done),
        evidence=evidence(layouts, own=done.own)[0],
        bottleneck=BOTTLENECKS[int(done.bottleneck[0])],
        breakdown_ms=_breakdown(done),
        warnings=_warnings(layouts, workload, sequences, done),
    )


def _unfit(layouts: Layouts, tokens: float, why: str) -> Prediction:
    return Prediction(
        fits=False,
        reason=why,
        memory=memory_bill(layouts, tokens, 1),
        ttft_s=None,
        tpot_ms=None,
        tok_per_s_per_user=None,
        output_tok_per_s=None,
        requests_per_s=None,
        concurrency=None,
        evidence=evidence(layouts)[0],
        bottleneck=None,
        breakdown_ms=None,
        warnings=(),
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
    if not 0 < workload.percentile < 100:
        raise InvalidInputError(f"percentile {workload.percentile} is not between 0 and 100")
    if not 0 <= workload.prefix_cache_hit_fraction <= 1:
        raise InvalidInputError("the prefix-cache hit fraction is from 0 to 1")


def _load(layouts: Layouts, workload: Workload) -> Load:
    inputs, outputs, options = workload.input_tokens, workload.output_tokens, workload.options
    if workload.prefix_cache_hit_fraction:
        options = replace(options, prefix_cache_hit_fraction=workload.prefix_cache_hit_fraction)
    if workload.saturated:
        return saturated(layouts, inputs, outputs, options)
    if workload.request_rate_per_s is not None:
        return at_rate(layouts, inputs, outputs, workload.request_rate_per_s, workload.percentile, options)
    return load(layouts, inputs, outputs, workload.concurrency or 1.0, options=options)


def _finite(layouts: Layouts, metric: str, done: Load, scale: float = 1.0) -> Estimate | None:
    """Return the estimate, None where a queue grows without end."""
    value: Floats = getattr(done, metric)
    return estimate(layouts, metric, value, scale, done.own) if 0 < float(value[0]) < float("inf") else None


def _concurrency(layouts: Layouts, workload: Workload, done: Load) -> Estimate:
    """A given concurrency is exact; a derived one carries the interval of throughput."""
    if workload.concurrency is not None:
        return Estimate(workload.concurrency, workload.concurrency, workload.concurrency)
    return estimate(layouts, "concurrency", done.concurrency, own=done.own)


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
