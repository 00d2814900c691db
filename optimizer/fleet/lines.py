"""Lines: each part of a running fleet as the plan shows it, with its memory bill, its speed and its evidence."""

import math
from collections.abc import Sequence

import numpy as np

from catalog import QUALITY_TIERS
from optimizer.fleet.candidates import Candidates
from optimizer.fleet.confidence import target_probability
from optimizer.fleet.plan import AlternativeLine, Line, LinePerformance
from optimizer.fleet.running import Running, load_of, shown_amounts
from optimizer.fleet.settings import tier_with_kv
from optimizer.fleet.spot_risk import line_spot
from optimizer.performance.estimates import Estimate, estimate, memory_bill
from optimizer.performance.intervals import evidence
from optimizer.performance.layouts import Layouts
from optimizer.performance.memory import max_sequences
from optimizer.performance.options import Options
from optimizer.performance.own.corrected import saturated
from optimizer.performance.service import Load
from optimizer.performance.support import evidence_kinds
from optimizer.performance.tables import Floats


def plan_lines(candidates: Candidates, parts: Sequence[Running]) -> tuple[Line, ...]:
    """Return the lines of a plan, in the order of its parts."""
    return tuple(_line(candidates, part) for part in parts)


def brief_lines(candidates: Candidates, parts: Sequence[Running]) -> tuple[AlternativeLine, ...]:
    """Return the lines of an alternative."""
    return tuple(_brief(candidates, part) for part in parts)


def offered_output_tok_per_s(candidates: Candidates, lines: Sequence[Line]) -> float:
    """Return the output tokens per second of the load that was asked for.

    Users who ask for a speed generate no more than the replicas give them: each waits for the prompt between answers.
    Without a speed asked, it is what the active users generate.
    """
    demand = candidates.demand
    if demand.unit == "requests_per_s":
        return math.fsum(size.amount * size.output_tokens for size in demand.sizes)
    generated = math.fsum(line.performance.output_tok_per_s.value * line.replicas for line in lines)
    if demand.tok_per_s_per_user is None:
        return generated
    return min(generated, math.fsum(demand.amounts) * demand.tok_per_s_per_user)


def saturated_output_tok_per_s(candidates: Candidates, parts: Sequence[Running]) -> float:
    """Return the output tokens per second of all replicas with an unlimited queue of the same mix of requests."""
    options = Options(prefix_cache_hit_fraction=candidates.demand.prefix_cache_hit_fraction)
    total = 0.0
    for part in parts:
        layouts = candidates.grid.layouts.take(np.array([part.row]))
        tokens = seconds = 0.0
        for size, amount in zip(candidates.demand.sizes, shown_amounts(candidates, part), strict=True):
            full = saturated(layouts, size.input_tokens, size.output_tokens, options)
            tokens += amount * size.output_tokens
            seconds += amount * size.output_tokens / float(full.output_tok_per_s[0]) if amount > 0 else 0.0
        total += part.replicas * tokens / seconds
    return total


def kv_dtype_name(engine_id: str, kv_bits: int) -> str:
    """Return the KV dtype as the engine spells it."""
    if engine_id == "llama.cpp":
        return "q8_0" if kv_bits == 8 else "f16"
    if kv_bits == 16:
        return "fp16" if engine_id == "trt-llm" else "auto"
    return "fp8_e4m3" if engine_id == "sglang" else "fp8"


def _line(candidates: Candidates, part: Running) -> Line:
    offer, catalog = part.offer, candidates.catalog
    layouts = candidates.grid.layouts.take(np.array([part.row]))
    quantization = tuple(catalog.quantizations.values())[int(layouts.quantization[0])]
    engine_id = tuple(catalog.engines)[int(layouts.engine[0])]
    kv_bits = int(layouts.kv_bits[0])
    done = load_of(candidates, np.array([part.row]), np.array([part.replicas]), shown_amounts(candidates, part))
    running = max(1, math.ceil(float(done.concurrency[0]) - 1e-9))
    tokens = math.fsum(candidates.demand.mean_lengths(shown_amounts(candidates, part)))
    return Line(
        provider=offer.provider,
        tier=offer.tier,
        region=offer.region,
        zone=offer.zone,
        instance_type=offer.instance_type,
        term=offer.term,
        count=part.instances,
        usd_per_hour=float(offer.usd_per_hour),
        currency=offer.currency,
        observed_at=offer.observed_at.isoformat(),
        observed_until=offer.observed_until.isoformat() if offer.observed_until else None,
        source=offer.source,
        source_url=offer.source_url,
        gpu=offer.gpu_id,
        gpus_per_instance=offer.gpu_count,
        link=offer.intra_link_id,
        inter_node_link=offer.inter_link_id if int(layouts.nodes[0]) > 1 else None,
        link_basis=offer.link_basis,
        quantization=quantization.quantization_id,
        quality_tier=QUALITY_TIERS[tier_with_kv(quantization, kv_bits)],
        kv_dtype=kv_dtype_name(engine_id, kv_bits),
        engine=engine_id,
        tensor_parallel=int(layouts.tp[0]),
        pipeline_parallel=int(layouts.pp[0]),
        nodes_per_replica=int(layouts.nodes[0]),
        replicas=part.replicas,
        routing=_routing(candidates, part),
        memory=memory_bill(layouts, tokens, running),
        performance=_performance(candidates, part, layouts, done),
        evidence=evidence(layouts, own=done.own)[0],
        warnings=_warnings(candidates, part),
        spot=line_spot(offer, candidates.request, candidates.catalog),
    )


def _routing(candidates: Candidates, part: Running) -> tuple[float, ...]:
    """Return the share of each size of request that this line serves: the router's weights."""
    return tuple(amount / size.amount for amount, size in zip(part.amounts, candidates.demand.sizes, strict=True))


def _performance(candidates: Candidates, part: Running, layouts: Layouts, done: Load) -> LinePerformance:
    """Return what one replica does under its load."""
    kinds = evidence_kinds(layouts)

    def shown(metric: str, scale: float = 1.0) -> Estimate:
        return estimate(layouts, metric, getattr(done, metric), scale, done.own, kinds)

    capacity = candidates.capacity_of(np.array([part.row]))[0]
    used = math.fsum(
        amount / (served * part.replicas) for amount, served in zip(part.amounts, capacity, strict=True) if served > 0
    )
    ttft_s, tpot_ms = shown("ttft_s"), shown("tpot_s", 1e3)
    return LinePerformance(
        tok_per_s_per_user=shown("tok_per_s_per_user"),
        ttft_s=ttft_s,
        tpot_ms=tpot_ms,
        output_tok_per_s=shown("output_tok_per_s"),
        max_concurrency=_most_users(candidates, part, layouts, capacity),
        utilization=used,
        target_probability=target_probability(candidates.demand, tpot_ms, ttft_s),
    )


def _most_users(candidates: Candidates, part: Running, layouts: Layouts, capacity: Floats) -> int:
    """Return the sequences one replica may run at a time: what its KV cache holds, or fewer for the users' targets."""
    longest = candidates.demand.longest_served(shown_amounts(candidates, part))
    held = int(max_sequences(layouts, longest)[0])
    if candidates.demand.unit == "users":
        return min(held, int(capacity[0]))
    return held


def _warnings(candidates: Candidates, part: Running) -> tuple[str, ...]:
    """Return what a buyer should know before renting this line."""
    offer, found = part.offer, []
    if part.instances == 0:
        found.append("runs on the instances of the line above")
    if math.fsum(part.amounts) == 0:
        found.append("stands by for a loss: its figures are those of a single request")
    if offer.link_basis == "form factor":
        found.append(
            f"the listing does not say how its GPUs are joined; {offer.intra_link_id} is taken from the form factor"
        )
    if offer.observed_until is not None and offer.observed_until != offer.observed_at:
        found.append(f"the price was seen between {offer.observed_at} and {offer.observed_until}; the day is not known")
    if offer.term == "spot":
        found.append("spot instances can be taken back at any moment")
    if offer.tier == "tracker":
        found.append("the price is a third party's report, not the provider's own")
    if candidates.model.assumed_fields:
        found.append(f"the shape of {candidates.model.model_id} is assumed: its own configuration was not read")
    if offer.note:
        found.append(offer.note)
    return tuple(found)


def _brief(candidates: Candidates, part: Running) -> AlternativeLine:
    layouts, catalog, offer = candidates.grid.layouts, candidates.catalog, part.offer
    return AlternativeLine(
        provider=offer.provider,
        region=offer.region,
        instance_type=offer.instance_type,
        term=offer.term,
        tier=offer.tier,
        count=part.instances,
        usd_per_hour=float(offer.usd_per_hour),
        gpu=offer.gpu_id,
        gpus_per_instance=offer.gpu_count,
        link=offer.intra_link_id,
        quantization=tuple(catalog.quantizations)[int(layouts.quantization[part.row])],
        engine=tuple(catalog.engines)[int(layouts.engine[part.row])],
        tensor_parallel=int(layouts.tp[part.row]),
        pipeline_parallel=int(layouts.pp[part.row]),
        replicas=part.replicas,
    )
