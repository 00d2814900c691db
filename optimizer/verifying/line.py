"""Rules of one line: the offer is real and allowed, and some engine runs the format on it."""

from collections.abc import Iterator, Sequence
from typing import Any

from catalog import QUALITY_TIERS, Catalog, Model
from optimizer.demand import demand_of
from optimizer.fleet.plan import Line, Plan
from optimizer.request import PlanRequest
from pricing.offers import Offer, Snapshot


def line_rules(plan: Plan, snapshot: Snapshot, catalog: Catalog) -> Iterator[str]:
    """Yield what is wrong with single lines."""
    named = {line.instance_type for line in plan.lines}
    offers = {
        (o.provider, o.region, o.zone, o.instance_type, o.term): o for o in snapshot.offers if o.instance_type in named
    }
    model = catalog.model(plan.request.model)
    costs = [line.usd_per_hour * line.count for line in plan.lines]
    if costs != sorted(costs, reverse=True):
        yield "lines are not in the order of their cost"
    sizes = len(demand_of(plan.request, model).sizes)
    for number, line in enumerate(plan.lines, start=1):
        if len(line.routing) != sizes or min(line.routing) < 0:
            yield f"line {number}: routing must have {sizes} shares from 0 on"
        offer = offers.get((line.provider, line.region, line.zone, line.instance_type, line.term))  # type: ignore[arg-type]  # a tampered term is simply not found
        if line.count < 0 or line.replicas < 1 or min(line.tensor_parallel, line.pipeline_parallel) < 1:
            yield f"line {number}: {line.count} instances with {line.replicas} replicas"
        if offer is None:
            yield f"line {number}: no such offer in the prices: {line.provider} {line.region} {line.instance_type}"
            continue
        for broken in (
            *_differs_from(line, offer),
            *_not_allowed(line, offer, plan.request, snapshot, catalog),
            *_links(line, plan.request),
            *_does_not_run(line, plan.request, catalog),
            *_warned(line, offer, model),
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
        ("engine", line.engine, _engines(request.allow.engines, catalog), _engines(request.deny.engines, catalog)),
    )
    for name, value, allowed, denied in checks:
        if (allowed and value not in allowed) or value in denied:
            yield f"{name} {value} is not allowed"
    places = {*request.allow.regions, *request.allow.continents}
    if places and not places & {line.region, offer.continent}:
        yield f"{line.region} is in none of {', '.join(sorted(places))}"
    days = request.max_price_age_days
    seen_by = request.as_of or max(o.observed_at for o in snapshot.offers)
    age = (seen_by - offer.observed_at).days
    if days is not None and age > days:
        yield f"the price is {age} days old, more than {days}"
    if request.as_of is not None and age < 0:
        yield f"the price was seen after {request.as_of}"


def _warned(line: Line, offer: Offer, model: Model) -> Iterator[str]:
    """Hold the warnings against what there is to warn of."""
    until = offer.observed_until
    due = (
        (line.count == 0, "runs on the instances of the line above"),
        (sum(line.routing) == 0, "stands by for a loss: its figures are those of a single request"),
        (
            offer.link_basis == "form factor",
            f"the listing does not say how its GPUs are joined; {offer.intra_link_id} is taken from the form factor",
        ),
        (
            until is not None and until != offer.observed_at,
            f"the price was seen between {offer.observed_at} and {until}; the day is not known",
        ),
        (offer.term == "spot", "spot instances can be taken back at any moment"),
        (offer.tier == "tracker", "the price is a third party's report, not the provider's own"),
        (bool(model.assumed_fields), f"the shape of {model.model_id} is assumed: its own configuration was not read"),
        (bool(offer.note), offer.note),
    )
    expected = [words for needed, words in due if needed]
    if list(line.warnings) != expected:
        yield f"warnings are {list(line.warnings)}, there is to say {expected}"


def _engines(names: Sequence[str], catalog: Catalog) -> set[str]:
    return {catalog.engine(name).engine_id for name in names}


def _links(line: Line, request: PlanRequest) -> Iterator[str]:
    """Check the link between an instance's GPUs; a single GPU has none to refuse."""
    families = {"nvlink": ("nvswitch", "nvl72", "nvlink")}

    def named(name: str) -> bool:
        return line.link is not None and line.link.startswith(families.get(name, (name,)))

    if line.link is not None and request.allow.links and not any(map(named, request.allow.links)):
        yield f"link {line.link} is not allowed"
    if any(map(named, request.deny.links)):
        yield f"link {line.link} is denied"
    if line.nodes_per_replica == 1 and line.inter_node_link is not None:
        yield f"a replica inside one instance has no {line.inter_node_link}"


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
