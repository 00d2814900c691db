"""What the simulated requests got: percentiles, and the share within the targets."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Served:
    """One finished request: when its first token came after it was sent, and its mean time per further token."""

    ttft_s: float
    tpot_s: float
    output_tokens: int
    finished_s: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """Attained times over finished requests; `within_target_fraction` is None where no target was given."""

    requests: int
    rejected: int
    ttft_s_mean: float
    ttft_s_p50: float
    ttft_s_p95: float
    ttft_s_p99: float
    tpot_s_mean: float
    tpot_s_p95: float
    output_tok_per_s: float
    within_target_fraction: float | None


def outcome(
    served: Sequence[Served], rejected: int = 0, tpot_s: float | None = None, ttft_s: float | None = None
) -> Outcome:
    """Sum up finished requests against targets."""
    if not served:
        return Outcome(0, rejected, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, None)
    first = np.array([one.ttft_s for one in served])
    each = np.array([one.tpot_s for one in served])
    seconds = max(one.finished_s for one in served)
    good = np.ones(len(served), dtype=bool)
    if tpot_s is not None:
        good &= each <= tpot_s
    if ttft_s is not None:
        good &= first <= ttft_s
    asked = tpot_s is not None or ttft_s is not None
    return Outcome(
        requests=len(served),
        rejected=rejected,
        ttft_s_mean=float(first.mean()),
        ttft_s_p50=float(np.percentile(first, 50)),
        ttft_s_p95=float(np.percentile(first, 95)),
        ttft_s_p99=float(np.percentile(first, 99)),
        tpot_s_mean=float(each.mean()),
        tpot_s_p95=float(np.percentile(each, 95)),
        output_tok_per_s=sum(one.output_tokens for one in served) / max(seconds, 1e-9),
        within_target_fraction=float(good.sum() / (len(served) + rejected)) if asked else None,
    )
