"""What a step costs, as plain numbers of one replica: written apart from the vectorised step model."""

import math
from dataclasses import dataclass

import numpy as np

from catalog import InvalidInputError
from optimizer.performance.layouts import Layouts
from optimizer.performance.loops import pipeline_loss
from optimizer.performance.replicas import Replicas, replicas
from optimizer.performance.step import SPILL_TOKENS


@dataclass(frozen=True, slots=True)
class StepCosts:
    """Seconds of a decode or prefill step of one replica, with a token in every stage of its pipeline.

    `weights_s`: reading all weights; `spill_s`: unpacking them for many tokens; `token_s`: arithmetic of a token;
    `head_s`: its logits; `context_s`: a token of KV cache; `attention_s`: a pair of prompt tokens; `fixed_s`: launches
    and latencies; `wire_s`: a token's share of the all-reduces, which take `ramp_s` more times the square root of the
    tokens; `sequence_s`: a sequence's share of the scheduler; `stream_s`: sending a token.
    `stages` is 1 unless layers are pipelined.
    """

    weights_s: float
    expert_weights_s: float
    idle_expert_share: float
    spill_s: float
    token_s: float
    head_s: float
    context_s: float
    attention_s: float
    fixed_s: float
    wire_s: float
    ramp_s: float
    sequence_s: float
    sharpness: float
    interference: float
    request_s: float
    stream_s: float
    stages: float
    pass_through: float
    prefill_through: float
    follow_through: float
    step_tokens: float
    kv_tokens: float
    reserve: float
    max_sequences: int

    def decode_s(self, sequences: int, context_tokens: float) -> float:
        """Return the seconds in which every sequence gets one token; `context_tokens` is their sum."""
        here = sequences / self.stages if self.stages > 1 else float(sequences)
        here = max(here, 1.0)
        arithmetic_s = here * (self.token_s + self.head_s)
        rest = here * (context_tokens / sequences * self.context_s + self.sequence_s) + self._wires_s(here)
        work = self._overlap(self._weights_s(here), arithmetic_s) + self._spill_s(here)
        return max(self.pass_through * (work + rest + self.fixed_s), sequences * self.stream_s)

    def prefill_s(self, tokens: int, pairs: float, follows: bool = False) -> float:
        """Return the seconds of `tokens` prompt tokens that look at `pairs` earlier ones in all.

        A piece that `follows` another of its prompt starts before that one has left llama.cpp's last GPU.
        """
        work = self._overlap(self._weights_s(tokens), tokens * self.token_s) + self._spill_s(tokens)
        through = self.follow_through if follows else self.prefill_through
        return through * (work + pairs * self.attention_s + self._wires_s(tokens) + self.fixed_s)

    def _weights_s(self, tokens: float) -> float:
        return self.weights_s + self.expert_weights_s * (1 - float(self.idle_expert_share**tokens))

    def _wires_s(self, tokens: float) -> float:
        return tokens * self.wire_s + math.sqrt(tokens) * self.ramp_s

    def _spill_s(self, tokens: float) -> float:
        return self.spill_s * tokens / (tokens + SPILL_TOKENS)

    def _overlap(self, memory_s: float, math_s: float) -> float:
        longer, shorter = max(memory_s, math_s), min(memory_s, math_s)
        return float(longer * (1 + (shorter / longer) ** self.sharpness) ** (1 / self.sharpness))


def step_costs(layouts: Layouts, fleet: Replicas | None = None) -> StepCosts:
    """Return the costs of a layout of length one. Raises InvalidInputError where its weights do not fit."""
    ready = fleet or replicas(layouts)
    if len(ready.shapes) != 1:
        raise InvalidInputError(f"one layout is simulated at a time, got {len(ready.shapes)}")
    shape, rate = ready.shapes, ready.rates
    if float(ready.kv_tokens[0]) <= 0:
        raise InvalidInputError("the weights do not fit on this layout", "see gpumix predict for the memory bill")

    def one(values: "np.ndarray[tuple[int], np.dtype[np.generic]]") -> float:
        return float(values[0])

    tp, pp, layers = one(shape.tp), one(shape.pp), one(shape.layers)
    sequential = bool(shape.sequential[0])
    per_gpu = 1 / (tp * pp)
    unpack = 1 / one(rate.dequantized_params_per_s)
    stream = one(shape.linear_bytes_per_param) / one(rate.weight_bytes_per_s) + unpack
    experts, used = one(shape.experts), one(shape.experts_per_token)
    own_work = used * one(shape.expert_params) * one(rate.expert_work) if one(shape.expert_params) else 0.0
    active, read = one(shape.fixed_params) + own_work, one(shape.fixed_params) + one(shape.repeated_params)
    wire, ramp, waits = _communication(ready)
    return StepCosts(
        weights_s=per_gpu * (read * stream + one(shape.head_bytes) / one(rate.weight_bytes_per_s)),
        expert_weights_s=per_gpu * experts * one(shape.expert_params) * stream,
        idle_expert_share=1 - used / experts if one(shape.expert_params) else 0.0,
        spill_s=per_gpu * read / one(rate.spilled_params_per_s),
        token_s=per_gpu * 2 * active / one(rate.matmul_flops),
        head_s=per_gpu * 2 * one(shape.head_params) / one(rate.matmul_flops),
        context_s=one(shape.kv_bytes_per_token) / (one(shape.kv_split) * pp * one(rate.kv_bytes_per_s)),
        attention_s=per_gpu * 4 * layers * one(shape.query_width) / one(rate.attention_flops),
        fixed_s=(one(rate.layer_s) * layers + one(rate.step_s)) / pp + waits,
        wire_s=wire,
        ramp_s=ramp,
        sequence_s=one(rate.sequence_s),
        sharpness=rate.sharpness,
        interference=one(rate.interference),
        request_s=one(rate.request_s),
        stream_s=one(rate.stream_s),
        stages=1.0 if sequential else pp,
        pass_through=pp * float(pipeline_loss(ready)[0]),
        prefill_through=pp if sequential else 1.0,
        follow_through=pp - one(rate.overlap) * (pp - 1) if sequential else 1.0,
        step_tokens=one(rate.step_tokens),
        kv_tokens=one(ready.kv_tokens),
        reserve=one(rate.reserve),
        max_sequences=int(one(rate.max_sequences)),
    )


def _communication(fleet: Replicas) -> tuple[float, float, float]:
    """Return the seconds of a stage's step on links: per token, per square root of the tokens, and whatever comes."""
    shape, rate = fleet.shapes, fleet.rates
    tp, pp, message = float(shape.tp[0]), float(shape.pp[0]), float(shape.hidden[0]) * 2.0
    wire = ramp = waits = 0.0
    if tp > 1:
        reduces, latency = float(shape.layers[0]) / pp, float(rate.comm_latency_s[0])
        transfer = 2 * (tp - 1) / tp * message / float(rate.comm_bytes_per_s[0])
        wire += reduces * 2 * transfer
        ramp += reduces * 2 * float(rate.comm_ramp[0]) * (latency * transfer) ** 0.5
        waits += reduces * float(shape.reduces_per_layer[0]) * latency
    if pp > 1:
        wire += message / float(shape.hop_bandwidth[0])
        waits += float(shape.hop_latency_s[0])
    return wire, ramp, waits
