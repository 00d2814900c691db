"""Rules of one line: the offer is real and allowed, the format runs on it, and the model fits in memory."""

from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from catalog import QUALITY_TIERS, Catalog
from optimizer.fleet.plan import Line, Plan
from optimizer.request import PlanRequest
from pricing.offers import Offer, Snapshot

GIB = 2**30
MEMORY_TOLERANCE = 0.002


def line_rules(plan: Plan, snapshot: Snapshot, catalog: Catalog) -> Iterator[str]:
    """Yield what is wrong with single lines."""
    offers = {(o.provider, o.region, o.zone, o.instance_type, o.term): o for o in snapshot.offers}
    for number, line in enumerate(plan.lines, start=1):
        offer = offers.get((line.provider, line.region, line.zone, line.instance_type, line.term))  # type: ignore[arg-type]  # a tampered term is simply not found
        if offer is None:
            yield f"line {number}: no such offer in the prices: {line.provider} {line.region} {line.instance_type}"
            continue
        for broken in (
            *_differs_from(line, offer),
            *_not_allowed(line, offer, plan.request, snapshot, catalog),
            *_does_not_run(line, plan.request, catalog),
            *_does_not_fit(line, plan, catalog),
        ):
            yield f"line {number}: {broken}"


def _differs_from(line: Line, offer: Offer) -> Iterator[str]:
    facts: Sequence[tuple[str, object, object]] = (
        ("usd_per_hour", line.usd_per_hour, float(offer.usd_per_hour)),
        ("tier", line.tier, offer.tier),
        ("currency", line.currency, offer.currency),
        ("observed_at", line.observed_at, offer.observed_at.isoformat()),
        ("observed_until", line.observed_until, offer.observed_until.isoformat() if offer.observed_until else None),
        ("source", line.source, offer.source),
        ("source_url", line.source_url, offer.source_url),
        ("gpu", line.gpu, offer.gpu_id),
        ("gpus_per_instance", line.gpus_per_instance, offer.gpu_count),
        ("link", line.link, offer.intra_link_id),
        ("link_basis", line.link_basis, offer.link_basis),
    )
    for name, claimed, real in facts:
        if claimed != real:
            yield f"{name} is {claimed}, the offer has {real}"


def _not_allowed(line: Line, offer: Offer, request: PlanRequest, snapshot: Snapshot, catalog: Catalog) -> Iterator[str]:
    gpu_names = {name: catalog.gpus_named(name) for name in (*request.allow.gpus, *request.deny.gpus)}
    allowed_gpus = {gpu for name in request.allow.gpus for gpu in gpu_names[name]}
    denied_gpus = {gpu for name in request.deny.gpus for gpu in gpu_names[name]}
    checks: tuple[tuple[str, str | None, set[Any], set[Any]], ...] = (
        ("provider", line.provider, set(request.allow.providers), set(request.deny.providers)),
        ("tier", line.tier, set(request.allow.tiers), set(request.deny.tiers)),
        ("region", line.region, set(), set(request.deny.regions)),
        ("continent", offer.continent, set(), set(request.deny.continents)),
        ("term", line.term, set(request.allow.terms), set(request.deny.terms)),
        ("GPU", line.gpu, allowed_gpus, denied_gpus),
        ("engine", line.engine, set(request.allow.engines), set(request.deny.engines)),
    )
    for name, value, allowed, denied in checks:
        if (allowed and value not in allowed) or value in denied:
            yield f"{name} {value} is not allowed"
    places = {*request.allow.regions, *request.allow.continents}
    if places and not places & {line.region, offer.continent}:
        yield f"{line.region} is in none of {', '.join(sorted(places))}"
    days = request.max_price_age_days
    seen_by = request.as_of or max(o.observed_at for o in snapshot.offers)
    age = (seen_by - date.fromisoformat(line.observed_at)).days
    if days is not None and age > days:
        yield f"the price is {age} days old, more than {days}"
    if request.as_of is not None and age < 0:
        yield f"the price was seen after {request.as_of}"


def _does_not_run(line: Line, request: PlanRequest, catalog: Catalog) -> Iterator[str]:
    row = catalog.quantizations.get(line.quantization)
    gpu = catalog.gpus.get(line.gpu)
    if row is None or gpu is None or line.engine not in catalog.engines:
        yield f"{line.quantization} on {line.engine} and {line.gpu} is in no catalog"
        return
    if not any(
        kernel.quantization_id == line.quantization
        and kernel.engine_id == line.engine
        and gpu.compute_capability in kernel.compute_capabilities
        for kernel in catalog.kernels
    ):
        yield f"{line.engine} has no kernel for {line.quantization} on {line.gpu}"
    tier = row.quality_tier
    if line.kv_dtype.startswith(("fp8", "q8")) and tier == "lossless":
        tier = "near-lossless"
    if line.quality_tier != tier:
        yield f"quality_tier is {line.quality_tier}, {line.quantization} with {line.kv_dtype} KV is {tier}"
    named = {catalog.quantization(name).quantization_id for name in request.quality.quantizations}
    if named:
        if line.quantization.removesuffix("-weight-only") not in named and line.quantization not in named:
            yield f"{line.quantization} is none of {', '.join(sorted(named))}"
    elif QUALITY_TIERS.index(tier) > QUALITY_TIERS.index(request.quality.min_tier):
        yield f"{line.quantization} is {tier}, below {request.quality.min_tier}"


def _does_not_fit(line: Line, plan: Plan, catalog: Catalog) -> Iterator[str]:
    """Recompute weights and KV in exact arithmetic, and hold the bill against the GPU's memory."""
    row, gpu = catalog.quantizations.get(line.quantization), catalog.gpus.get(line.gpu)
    if row is None or gpu is None:
        return
    model, bill = catalog.model(plan.request.model), line.memory
    if row.embedding_bits is None:
        bits = Fraction(model.params_total) * Fraction(str(row.bits_per_weight))
    else:
        rest = model.params_total - model.quantizable_linear_params
        bits = model.quantizable_linear_params * Fraction(str(row.bits_per_weight_block))
        bits += rest * Fraction(str(row.embedding_bits))
    weights_gib = float(bits / 8 / GIB)
    if abs(bill.weights_gib - weights_gib) > MEMORY_TOLERANCE * weights_gib:
        yield f"weights_gib is {bill.weights_gib:.3f}, the arithmetic gives {weights_gib:.3f}"
    gpus = line.tensor_parallel * line.pipeline_parallel
    held = bill.weights_gib + bill.kv_cache_gib + bill.overhead_gib
    if bill.used_gib_per_gpu > bill.usable_gib_per_gpu + 1e-6:
        yield f"{bill.used_gib_per_gpu:.1f} GiB used per GPU, {bill.usable_gib_per_gpu:.1f} usable"
    if bill.usable_gib_per_gpu > gpu.memory_gib:
        yield f"{bill.usable_gib_per_gpu:.1f} GiB usable of a GPU of {gpu.memory_gib:.1f}"
    if bill.used_gib_per_gpu * gpus < held * (1 - MEMORY_TOLERANCE):
        yield f"{held:.1f} GiB held, but only {bill.used_gib_per_gpu:.1f} on each of {gpus} GPUs"
