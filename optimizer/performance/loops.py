"""From steps to requests: a closed loop of users, an offline queue without end, and a static batch."""

from dataclasses import dataclass, replace

import numpy as np

from optimizer.performance.replicas import Replicas
from optimizer.performance.step import StageTime, stage_time
from optimizer.performance.tables import Floats

Prompt = tuple[Floats, Floats]
"""(seconds until the first token of a lone prompt, seconds that it keeps one stage busy)."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Mean seconds of a request; `running` of the offered streams are in the batch, the others wait for KV room.

    `decode` is a stage's step while decoding, `decode_steps` how many such steps make one token.
    """

    ttft_s: Floats
    tpot_s: Floats
    output_tok_per_s: Floats
    running: Floats
    decode: StageTime
    decode_steps: Floats


def prefill(replicas: Replicas, prompt_tokens: Floats | float) -> Prompt:
    """Return (seconds until the first token of a lone prompt, seconds that it keeps one stage busy).

    A prompt is cut into chunks of the engine's step; chunks follow each other through the stages, so that
    latency = busy x (1 + (pp - 1) / chunks). A sequential engine (llama.cpp) starts no other prompt meanwhile, and
    its chunks follow each other for a share `overlap` only: pp - overlap x (pp - 1) (chunks - 1) / chunks.
    """
    shape, rate = replicas.shapes, replicas.rates
    tokens = np.maximum(np.asarray(prompt_tokens, dtype=float), 1.0)
    chunk = np.minimum(tokens, rate.step_tokens)
    chunks = tokens / chunk
    busy = chunks * stage_time(shape, rate, 0.0, 0.0, chunk, tokens).total_s
    following = np.where(shape.sequential, rate.overlap, 1.0) * (chunks - 1) / chunks
    latency = busy * (shape.pp - (shape.pp - 1) * following)
    return latency, np.where(shape.sequential, latency, busy)


def decode(
    replicas: Replicas, sequences: Floats | float, context_tokens: Floats | float, streamed: bool = True
) -> tuple[StageTime, Floats]:
    """Return (a stage's step, how many such steps make one token) with `sequences` in the batch.

    A pipeline runs pp micro-batches of sequences / pp at once; a sequential engine sends all through each stage.
    With speculation a step verifies the draft's tokens too, and makes several. What is `streamed` to clients waits
    for the one process that sends it: a token never takes less than sequences x its share of that process.
    """
    stage, steps = _computed(replicas, sequences, context_tokens)
    if not streamed:
        return stage, steps
    return replace(stage, overhead_s=stage.overhead_s + _idle_s(replicas, sequences, stage, steps)), steps


def _idle_s(replicas: Replicas, sequences: Floats | float, stage: StageTime, steps: Floats) -> Floats:
    """Return the seconds by which sending the tokens of a step takes longer than computing them."""
    return np.maximum(sequences * replicas.rates.stream_s / steps - stage.total_s, 0.0)


def _computed(
    replicas: Replicas, sequences: Floats | float, context_tokens: Floats | float
) -> tuple[StageTime, Floats]:
    """Return what `decode` returns where nobody waits for the tokens to be sent."""
    shape = replicas.shapes
    per_stage = np.where(shape.sequential, sequences, np.maximum(sequences / shape.pp, np.minimum(sequences, 1.0)))
    ahead = replicas.options.speculation
    if ahead is None:
        return stage_time(shape, replicas.rates, per_stage, context_tokens), shape.pp * pipeline_loss(replicas)
    stage = stage_time(shape, replicas.rates, per_stage, context_tokens, per_stage * ahead.draft_tokens)
    return stage, shape.pp * pipeline_loss(replicas) * ahead.cost_per_token


def closed_loop(
    replicas: Replicas,
    input_tokens: Floats | float,
    output_tokens: Floats | float,
    concurrency: Floats | float,
    prompt: Prompt | None = None,
) -> Timing:
    """Return the mean times with `concurrency` users who each send the next request when the last one ends.

    While a stream writes its O tokens in x seconds, the others prefill (n-1) x / (x + TTFT) prompts, each of
    which stops it: x = O step + i (n-1) busy x / (x + TTFT), a quadratic in x; TPOT = x / O.
    TTFT = request cost + prefill latency + the wait for a step and for other prompts, and a share `burst` of the
    queue of prompts that start together. A scheduler that runs ahead of the GPU takes in the next prompt `lag` steps
    late; streams that started together end in consecutive steps, so that as many prompts meet. Where sending is
    slower than computing, a share `backlog` of what piles up while a stream writes is ahead of the next first token.
    Streams beyond the KV cache wait: Little's law gives their queue.
    `prompt` is what `prefill` returned for these prompts, where a caller tries many concurrencies.
    """
    rate = replicas.rates
    out = np.maximum(np.asarray(output_tokens, dtype=float), 1.0)
    room = np.minimum(sequences_that_run(replicas, input_tokens, out), rate.max_sequences)
    running = np.minimum(concurrency, np.maximum(room, 1.0))
    latency, busy = prompt or prefill(replicas, fresh_tokens(replicas, input_tokens))
    computed, steps = _computed(replicas, np.maximum(running, 1.0), input_tokens + out / 2)
    idle_s = _idle_s(replicas, np.maximum(running, 1.0), computed, steps)
    others = np.maximum(running - 1, 0.0)
    ttft = rate.request_s + latency + (rate.burst * others + np.minimum(rate.lag, others)) * busy
    ttft = ttft + rate.backlog * out * steps * idle_s
    writing = _writing_s(out * steps * (computed.total_s + idle_s), rate.interference * others * busy, ttft)
    decoding = np.maximum(running * writing / (writing + ttft), 1.0)
    stage, steps = decode(replicas, decoding, input_tokens + out / 2)
    load = np.minimum(running * busy / (writing + ttft), 0.95)
    ttft = ttft + rate.wait * (load / (1 - load) * busy + stage.total_s) * np.minimum(others, 1)
    writing = _writing_s(out * steps * stage.total_s, rate.interference * others * busy, ttft)
    cycle = writing + ttft
    return Timing(
        ttft_s=ttft + (concurrency / np.maximum(running, 1e-9) - 1) * cycle,
        tpot_s=writing / out,
        output_tok_per_s=running * out / cycle,
        running=running,
        decode=stage,
        decode_steps=steps,
    )


def _writing_s(alone: Floats, others: Floats, ttft: Floats) -> Floats:
    """Solve x = alone + others x / (x + ttft) for x > 0."""
    half = (alone + others - ttft) / 2
    return np.asarray(half + np.sqrt(half * half + alone * ttft))


def saturated(
    replicas: Replicas,
    input_tokens: Floats | float,
    output_tokens: Floats | float,
    requests: Floats | float = np.inf,
) -> Timing:
    """Return the steady state of an offline run with an unlimited queue, or the mean of a run of `requests`.

    The batch fills the KV cache; each step decodes it and prefills I/O tokens per sequence beside it, in as many
    passes as the engine's step size asks for: throughput = batch / step. A finite run of equal requests goes in
    waves: whole batches, then what is left in a batch that is not full.
    """
    rate, shape = replicas.rates, replicas.shapes
    out = np.maximum(np.asarray(output_tokens, dtype=float), 1.0)
    room = sequences_that_run(replicas, input_tokens, out)
    batch = np.minimum(np.maximum(rate.fill * room, np.minimum(room, 1.0)), rate.max_sequences)
    batch = np.minimum(batch, requests)
    stage, passes = mixed_step(replicas, input_tokens, out, batch)
    tpot = shape.pp * pipeline_loss(replicas) * passes * stage.total_s
    latency, _ = prefill(replicas, input_tokens)
    return Timing(
        ttft_s=rate.request_s + latency,
        tpot_s=tpot,
        output_tok_per_s=batch / tpot / _tail(replicas, input_tokens, out, batch, requests, passes * stage.total_s),
        running=batch,
        decode=stage,
        decode_steps=shape.pp * pipeline_loss(replicas) * passes,
    )


def mixed_step(
    replicas: Replicas, input_tokens: Floats | float, output_tokens: Floats, batch: Floats
) -> tuple[StageTime, Floats]:
    """Return (one pass of a stage, passes per token) that decodes `batch` and prefills what replaces it."""
    shape = replicas.shapes
    per_stage = np.where(shape.sequential, batch, batch / shape.pp)
    prompt_share = fresh_tokens(replicas, input_tokens) / output_tokens
    passes = np.maximum(1.0, per_stage * (1 + prompt_share) / replicas.rates.step_tokens)
    decoding, prefilling = per_stage / passes, per_stage * prompt_share / passes
    context = input_tokens + output_tokens / 2
    return stage_time(shape, replicas.rates, decoding, context, prefilling, input_tokens), passes


def _tail(
    replicas: Replicas,
    input_tokens: Floats | float,
    output_tokens: Floats,
    batch: Floats,
    requests: Floats | float,
    step_s: Floats,
) -> Floats:
    """Return the time of a finite run relative to the steady state, 1 for an endless one."""
    endless = ~np.isfinite(np.broadcast_to(requests, batch.shape))
    if endless.all():
        return np.ones(len(batch))
    waves = np.where(endless, 1.0, requests / np.maximum(batch, 1e-9))
    rest = (waves - np.floor(waves + 1e-9)) * batch
    stage, passes = mixed_step(replicas, input_tokens, output_tokens, np.maximum(rest, 1.0))
    last = np.minimum(rest, 1.0) * passes * stage.total_s / step_s
    return np.where(endless, 1.0, (np.floor(waves + 1e-9) + last) / waves)


def static_batch(
    replicas: Replicas, input_tokens: Floats | float, output_tokens: Floats | float, batch: Floats | float
) -> Timing:
    """Return a burst: `batch` prompts that start together and are waited for, in waves where KV room is short."""
    rate = replicas.rates
    out = np.maximum(np.asarray(output_tokens, dtype=float), 1.0)
    room = np.minimum(replicas.kv_tokens / (input_tokens + out), rate.max_sequences)
    running = np.minimum(batch, np.maximum(room, 1.0))
    latency, _ = prefill(replicas, running * input_tokens)
    shorter = attention_excess(replicas, running, input_tokens)
    ttft = latency - shorter
    stage, steps = decode(replicas, running, input_tokens + out / 2, streamed=False)
    writing = out * steps * stage.total_s
    waves = np.maximum(np.floor(batch / running), 1.0)
    rest = np.maximum(batch - waves * running, 0.0)
    last, _ = decode(replicas, np.maximum(rest, 1.0), input_tokens + out / 2, streamed=False)
    remainder = ttft * rest / running + np.minimum(rest, 1.0) * out * steps * last.total_s
    seconds = waves * (ttft + writing) + remainder
    return Timing(
        ttft_s=ttft,
        tpot_s=writing / out,
        output_tok_per_s=np.maximum(batch, running) * out / seconds,
        running=running,
        decode=stage,
        decode_steps=steps,
    )


def fresh_tokens(replicas: Replicas, input_tokens: Floats | float) -> Floats:
    """Return the prompt tokens that are not in the prefix cache; the last one is always computed."""
    return np.maximum(np.asarray(input_tokens, dtype=float) * (1 - replicas.options.prefix_cache_hit_fraction), 1.0)


def pipeline_loss(replicas: Replicas) -> Floats:
    """Return by how much unequal micro-batches and hand-overs lengthen a step: 1 + bubble (pp - 1)."""
    shape = replicas.shapes
    return np.where(shape.sequential, 1.0, 1 + replicas.rates.bubble * (shape.pp - 1))


def sequences_that_run(replicas: Replicas, input_tokens: Floats | float, output_tokens: Floats | float) -> Floats:
    """Return how many sequences run at once: the KV cache over the prompt and the reserved share of the output.

    TensorRT-LLM reserves all of it (GUARANTEED_NO_EVICT); vLLM and SGLang admit by what is written so far.
    """
    return np.asarray(replicas.kv_tokens / (input_tokens + replicas.rates.reserve * output_tokens))


def attention_excess(replicas: Replicas, prompts: Floats | float, input_tokens: Floats | float) -> Floats:
    """Return the attention seconds by which one prompt of prompts x I tokens exceeds that many of I tokens."""
    shape, rate = replicas.shapes, replicas.rates
    tokens = np.asarray(prompts * input_tokens, dtype=float)
    per_token = 2 * shape.layers * shape.query_width / (shape.tp * rate.attention_flops)
    return np.asarray(per_token * tokens * (tokens - input_tokens))
