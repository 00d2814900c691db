"""Rules of the figures: speeds, intervals and evidence as the physics gives them, targets kept."""

import math
from collections.abc import Iterator

from catalog import Catalog
from optimizer.demand import Demand, demand_of
from optimizer.fleet.plan import Line, Plan
from optimizer.performance.estimates import Estimate, estimate
from optimizer.performance.intervals import evidence, trust_in
from optimizer.performance.layouts import Layouts
from optimizer.performance.own.corrected import saturated
from optimizer.performance.service import Load
from optimizer.performance.support import evidence_kinds
from optimizer.performance.tables import Floats
from optimizer.verifying.serving import layouts_of, load_of_line, options_of, quantiles, shown_amounts_of
from pricing.offers import Snapshot

TOLERANCE = 1e-3
SECONDS_PER_HOUR = 3600


def figure_rules(plan: Plan, snapshot: Snapshot, catalog: Catalog) -> Iterator[str]:
    """Yield figures that the physics does not give, and targets that are missed."""
    demand = demand_of(plan.request, catalog.model(plan.request.model))
    full = 0.0
    for number, line in enumerate(plan.lines, start=1):
        layouts = layouts_of(line, plan.request.model, catalog)
        done = load_of_line(line, demand, layouts)
        yield from (f"line {number}: {broken}" for broken in _line(line, layouts, done, demand))
        if line.evidence != evidence(layouts, own=done.own)[0]:
            yield f"line {number}: the evidence is not what the calibration has"
        full += _saturated_tok_per_s(line, layouts, demand)
    yield from _per_million(plan, demand, full)


def _line(line: Line, layouts: Layouts, done: Load, demand: Demand) -> Iterator[str]:
    shown, kinds = line.performance, evidence_kinds(layouts)
    for name, claimed, field, scale in (
        ("tok_per_s_per_user", shown.tok_per_s_per_user, "tok_per_s_per_user", 1.0),
        ("ttft_s", shown.ttft_s, "ttft_s", 1.0),
        ("tpot_ms", shown.tpot_ms, "tpot_s", 1e3),
        ("output_tok_per_s", shown.output_tok_per_s, "output_tok_per_s", 1.0),
    ):
        real = estimate(layouts, field, getattr(done, field), scale, done.own, kinds)
        yield from _differs(name, claimed, real)
    yield from _probability(shown.target_probability, layouts, done, demand)
    if demand.unit == "users" and demand.tpot_s is not None and float(done.tpot_s[0]) > demand.tpot_s * (1 + TOLERANCE):
        yield f"{1 / float(done.tpot_s[0]):.3g} tok/s per user, {1 / demand.tpot_s:.3g} asked for"
    late = demand.ttft_s is not None and float(done.ttft_s[0]) > demand.ttft_s * (1 + TOLERANCE)
    if late and len(demand.sizes) == 1:
        yield f"first token after {float(done.ttft_s[0]):.3g} s, {demand.ttft_s:.3g} s asked for"


def _differs(name: str, claimed: Estimate, real: Estimate) -> Iterator[str]:
    for part in ("value", "low", "high"):
        shown, found = getattr(claimed, part), getattr(real, part)
        if abs(shown - found) > TOLERANCE * abs(found):
            yield f"{name}.{part} is {shown:.4g}, the physics gives {found:.4g}"


def _probability(claimed: float | None, layouts: Layouts, done: Load, demand: Demand) -> Iterator[str]:
    """Find the probability whose quantile just keeps the target, by halving, and take the lesser of the two."""
    real = min(
        (
            _chance(layouts, metric, _slack(target, float(predicted[0])), trust_in(done.own, metric))
            for metric, target, predicted in (
                ("tpot_s", demand.tpot_s, done.tpot_s),
                ("ttft_s", demand.ttft_s, done.ttft_s),
            )
            if target is not None
        ),
        default=None,
    )
    if (claimed is None) != (real is None) or abs((claimed or 0.0) - (real or 0.0)) > TOLERANCE:
        yield f"target_probability is {claimed}, the calibration gives {real}"


def _slack(target: float, predicted: float) -> float:
    """Return ln(target / predicted), without end where a replica never gets there."""
    return math.log(target / predicted) if 0 < predicted < math.inf else -math.inf


def _chance(layouts: Layouts, metric: str, slack: float, trust: Floats | None) -> float:
    at = quantiles(layouts, metric, trust)
    low, high = 1e-9, 1 - 1e-9
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if at(middle) <= slack else (low, middle)
    return low


def _saturated_tok_per_s(line: Line, layouts: Layouts, demand: Demand) -> float:
    """Return the output tokens per second of a line's replicas when they are full of their own mix of requests."""
    served = [
        (size, amount * size.output_tokens)
        for size, amount in zip(demand.sizes, shown_amounts_of(line, demand, layouts), strict=True)
        if amount > 0
    ]
    busy_s = math.fsum(
        tokens / float(saturated(layouts, s.input_tokens, s.output_tokens, options_of(demand)).output_tok_per_s[0])
        for s, tokens in served
    )
    return line.replicas * math.fsum(tokens for _, tokens in served) / busy_s


def _per_million(plan: Plan, demand: Demand, full_tok_per_s: float) -> Iterator[str]:
    if demand.unit == "requests_per_s":
        offered = math.fsum(size.amount * size.output_tokens for size in demand.sizes)
    else:
        asked = (demand.tok_per_s_per_user or math.inf) * math.fsum(size.amount for size in demand.sizes)
        offered = min(asked, math.fsum(line.performance.output_tok_per_s.value * line.replicas for line in plan.lines))
    price, cost = plan.usd_per_million_output_tokens, plan.cost_usd_per_hour or 0.0
    for name, claimed, speed in (
        ("at_offered_load", price.at_offered_load, offered),
        ("at_saturation", price.at_saturation, full_tok_per_s),
    ):
        real = cost / (speed * SECONDS_PER_HOUR) * 1e6 if speed > 0 else None
        if (claimed is None) != (real is None) or (
            claimed is not None and real is not None and abs(claimed - real) > TOLERANCE * real
        ):
            yield f"usd_per_million_output_tokens.{name} is {claimed}, cost over tokens gives {real}"
