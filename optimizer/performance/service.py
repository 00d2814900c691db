"""From a replica to a service: a closed loop, an offline queue, a request rate, and the most that meets targets."""

from dataclasses import dataclass, fields, replace

import numpy as np

from optimizer.performance.capacity import Rates, Target, Users
from optimizer.performance.layouts import Layouts
from optimizer.performance.loops import Timing, closed_loop
from optimizer.performance.loops import saturated as offline
from optimizer.performance.options import PLAIN, Options
from optimizer.performance.own.effect import OwnEffect
from optimizer.performance.queueing import first_token_at, open_loop
from optimizer.performance.replicas import Replicas, replicas
from optimizer.performance.step import StageTime
from optimizer.performance.tables import Bools, Floats, Ints

BOTTLENECKS = ("weights", "matmul", "kv", "communication", "overhead")
MEAN_PERCENTILE = 50.0


@dataclass(frozen=True, slots=True)
class Load:
    """What a replica does under a load, one value per layout; times in seconds, `bottleneck` indexes BOTTLENECKS.

    `tok_per_s_per_user` is the speed of one stream while it writes. `utilization` is offered against attainable.
    `own` is what the user's own runs changed, None where they have no say.
    """

    ttft_s: Floats
    tpot_s: Floats
    tok_per_s_per_user: Floats
    output_tok_per_s: Floats
    requests_per_s: Floats
    concurrency: Floats
    utilization: Floats
    weights_s: Floats
    matmul_s: Floats
    kv_s: Floats
    communication_s: Floats
    overhead_s: Floats
    prefill_s: Floats
    bottleneck: Ints
    own: OwnEffect | None = None

    def take(self, rows: Bools | Ints) -> "Load":
        """Return the rows of a mask or an index array."""
        arrays = {field.name: getattr(self, field.name)[rows] for field in fields(self) if field.name != "own"}
        return replace(self, **arrays, own=None if self.own is None else self.own.take(rows))


def load(
    layouts: Layouts,
    input_tokens: Floats | float,
    output_tokens: Floats | float,
    concurrency: Floats | float,
    prefix_cache_hit_fraction: float = 0.0,
    options: Options = PLAIN,
) -> Load:
    """Return the closed loop of `concurrency` users per replica; cached prompt tokens are not prefilled again."""
    fleet = replicas(layouts, options=_options(options, prefix_cache_hit_fraction))
    return user_load(fleet, input_tokens, output_tokens, concurrency)


def user_load(
    fleet: Replicas, input_tokens: Floats | float, output_tokens: Floats | float, concurrency: Floats | float
) -> Load:
    """Return `load` for replicas at hand."""
    timing = closed_loop(fleet, input_tokens, output_tokens, concurrency)
    return _loaded(timing, output_tokens, np.asarray(concurrency, dtype=float))


def saturated(
    layouts: Layouts, input_tokens: Floats | float, output_tokens: Floats | float, options: Options = PLAIN
) -> Load:
    """Return the offline maximum with an unlimited queue; zero throughput where nothing fits."""
    timing = offline(replicas(layouts, options=options), input_tokens, output_tokens)
    return _loaded(timing, output_tokens, timing.running)


def at_rate(
    layouts: Layouts,
    input_tokens: Floats | float,
    output_tokens: Floats | float,
    rate_per_s: Floats | float,
    percentile: float = MEAN_PERCENTILE,
    options: Options = PLAIN,
) -> Load:
    """Return an open stream of `rate_per_s` Poisson requests per replica; TTFT at `percentile`, inf beyond capacity.

    Concurrency follows from Little's law, L = rate x (TTFT + O x TPOT(L)).
    """
    fleet = replicas(layouts, options=options)
    return rate_load(
        fleet, input_tokens, output_tokens, np.broadcast_to(rate_per_s, len(layouts)).astype(float), percentile
    )


def rate_load(
    fleet: Replicas, input_tokens: Floats | float, output_tokens: Floats | float, rate: Floats, percentile: float
) -> Load:
    """Return `at_rate` for replicas at hand."""
    loop = open_loop(fleet, input_tokens, output_tokens, rate)
    ttft = first_token_at(fleet, loop, input_tokens, percentile)
    carried = loop.utilization < 1
    most = offline(fleet, input_tokens, output_tokens).output_tok_per_s / np.maximum(output_tokens, 1.0)
    served = np.where(carried, rate, np.minimum(rate, most))
    timing = Timing(
        ttft_s=np.where(carried, ttft, np.inf),
        tpot_s=np.where(carried, loop.tpot_s, np.inf),
        output_tok_per_s=served * output_tokens,
        running=np.minimum(loop.decoding, loop.room),
        decode=loop.decode,
        decode_steps=loop.decode_steps,
    )
    streams = np.where(carried, rate * (timing.ttft_s + loop.tpot_s * output_tokens), loop.room)
    return replace(_loaded(timing, output_tokens, streams), utilization=loop.utilization)


def max_users(
    layouts: Layouts,
    input_tokens: float,
    output_tokens: float,
    tpot_s: Target = None,
    ttft_s: Target = None,
    prefix_cache_hit_fraction: float = 0.0,
    options: Options = PLAIN,
) -> Ints:
    """Return the largest concurrency per replica that meets the mean targets and fits in the KV cache; 0 if none."""
    fleet = replicas(layouts, options=_options(options, prefix_cache_hit_fraction))
    return Users(fleet, input_tokens, output_tokens).within(tpot_s, ttft_s)


def max_rate(
    layouts: Layouts,
    input_tokens: float,
    output_tokens: float,
    tpot_s: Target = None,
    ttft_s: Target = None,
    percentile: float = MEAN_PERCENTILE,
    options: Options = PLAIN,
) -> Floats:
    """Return the requests per second that a replica sustains with its targets met at the percentile; 0 if none.

    Bisects the rate: TPOT and the TTFT percentile within their targets, and room for the Poisson swings of the
    number of streams.
    """
    return Rates(replicas(layouts, options=options), input_tokens, output_tokens, percentile).within(tpot_s, ttft_s)


def _options(options: Options, prefix_cache_hit_fraction: float) -> Options:
    """Return options with a prefix-cache hit fraction that was given by itself."""
    return (
        replace(options, prefix_cache_hit_fraction=prefix_cache_hit_fraction) if prefix_cache_hit_fraction else options
    )


def _loaded(timing: Timing, output_tokens: Floats | float, concurrency: Floats) -> Load:
    stage, steps = timing.decode, timing.decode_steps
    summed = stage.weights_s + stage.matmul_s
    share = np.where(summed > 0, stage.memory_or_math_s / np.maximum(summed, 1e-15), 0.0)
    decode_s = steps * stage.total_s
    terms = _terms(stage, steps, share)
    weights_s, matmul_s, kv_s, communication_s, overhead_s = terms
    return Load(
        ttft_s=timing.ttft_s,
        tpot_s=timing.tpot_s,
        tok_per_s_per_user=1 / timing.tpot_s,
        output_tok_per_s=timing.output_tok_per_s,
        requests_per_s=timing.output_tok_per_s / np.maximum(output_tokens, 1.0),
        concurrency=np.broadcast_to(concurrency, timing.tpot_s.shape).astype(float),
        utilization=np.minimum(timing.running / np.maximum(concurrency, 1e-9), 1.0),
        weights_s=weights_s,
        matmul_s=matmul_s,
        kv_s=kv_s,
        communication_s=communication_s,
        overhead_s=overhead_s,
        prefill_s=np.maximum(timing.tpot_s - decode_s, 0.0),
        bottleneck=np.argmax(np.stack(terms), axis=0),
    )


def _terms(stage: StageTime, steps: Floats, share: Floats) -> tuple[Floats, ...]:
    """The decode step of a token by term; the smooth maximum is dealt out between weights and matmul."""
    return (
        steps * stage.weights_s * share,
        steps * (stage.matmul_s * share + stage.attention_s),
        steps * stage.kv_s,
        steps * stage.communication_s,
        steps * stage.overhead_s,
    )
