"""One step of one pipeline stage: how long a forward pass takes, term by term (all seconds, one value per row)."""

from dataclasses import dataclass

import numpy as np

from optimizer.performance.rates import Rates
from optimizer.performance.shapes import Shapes
from optimizer.performance.tables import Floats

ACTIVATION_BYTES = 2.0
SPILL_TOKENS = 64.0
"""llama.cpp multiplies small batches with packed weights; from about so many tokens on it unpacks them to memory."""


@dataclass(frozen=True, slots=True)
class StageTime:
    """The terms of a stage's step; `memory_or_math` is the smooth maximum of `weights` and `matmul`."""

    weights_s: Floats
    matmul_s: Floats
    memory_or_math_s: Floats
    kv_s: Floats
    attention_s: Floats
    communication_s: Floats
    overhead_s: Floats

    @property
    def total_s(self) -> Floats:
        """Seconds of the step: the terms follow one another."""
        return self.memory_or_math_s + self.kv_s + self.attention_s + self.communication_s + self.overhead_s


def stage_time(
    shapes: Shapes,
    rates: Rates,
    sequences: Floats | float,
    context_tokens: Floats | float,
    prefill_tokens: Floats | float = 0.0,
    prompt_tokens: Floats | float = 0.0,
) -> StageTime:
    """Return the time of one step of one stage.

    The step decodes one token for each of `sequences`, whose contexts average `context_tokens`, and prefills
    `prefill_tokens` of prompts that are `prompt_tokens` long:

    weights = (fixed + touched experts) bytes / (tp pp) / stream rate, plus unpacking of formats under 8 bits
    matmul  = 2 x active params x tokens / (tp pp) / matmul rate
    kv      = sequences x context x KV bytes per token / (kv split x pp) / KV stream rate
    comm    = 2 layers/pp x (l + x + ramp sqrt(l x)) + stage hop, x = 2 (tp-1)/tp x tokens x hidden x 2 B / busbw
    spill   = params / (tp pp) / spill rate x tokens / (tokens + 64): llama.cpp unpacks weights for larger batches
    step    = (weights^p + matmul^p)^(1/p) + spill + kv + prompt attention + comm + overhead
    """
    gpus = shapes.tp * shapes.pp
    tokens = sequences + prefill_tokens
    touched, used = _experts(shapes, tokens)
    streamed_params = shapes.fixed_params + shapes.repeated_params + touched * shapes.expert_params
    weight_bytes = streamed_params * shapes.linear_bytes_per_param + shapes.head_bytes
    weights = weight_bytes / (gpus * rates.weight_bytes_per_s) + streamed_params / (
        gpus * rates.dequantized_params_per_s
    )
    active_params = shapes.fixed_params + used * shapes.expert_params * rates.expert_work
    matmul = 2 * (active_params * tokens + shapes.head_params * sequences) / (gpus * rates.matmul_flops)
    spill = streamed_params / (gpus * rates.spilled_params_per_s) * (tokens / (tokens + SPILL_TOKENS))
    kv = sequences * attended_tokens(shapes, context_tokens) * shapes.kv_bytes_per_token
    return StageTime(
        weights_s=weights,
        matmul_s=matmul,
        memory_or_math_s=smooth_max(weights, matmul, rates.sharpness) + spill,
        kv_s=kv / (shapes.kv_split * shapes.pp * rates.kv_bytes_per_s),
        attention_s=_prompt_attention(shapes, rates, prefill_tokens, prompt_tokens),
        communication_s=_communication(shapes, rates, tokens),
        overhead_s=(rates.layer_s * shapes.layers + rates.step_s) / shapes.pp + rates.sequence_s * sequences,
    )


def smooth_max(first: Floats, second: Floats, sharpness: float) -> Floats:
    """Return (a^p + b^p)^(1/p): close to the larger, above it where both are alike."""
    larger, smaller = np.maximum(first, second), np.minimum(first, second)
    return larger * (1 + (smaller / larger) ** sharpness) ** (1 / sharpness)


def attended_tokens(shapes: Shapes, context_tokens: Floats | float) -> Floats:
    """Return the KV tokens that a query reads: all, or a window's worth in the layers that have one."""
    if np.isinf(shapes.window_tokens).all():
        return np.asarray(context_tokens, dtype=float)
    windowed = np.minimum(context_tokens, shapes.window_tokens)
    share = shapes.window_full_share
    return share * context_tokens + (1 - share) * windowed


def _prompt_attention(
    shapes: Shapes, rates: Rates, prefill_tokens: Floats | float, prompt_tokens: Floats | float
) -> Floats:
    """Return 4 layers x query width x tokens x half the prompt: a causal token looks at half of it on average."""
    pairs = prefill_tokens * attended_tokens(shapes, np.asarray(prompt_tokens, dtype=float)) / 2
    return 4 * shapes.layers * shapes.query_width * pairs / (shapes.tp * shapes.pp * rates.attention_flops)


def _experts(shapes: Shapes, tokens: Floats | float) -> tuple[Floats | float, Floats | float]:
    """Return (experts whose weights are read, experts that a token uses); E (1 - (1 - k/E)^tokens) are touched."""
    if not shapes.expert_params.any():
        return 0.0, 0.0
    idle = (1 - shapes.experts_per_token / shapes.experts) ** tokens
    return shapes.experts * (1 - idle), shapes.experts_per_token


def _communication(shapes: Shapes, rates: Rates, tokens: Floats | float) -> Floats:
    """Return two all-reduces a layer and the hop to the next stage.

    Between the latency l of the smallest message and the bandwidth of the largest, with x seconds on the wire, an
    all-reduce takes l + x + ramp sqrt(l x): nccl-tests and Mooncake's curves lie above l + x at 64 KB to 8 MB.
    """
    message_bytes = tokens * shapes.hidden * ACTIVATION_BYTES
    transfer = 2 * (shapes.tp - 1) / shapes.tp * message_bytes / np.maximum(rates.comm_bytes_per_s, 1.0)
    between = rates.comm_ramp * np.sqrt(rates.comm_latency_s * transfer)
    reduces = shapes.layers / shapes.pp * (shapes.reduces_per_layer * rates.comm_latency_s + 2 * (transfer + between))
    hop = shapes.hop_latency_s + message_bytes / shapes.hop_bandwidth
    return np.where(shapes.tp > 1, reduces, 0.0) + np.where(shapes.pp > 1, hop, 0.0)
