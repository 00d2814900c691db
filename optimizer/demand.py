"""Demand: what a workload asks for, in one form: sizes of request with an amount and targets each."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from catalog import InvalidInputError, Model
from optimizer.request import Bucket, PlanRequest, Workload

ANSWER_SHARE = 16
LONGEST_ASSUMED_ANSWER_TOKENS = 512


@dataclass(frozen=True, slots=True)
class Size:
    """One size of request; `amount` is users, or requests per second, as `Demand.unit` says."""

    input_tokens: int
    output_tokens: int
    amount: float

    @property
    def tokens(self) -> int:
        """Return the tokens a sequence holds at its end, prompt and answer."""
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True, slots=True)
class Demand:
    """What a fleet must serve. `tpot_s` and `ttft_s` are the slowest acceptable, None where nothing was asked.

    `confidence` is how sure it must be that they are kept, None for the point estimate.
    """

    unit: Literal["users", "requests_per_s"]
    sizes: tuple[Size, ...]
    tpot_s: float | None
    ttft_s: float | None
    percentile: float
    prefix_cache_hit_fraction: float
    assumptions: tuple[str, ...]
    confidence: float | None = None

    @property
    def amounts(self) -> tuple[float, ...]:
        """Return the demand of each size."""
        return tuple(size.amount for size in self.sizes)

    @property
    def longest_tokens(self) -> int:
        """Return the longest sequence."""
        return max(size.tokens for size in self.sizes)

    @property
    def shortest_tokens(self) -> int:
        """Return the shortest sequence, which the KV cache of a useful replica must be able to hold."""
        return min(size.tokens for size in self.sizes)

    def longest_served(self, amounts: Sequence[float]) -> int:
        """Return the longest sequence of a part of the demand."""
        return max(size.tokens for size, amount in zip(self.sizes, amounts, strict=True) if amount > 0)

    def mean_lengths(self, amounts: Sequence[float]) -> tuple[float, float]:
        """Return the mean (input, output) tokens of a request of a part of the demand."""
        total = math.fsum(amounts)
        parts = tuple(zip(self.sizes, amounts, strict=True))
        return (
            math.fsum(size.input_tokens * amount for size, amount in parts) / total,
            math.fsum(size.output_tokens * amount for size, amount in parts) / total,
        )

    @property
    def tok_per_s_per_user(self) -> float | None:
        """Return the decode speed asked for each user."""
        return None if self.tpot_s is None else 1 / self.tpot_s


def demand_of(request: PlanRequest, model: Model) -> Demand:
    """Return the demand of a request. Raises InvalidInputError where a sequence exceeds the model's context."""
    workload = request.workload
    buckets, assumptions = _buckets(workload)
    for bucket in buckets:
        tokens = bucket.input_tokens + bucket.output_tokens
        if tokens > model.max_context:
            raise InvalidInputError(
                f"{tokens:,} tokens of context, but {model.model_id} takes at most {model.max_context:,}",
                "ask for a shorter context, or for a model with a longer one",
            )
    if workload.users is not None:
        sizes = tuple(Size(b.input_tokens, b.output_tokens, float(workload.users)) for b in buckets)
    else:
        rate = _requests_per_s(workload, buckets)
        sizes = tuple(Size(b.input_tokens, b.output_tokens, rate * b.share) for b in buckets)
    return Demand(
        unit="requests_per_s" if workload.users is None else "users",
        sizes=sizes,
        tpot_s=_slowest_tpot_s(request),
        ttft_s=request.slo.ttft_s,
        percentile=request.slo.percentile,
        prefix_cache_hit_fraction=workload.prefix_cache_hit_fraction,
        assumptions=assumptions,
        confidence=request.confidence,
    )


def _buckets(workload: Workload) -> tuple[tuple[Bucket, ...], tuple[str, ...]]:
    """Return the sizes of request and what was assumed about them."""
    if workload.buckets:
        return workload.buckets, ()
    if workload.input_tokens is not None and workload.output_tokens is not None:
        return (Bucket(input_tokens=workload.input_tokens, output_tokens=workload.output_tokens),), ()
    context = workload.context_tokens or 0
    answer = max(1, min(LONGEST_ASSUMED_ANSWER_TOKENS, context // ANSWER_SHARE))
    note = f"of the {context:,} tokens of context, {context - answer:,} are prompt and {answer:,} are answer"
    return (Bucket(input_tokens=context - answer, output_tokens=answer),), (note,)


def _requests_per_s(workload: Workload, buckets: tuple[Bucket, ...]) -> float:
    if workload.request_rate_per_s is not None:
        return workload.request_rate_per_s
    mean_output = math.fsum(bucket.share * bucket.output_tokens for bucket in buckets)
    return (workload.output_tok_per_s or 0.0) / mean_output


def _slowest_tpot_s(request: PlanRequest) -> float | None:
    """Return the tightest of the three ways to ask for decode speed, in seconds per token."""
    speeds = (request.workload.tok_per_s_per_user, request.slo.tok_per_s_per_user)
    asked = [1 / speed for speed in speeds if speed is not None]
    if request.slo.tpot_ms is not None:
        asked.append(request.slo.tpot_ms / 1000)
    return min(asked, default=None)
