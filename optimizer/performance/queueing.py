"""Random arrivals: what a replica does under a Poisson stream of requests, and how full it may be."""

from dataclasses import dataclass

import numpy as np

from optimizer.performance.loops import Prompt, decode, fresh_tokens, prefill, sequences_that_run
from optimizer.performance.replicas import Replicas
from optimizer.performance.step import StageTime
from optimizer.performance.tables import Bools, Floats

OVERFLOW_Z = 2.33
"""The normal quantile of 99 %: a Poisson number with mean L stays below L + z sqrt(L) with that chance."""
SOLVER_STEPS = 6
MOST_TIME_SHARE = 0.8
"""Share of a replica's time that prompts and further streams may take; times grow as 1 / (1 - share)."""


@dataclass(frozen=True, slots=True)
class OpenLoop:
    """A steady stream. `prefill_share` of the time goes to prompts; `decoding` streams are in the batch of `room`.

    `step_s` is a step that only decodes, `prompt_s` what one prompt adds. A stream that cannot be carried has
    infinite times. `time_share` is rho plus what the streams themselves add to a step: the times diverge at 1.
    """

    rate_per_s: Floats
    tpot_s: Floats
    step_s: Floats
    prompt_s: Floats
    latency_s: Floats
    prefill_share: Floats
    time_share: Floats
    decoding: Floats
    room: Floats
    decode: StageTime
    decode_steps: Floats

    @property
    def utilization(self) -> Floats:
        """How full the replica is: of its KV room, or of its time."""
        return np.maximum(self.decoding / np.maximum(self.room, 1e-9), self.time_share)


def open_loop(
    fleet: Replicas,
    input_tokens: Floats | float,
    output_tokens: Floats | float,
    rate_per_s: Floats,
    prompt: Prompt | None = None,
) -> OpenLoop:
    """Return the steady state of a Poisson stream of `rate_per_s` equal requests per replica.

    A step that decodes n streams takes D(n). Prompts come between the decodes: rho = rate x prompt of the time.
    A stream writes its O tokens in ((O - 1) D(n) + q prompt) / (1 - rho), where q = rho + rho^2 / 2 (1 - rho) prompts
    wait when it begins (the queue that M/D/1 leaves behind), and n = rate x that, by Little's law, solved by secants.
    `prompt` is what `prefill` returned for these prompts, where a caller tries many rates.
    """
    out = np.maximum(np.asarray(output_tokens, dtype=float), 1.0)
    context, further = input_tokens + out / 2, np.maximum(out - 1, 0.5)
    room = np.minimum(sequences_that_run(fleet, input_tokens, out), fleet.rates.max_sequences)
    most = np.maximum(room, 2.0)
    decoding, before, slope = np.ones(len(room)), np.zeros(len(room)), np.zeros(len(room))
    wanted = missed = np.zeros(len(room))
    latency_s, busy_s = prompt or prefill(fleet, fresh_tokens(fleet, input_tokens))
    for turn in range(SOLVER_STEPS):
        prompt_s = _prompt_s(fleet, input_tokens, busy_s, rate_per_s, decoding)
        share = np.minimum(rate_per_s * prompt_s, 0.999)
        stage, steps = decode(fleet, decoding, context)
        left_behind = share + share**2 / (2 * (1 - share))
        writing = (further * steps * stage.total_s + left_behind * prompt_s) / (1 - share)
        wanted, missed_before, missed = rate_per_s * writing, missed, rate_per_s * writing - decoding
        if turn:
            slope = _slope(slope, missed - missed_before, decoding - before)
        before = decoding
        decoding = np.clip(decoding + missed / np.maximum(1 - slope, 0.02), 1.0, most)
    step_s = steps * stage.total_s
    time_share = 1 - (1 - share) * (1 - np.minimum(slope, 1.0))
    carried = (rate_per_s * prompt_s < 0.999) & (time_share < 0.99) & (wanted <= 1.05 * most)
    return OpenLoop(
        rate_per_s=rate_per_s,
        tpot_s=np.where(carried, writing / further, np.inf),
        step_s=step_s,
        prompt_s=prompt_s,
        latency_s=latency_s,
        prefill_share=np.where(carried, share, np.inf),
        time_share=np.where(carried, time_share, np.inf),
        decoding=np.where(carried, wanted, np.inf),
        room=room,
        decode=stage,
        decode_steps=steps,
    )


def _slope(previous: Floats, missed: Floats, moved: Floats) -> Floats:
    """Return by how much a further stream makes the wanted streams grow: the chord, where there was a move."""
    still = np.abs(moved) < 1e-6
    return np.where(still, previous, np.clip(missed / np.where(still, 1.0, moved) + 1, 0, 2))


def _prompt_s(
    fleet: Replicas, input_tokens: Floats | float, busy_s: Floats, rate_per_s: Floats, decoding: Floats
) -> Floats:
    """Return the seconds that a prompt takes from the decoding streams; `busy_s` is its own, alone in a pass.

    Prompts that come in the same step share a pass: with m arrivals a step, m / (1 - e^-m) in a pass that has any.
    """
    fresh = fresh_tokens(fleet, input_tokens)
    arrivals = np.clip(rate_per_s * busy_s * 2, 1e-9, 50.0)
    together = np.minimum(arrivals / -np.expm1(-arrivals), np.maximum(fleet.rates.step_tokens / fresh, 1.0))
    _, joined = prefill(fleet, fresh * together)
    alone = np.exp(-np.minimum(decoding, 50.0))
    return np.asarray(np.minimum(joined / together, busy_s) * (fleet.rates.interference * (1 - alone) + alone))


def first_token_at(fleet: Replicas, loop: OpenLoop, input_tokens: Floats | float, percentile: float) -> Floats:
    """Return TTFT of a stream at a percentile; 50 and below give the mean.

    Short prompts are gated: one arrives in a step of biased length X = D/(1-rho) + b rho/(1-rho^2), waits for half
    of it, and gets its token at the end of the next, which prefills all that came meanwhile. Prompts that fill a
    step queue one after another (M/D/1 with S = b + D per pass, mean wait rho S / 2 (1-rho)); the next one in the
    queue fills what is spare of the last pass, which delays the token at its end.
    """
    fresh = fresh_tokens(fleet, input_tokens)
    budget = np.maximum(fleet.rates.step_tokens - np.minimum(loop.decoding, loop.room), 1.0)
    passes = np.ceil(fresh / budget - 1e-9)
    prompt, step = loop.prompt_s, loop.step_s
    rho = np.clip(loop.prefill_share, 1e-9, 0.995)
    single = budget < 2 * fresh
    service = prompt + passes * step
    load = np.where(single, np.clip(loop.rate_per_s * service, 1e-9, 0.995), rho)
    biased = step / (1 - rho) + prompt * rho / (1 - rho**2)
    gated = biased / 2 - step / 2 + prompt * loop.rate_per_s * biased
    crowded = np.where(single, service / (2 * (1 - load)), gated / load)
    last = np.where(single, prompt * np.clip(passes - fresh / budget, 0, 1), 0.0)
    own = fleet.rates.request_s + loop.latency_s * (prompt / np.maximum(loop.latency_s, 1e-12)).clip(1.0)
    own = own + passes * step
    if percentile <= 50:
        wait = load * (crowded + last) + step / 2
    else:
        wait = _wait_at(loop, load, crowded, last, biased, single, percentile / 100)
    return np.where(np.isfinite(loop.tpot_s), own + wait, np.inf)


def _wait_at(
    loop: OpenLoop, load: Floats, crowded: Floats, last: Floats, biased: Floats, single: Bools, share: float
) -> Floats:
    """Return the wait that `share` of the requests stay below.

    With few arrivals a step it is that behind another prompt; with many, every step has its share of prompts and
    the wait is uniform over the step.
    """
    behind = np.maximum(_beyond(load, 1 - share) * crowded + last * (load > 1 - share), loop.step_s * share)
    evenly = share * biased + loop.prompt_s * loop.rate_per_s * biased
    few = np.where(single, 1.0, np.exp(-loop.rate_per_s * biased))
    return np.asarray(few * behind + (1 - few) * evenly)


def _beyond(load: Floats, tail: float) -> Floats:
    """Return a quantile of the wait over its mean, given that one waits at all (chance `load`).

    A lone predecessor leaves a uniform wait, a queue an exponential tail.
    """
    left = np.clip(tail / load, 1e-9, 1.0)
    return np.asarray((1 - load) * 2 * (1 - left) - load * np.log(left))


def admissible(loop: OpenLoop) -> Bools:
    """Return where random arrivals rarely overflow: L + z sqrt(L / (1 - time share)) streams fit, and time is left.

    The streams of a crowded replica are slower and stay longer, so that their number swings more than Poisson's.
    """
    prefilling = loop.rate_per_s * loop.prompt_s / np.maximum(1 - loop.prefill_share, 0.01)
    streams = np.where(np.isfinite(loop.decoding), loop.decoding + np.maximum(prefilling, 0), np.inf)
    swing = np.sqrt(np.minimum(streams, 1e9) / np.maximum(1 - loop.time_share, 0.01))
    crowded = np.maximum(streams + OVERFLOW_Z * swing, 1.0)
    return np.asarray((crowded <= np.maximum(loop.room, 1.0)) & (loop.time_share <= MOST_TIME_SHARE))
