"""Rules of the reasons: alternatives are fleets that can be rented, break-evens follow from them, misses are offers."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from catalog import QUALITY_TIERS, Catalog
from optimizer.demand import demand_of
from optimizer.fleet.plan import Alternative, AlternativeLine, NearMiss, Plan
from pricing.offers import Offer, Snapshot

CENT = Decimal("0.000001")
TOLERANCE = 1e-4
Market = tuple[str, str, str, str]
OBSTACLES = ("memory", "speed", "first token")
_LONGER = re.compile(r"tokens of context$|^prompts ")
_NUMBER = re.compile(r"[\d.]+(?:e[+-]?\d+)?")


def reason_rules(plan: Plan, snapshot: Snapshot, catalog: Catalog) -> Iterator[str]:
    """Yield reasons that contradict the plan, the prices or each other."""
    if not plan.certificate.verified:
        yield "certificate.verified is false: the plan says that it is not verified"
    offered = _offered(plan, snapshot)
    yield from _alternatives(plan, offered, catalog)
    yield from _break_evens(plan)
    yield from _savings(plan)
    yield from rejection_rules(plan, snapshot, catalog)


def rejection_rules(plan: Plan, snapshot: Snapshot, catalog: Catalog) -> Iterator[str]:
    """Yield what is wrong with what cannot be used, and with what nearly could."""
    refused, misses = plan.explanation.rejected, plan.explanation.near_misses
    for reason, count in refused.items():
        if count < 1:
            yield f"explanation.rejected: {count} offers for {reason!r}"
    if sum(refused.values()) > len(snapshot.offers):
        yield f"explanation.rejected: {sum(refused.values())} offers of {len(snapshot.offers)}"
    if list(refused.values()) != sorted(refused.values(), reverse=True):
        yield "explanation.rejected is not in the order of its counts"
    offered = _offered(plan, snapshot)
    for number, miss in enumerate(misses, start=1):
        yield from (f"near miss {number}: {broken}" for broken in _miss(miss, plan, offered, catalog))
    if len({(miss.provider, miss.region, miss.instance_type, miss.term) for miss in misses}) != len(misses):
        yield "explanation.near_misses names an offer twice"


def _offered(plan: Plan, snapshot: Snapshot) -> Mapping[Market, Sequence[Offer]]:
    """Return the offers of every market that the reasons name; several zones may offer the same."""
    named: tuple[AlternativeLine | NearMiss, ...] = (
        *(line for other in plan.alternatives for line in other.lines),
        *plan.explanation.near_misses,
    )
    wanted = {(one.provider, one.region, one.instance_type, one.term) for one in named}
    found: dict[Market, list[Offer]] = defaultdict(list)
    for offer in snapshot.offers:
        market = offer.provider, offer.region, offer.instance_type, offer.term
        if market in wanted:
            found[market].append(offer)
    return found


def _alternatives(plan: Plan, offered: Mapping[Market, Sequence[Offer]], catalog: Catalog) -> Iterator[str]:
    order = [(other.label, other.cost_usd_per_hour) for other in plan.alternatives]
    if order != sorted(order) or len({label for label, _ in order}) != len(order):
        yield "alternatives: labels are out of order or stand twice"
    for other in plan.alternatives:
        total = sum((Decimal(str(line.usd_per_hour)) * line.count for line in other.lines), Decimal(0))
        if not other.lines or abs(total - Decimal(str(other.cost_usd_per_hour))) > CENT:
            said = other.cost_usd_per_hour
            yield f"alternative {other.label}: cost_usd_per_hour is {said}, its lines add up to {total}"
        for broken in (*_label(other, plan), *_summary(other, plan, catalog), *_packed(other)):
            yield f"alternative {other.label}: {broken}"
        for line in other.lines:
            for broken in _alternative_line(line, offered, catalog):
                yield f"alternative {other.label}: {line.instance_type}: {broken}"


def _label(other: Alternative, plan: Plan) -> Iterator[str]:
    kind, _, value = other.label.partition(": ")
    if kind == "runner-up" and not value:
        taken = {(line.provider, line.instance_type) for line in plan.lines}
        if any((line.provider, line.instance_type) in taken for line in other.lines):
            yield "it rents what the plan rents"
        return
    if kind not in ("gpu", "quantization", "tier", "term"):
        yield "label names no choice"
        return
    strangers = {getattr(line, kind) for line in other.lines} - {value}
    if strangers:
        yield f"{kind} is {', '.join(map(str, strangers))}"


def _summary(other: Alternative, plan: Plan, catalog: Catalog) -> Iterator[str]:
    told = " + ".join(
        f"{line.count} x {line.instance_type} ({line.provider} {line.region}, {line.term.replace('_', ' ')}): "
        f"{line.count * line.gpus_per_instance} x {line.gpu}, {line.quantization} on {line.engine}"
        for line in other.lines
    )
    row = catalog.quantizations.get(other.label.partition("quantization: ")[2])
    if row is not None and QUALITY_TIERS.index(row.quality_tier) > QUALITY_TIERS.index(plan.request.quality.min_tier):
        told += f"; quality {row.quality_tier}, below the floor"
    if other.summary != told:
        yield f"summary is {other.summary!r}, its lines are {told!r}"


def _packed(other: Alternative) -> Iterator[str]:
    gpus: dict[tuple[Market, float], int] = defaultdict(int)
    for line in other.lines:
        place = (line.provider, line.region, line.instance_type, line.term), line.usd_per_hour
        each = line.tensor_parallel * line.pipeline_parallel
        gpus[place] += line.count * line.gpus_per_instance - each * line.replicas
        shape = (line.gpus_per_instance, line.replicas, line.tensor_parallel, line.pipeline_parallel)
        if line.count < 0 or min(shape) < 1:
            yield f"{line.count} instances with {line.replicas} replicas of {each} GPUs"
        elif each > line.gpus_per_instance and each % line.gpus_per_instance:
            yield f"a replica of {each} GPUs over instances with {line.gpus_per_instance}"
    for ((_, _, instance_type, _), _), left in gpus.items():
        if left < 0:
            yield f"{-left} more GPUs of replicas than count x gpus_per_instance on {instance_type}"


def _alternative_line(
    line: AlternativeLine, offered: Mapping[Market, Sequence[Offer]], catalog: Catalog
) -> Iterator[str]:
    offers = offered.get((line.provider, line.region, line.instance_type, line.term), ())
    if not offers:
        yield f"no such offer in the prices: {line.provider} {line.region} {line.term}"
        return
    for name, claimed, real in (
        ("usd_per_hour", line.usd_per_hour, {float(offer.usd_per_hour) for offer in offers}),
        ("tier", line.tier, {offer.tier for offer in offers}),
        ("gpu", line.gpu, {offer.gpu_id for offer in offers}),
        ("gpus_per_instance", line.gpus_per_instance, {offer.gpu_count for offer in offers}),
        ("link", line.link, {offer.intra_link_id for offer in offers}),
    ):
        if claimed not in real:
            yield f"{name} is {claimed}, the offer has {', '.join(map(str, real))}"
    gpu = catalog.gpus.get(line.gpu)
    if gpu is not None and catalog.kernel(line.quantization, line.engine, gpu) is None:
        yield f"engine {line.engine} has no kernel for quantization {line.quantization} on {line.gpu}"


def _break_evens(plan: Plan) -> Iterator[str]:
    """Hold the break-even prices against the cheapest fleet of each GPU that is not in the plan."""
    present, cost = {line.gpu for line in plan.lines}, plan.cost_usd_per_hour or 0.0
    expected: dict[str, tuple[float, float]] = {}
    for other in plan.alternatives:
        kind, _, gpu = other.label.partition(": ")
        gpus = sum(line.count * line.gpus_per_instance for line in other.lines)
        if kind == "gpu" and gpu not in present and gpus > 0:
            expected[gpu] = cost / gpus, other.cost_usd_per_hour / gpus
    claimed = plan.explanation.break_even
    if sorted(row.gpu for row in claimed) != sorted(expected):
        yield "explanation.break_even: its gpus are not those of the alternatives that the plan does without"
        return
    for row in claimed:
        for name, told, real in (
            ("usd_per_gpu_hour", row.usd_per_gpu_hour, expected[row.gpu][0]),
            ("now_usd_per_gpu_hour", row.now_usd_per_gpu_hour, expected[row.gpu][1]),
        ):
            if abs(told - real) > TOLERANCE * real:
                yield f"break-even of {row.gpu}: {name} is {told}, its alternative gives {real:.6g}"
    ratios = [row.now_usd_per_gpu_hour / row.usd_per_gpu_hour for row in claimed if row.usd_per_gpu_hour > 0]
    if ratios != sorted(ratios):
        yield "explanation.break_even is not in the order of how far its GPUs are from it"


def _savings(plan: Plan) -> Iterator[str]:
    """Hold what-ifs and savings against the cost: a stricter target is never cheaper, nothing saves more than all.

    Longer prompts are no stricter target: users who wait for them decode less at the same time.
    """
    cost, bound = plan.cost_usd_per_hour or 0.0, plan.certificate.bound_usd_per_hour or 0.0
    for ask in plan.explanation.what_if:
        if _LONGER.search(ask.change) or ask.cost_usd_per_hour is None:
            continue
        if ask.cost_usd_per_hour < bound * (1 - TOLERANCE):
            yield f"what if {ask.change}: cost_usd_per_hour is {ask.cost_usd_per_hour}, below the bound of less"
    if len({ask.change for ask in plan.explanation.what_if}) != len(plan.explanation.what_if):
        yield "explanation.what_if asks the same twice"
    binding = plan.explanation.binding
    for limit in binding:
        if not 0 < limit.saving_usd_per_hour <= cost:
            yield f"loosening {limit.limit}: saving_usd_per_hour is {limit.saving_usd_per_hour}, of {cost} in all"
    savings = [limit.saving_usd_per_hour for limit in binding]
    if savings != sorted(savings, reverse=True) or len({limit.limit for limit in binding}) != len(binding):
        yield "explanation.binding is out of order, or has a limit twice"


def _miss(miss: NearMiss, plan: Plan, offered: Mapping[Market, Sequence[Offer]], catalog: Catalog) -> Iterator[str]:
    """Hold a near miss against its offer, the plan's cost and the targets."""
    offers = offered.get((miss.provider, miss.region, miss.instance_type, miss.term), ())
    if not offers:
        yield f"no such offer in the prices: {miss.provider} {miss.region} {miss.instance_type} {miss.term}"
    elif miss.usd_per_hour not in {float(offer.usd_per_hour) for offer in offers}:
        yield f"usd_per_hour is {miss.usd_per_hour}, the offer has {float(offers[0].usd_per_hour)}"
    if plan.cost_usd_per_hour is not None and miss.usd_per_hour >= plan.cost_usd_per_hour:
        yield f"usd_per_hour is {miss.usd_per_hour}, no less than the plan's {plan.cost_usd_per_hour}"
    if miss.reason not in OBSTACLES or miss.reason not in plan.explanation.rejected:
        yield f"reason is {miss.reason!r}"
    demand = demand_of(plan.request, catalog.model(plan.request.model))
    asked = {
        "speed": f"{demand.tok_per_s_per_user or 0.0:.3g} tok/s per user",
        "first token": f"first token in {demand.ttft_s or float('inf'):.3g} s",
    }
    if miss.needed != asked.get(miss.reason, miss.needed):
        yield f"needed is {miss.needed!r}, the request asks for {asked[miss.reason]!r}"
    needed, has = _NUMBER.search(miss.needed), _NUMBER.search(miss.has)
    if miss.reason == "memory" and needed and has and float(needed[0]) < float(has[0]):
        yield f"has is {miss.has!r}, which is enough for {miss.needed!r}"
