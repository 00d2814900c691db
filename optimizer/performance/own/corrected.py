"""What a replica does under a load, with the user's own runs: as `service` has it, and as measured where it was.

These are the functions to ask; without own runs they are those of `service`.
"""

from dataclasses import replace

import numpy as np

from optimizer.performance import service
from optimizer.performance.capacity import Target
from optimizer.performance.intervals import METRIC_OF_FIELD
from optimizer.performance.layouts import Layouts
from optimizer.performance.options import PLAIN, Options
from optimizer.performance.own.correction import Map, maps
from optimizer.performance.own.effect import OwnEffect
from optimizer.performance.replicas import Replicas, replicas
from optimizer.performance.service import MEAN_PERCENTILE, Load
from optimizer.performance.tables import Floats, Ints

Tokens = Floats | float
PARTS = ("weights_s", "matmul_s", "kv_s", "communication_s", "overhead_s", "prefill_s")


def load(
    layouts: Layouts,
    input_tokens: Tokens,
    output_tokens: Tokens,
    concurrency: Tokens,
    prefix_cache_hit_fraction: float = 0.0,
    options: Options = PLAIN,
) -> Load:
    """Return the closed loop of `concurrency` users per replica."""
    done = service.load(layouts, input_tokens, output_tokens, concurrency, prefix_cache_hit_fraction, options)
    return _corrected(done, maps(layouts, input_tokens, output_tokens), output_tokens)


def user_load(
    layouts: Layouts, fleet: Replicas, input_tokens: Tokens, output_tokens: Tokens, concurrency: Tokens
) -> Load:
    """Return `load` for the replicas of layouts at hand."""
    done = service.user_load(fleet, input_tokens, output_tokens, concurrency)
    return _corrected(done, maps(layouts, input_tokens, output_tokens), output_tokens)


def saturated(layouts: Layouts, input_tokens: Tokens, output_tokens: Tokens, options: Options = PLAIN) -> Load:
    """Return the offline maximum with an unlimited queue; zero throughput where nothing fits."""
    done = service.saturated(layouts, input_tokens, output_tokens, options)
    return _corrected(done, maps(layouts, input_tokens, output_tokens), output_tokens)


def at_rate(
    layouts: Layouts,
    input_tokens: Tokens,
    output_tokens: Tokens,
    rate_per_s: Tokens,
    percentile: float = MEAN_PERCENTILE,
    options: Options = PLAIN,
) -> Load:
    """Return an open stream of `rate_per_s` requests per replica; TTFT at `percentile`, inf beyond capacity."""
    rate = np.broadcast_to(rate_per_s, len(layouts)).astype(float)
    fleet = replicas(layouts, options=options)
    return rate_load(layouts, fleet, input_tokens, output_tokens, rate, percentile)


def rate_load(
    layouts: Layouts, fleet: Replicas, input_tokens: Tokens, output_tokens: Tokens, rate: Floats, percentile: float
) -> Load:
    """Return `at_rate` for the replicas of layouts at hand.

    The rate that loads a replica is the one that loads the modelled replica as much: the throughput's inverse map.
    """
    found = maps(layouts, input_tokens, output_tokens)
    if not found:
        return service.rate_load(fleet, input_tokens, output_tokens, rate, percentile)
    modelled = _modelled_rate(found, rate, output_tokens)
    raw = service.rate_load(fleet, input_tokens, output_tokens, modelled, percentile)
    done = _corrected(raw, found, output_tokens)
    carried = raw.utilization < 1
    served = np.where(carried, rate, done.requests_per_s)
    with np.errstate(invalid="ignore"):
        streams = np.where(carried, rate * (done.ttft_s + done.tpot_s * output_tokens), done.concurrency)
    return replace(done, output_tok_per_s=served * output_tokens, requests_per_s=served, concurrency=streams)


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
    found = maps(layouts, input_tokens, output_tokens)
    limits = (modelled_limit(found, "tpot", tpot_s, layouts), modelled_limit(found, "ttft", ttft_s, layouts))
    return service.max_users(layouts, input_tokens, output_tokens, *limits, prefix_cache_hit_fraction, options)


def max_rate(
    layouts: Layouts,
    input_tokens: float,
    output_tokens: float,
    tpot_s: Target = None,
    ttft_s: Target = None,
    percentile: float = MEAN_PERCENTILE,
    options: Options = PLAIN,
) -> Floats:
    """Return the requests per second that a replica sustains with its targets met at the percentile; 0 if none."""
    found = maps(layouts, input_tokens, output_tokens)
    limits = (modelled_limit(found, "tpot", tpot_s, layouts), modelled_limit(found, "ttft", ttft_s, layouts))
    rate = service.max_rate(layouts, input_tokens, output_tokens, *limits, percentile, options)
    return real_rate(found, rate, output_tokens)


def real_rate(found: dict[str, Map], rate: Floats, output_tokens: float) -> Floats:
    """Return the requests per second that load a replica as much as `rate` loads the modelled one."""
    throughput = found.get("throughput")
    return rate if throughput is None else throughput.real(rate * output_tokens) / output_tokens


def modelled_limit(found: dict[str, Map], metric: str, limit: Target, layouts: Layouts) -> Target:
    """Return the limit that the model must keep so that the real figure keeps `limit`."""
    if limit is None or metric not in found:
        return limit
    return found[metric].modelled(np.broadcast_to(np.asarray(limit, dtype=float), len(layouts)))


def trust_at(layouts: Layouts, input_tokens: Tokens, output_tokens: Tokens, field: str, real: Tokens) -> Floats | None:
    """Return the trust in a field of Load where its real value is `real`; None where own runs have no say."""
    metric = METRIC_OF_FIELD[field]
    return trust_in_map(maps(layouts, input_tokens, output_tokens).get(metric), real, len(layouts))


def trust_in_map(found: Map | None, real: Tokens, count: int) -> Floats | None:
    """Return the trust that a map gives in real figures of `count` layouts; None without a map."""
    if found is None:
        return None
    return found.trust(found.modelled(np.broadcast_to(np.asarray(real, dtype=float), count)))


def _modelled_rate(found: dict[str, Map], rate: Floats, output_tokens: Tokens) -> Floats:
    throughput = found.get("throughput")
    per_request = np.maximum(output_tokens, 1.0)
    return rate if throughput is None else throughput.modelled(rate * per_request) / per_request


def _corrected(done: Load, found: dict[str, Map], output_tokens: Tokens) -> Load:
    """Return a modelled load as own runs have it; what a token's time is spent on keeps its shares."""
    if not found:
        return done
    plain = {"tpot": done.tpot_s, "ttft": done.ttft_s, "throughput": done.output_tok_per_s}
    real = {metric: found[metric].real(values) if metric in found else values for metric, values in plain.items()}
    ratios = {metric: _ratio(real[metric], values) for metric, values in plain.items()}
    trusts = {
        metric: found[metric].trust(values) if metric in found else np.zeros(len(values))
        for metric, values in plain.items()
    }
    runs = np.zeros(len(done.tpot_s), dtype=np.int64)
    for one in found.values():
        runs[one.rows] = np.maximum(runs[one.rows], one.runs)
    return replace(
        done,
        tpot_s=real["tpot"],
        ttft_s=real["ttft"],
        tok_per_s_per_user=1 / real["tpot"],
        output_tok_per_s=real["throughput"],
        requests_per_s=real["throughput"] / np.maximum(output_tokens, 1.0),
        **{name: getattr(done, name) * ratios["tpot"] for name in PARTS},
        own=OwnEffect(
            tpot_ratio=ratios["tpot"],
            ttft_ratio=ratios["ttft"],
            throughput_ratio=ratios["throughput"],
            tpot_trust=trusts["tpot"],
            ttft_trust=trusts["ttft"],
            throughput_trust=trusts["throughput"],
            runs=runs,
        ),
    )


def _ratio(real: Floats, modelled: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = real / modelled
    return np.where(np.isfinite(ratio), ratio, 1.0)
