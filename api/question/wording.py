"""Say a PlanRequest in plain English; whatever differs from the defaults has its words."""

import re
from collections.abc import Iterable, Sequence

from api.question.gpus import family
from catalog import Catalog, Model
from optimizer.fleet.vcpus import vcpu_pool
from optimizer.request import DEFAULT_ENGINES, DEFAULT_TERMS, DEFAULT_TIERS, Limits, PlanRequest, Workload

PLACES = {
    "europe": "Europe", "north-america": "North America", "south-america": "South America", "asia": "Asia",
    "oceania": "Oceania", "africa": "Africa", "middle-east": "the Middle East",
}  # fmt: skip
TERMS = {
    "on_demand": "on demand", "spot": "as spot", "reserved_1y": "reserved for 1 year",
    "reserved_3y": "reserved for 3 years", "capacity_block": "as capacity blocks",
}  # fmt: skip
TIERS = {
    "hyperscaler": "hyperscalers", "neocloud": "neoclouds", "marketplace": "marketplace hosts",
    "tracker": "price trackers",
}  # fmt: skip
PROVIDERS = {"aws": "AWS", "gcp": "GCP", "azure": "Azure", "oci": "OCI", "ovh": "OVH"}
ENGINES = {"vllm": "vLLM", "sglang": "SGLang", "trt-llm": "TensorRT-LLM", "ollama": "Ollama", "tgi": "TGI"}
LOSSES = {"replica": "one replica", "instance": "one instance", "zone": "one zone", "provider": "one provider"}
ACTIVE_SIZE = re.compile(r"^a\d+(\.\d+)?b$")  # `a22b`: the active parameters of a mixture of experts
FORMATS = {"fp8-weight-only": "FP8 (weights only)", "int8-w8a8": "INT8", "awq-int4": "AWQ", "gptq-int4": "GPTQ"}


def describe(request: PlanRequest, catalog: Catalog) -> str:
    """Return one to three sentences: the load, the targets and limits, what may be used."""
    model = catalog.model(request.model)
    first = f"{_load(request.workload)}, {_size(request.workload)}, on {model_name(model)}"
    sentences = [first, _targets(request), "; ".join(_choices(request, catalog)), "; ".join(_limits(request))]
    return " ".join(f"{sentence[0].upper()}{sentence[1:]}." for sentence in sentences if sentence)


def model_name(model: Model) -> str:
    """Return the name of a model as people write it: `llama-4-405b` is Llama 4 405B."""
    rest = model.model_id.removeprefix(model.family.lower().replace(" ", "-")).strip("-")
    words = [
        word.upper() if word[0].isdigit() or len(word) == 2 or ACTIVE_SIZE.match(word) else word.capitalize()
        for word in rest.split("-")
        if word
    ]
    return " ".join([model.family, *words])


def _load(workload: Workload) -> str:
    if workload.users is not None:
        who = "one user" if workload.users == 1 else f"{workload.users:,} concurrent users"
        each = "" if workload.users == 1 else "each "
        return f"{who} {each}reading at {_speed(workload.tok_per_s_per_user)} or faster"
    if workload.request_rate_per_s is not None:
        return _requests(workload.request_rate_per_s)
    return f"{_speed(workload.output_tok_per_s)} generated in total"


def _requests(per_s: float) -> str:
    if per_s >= 1:
        return f"{_number(per_s)} requests per second" if per_s != 1 else "one request per second"
    if per_s * 60 >= 1:
        return f"{_number(per_s * 60)} requests per minute"
    return f"{_number(per_s * 3600)} requests per hour"


def _size(workload: Workload) -> str:
    cached = workload.prefix_cache_hit_fraction
    tail = f", {_percent(cached)} of the prompt cached" if cached else ""
    if workload.buckets:
        return f"with {_mix(workload)}{tail}"
    if workload.context_tokens is not None:
        return f"with {workload.context_tokens:,} tokens of context (prompt and answer together){tail}"
    return f"with {workload.input_tokens:,} tokens of prompt and {workload.output_tokens:,} of answer{tail}"


def _mix(workload: Workload) -> str:
    return " and ".join(
        f"{_percent(bucket.share)} of {bucket.input_tokens:,} tokens of prompt and {bucket.output_tokens:,} of answer"
        for bucket in workload.buckets
    )


def _targets(request: PlanRequest) -> str:
    slo = request.slo
    targets = []
    if slo.tok_per_s_per_user is not None:
        targets.append(f"each user sees {_speed(slo.tok_per_s_per_user)} or faster")
    if slo.ttft_s is not None:
        targets.append(f"the first token comes within {_seconds(slo.ttft_s)}")
    if slo.tpot_ms is not None:
        targets.append(f"every further token within {slo.tpot_ms:g} ms")
    if not targets and slo.percentile == 95:
        return ""
    return f"for {slo.percentile:g}% of requests {' and '.join(targets or ['this holds'])}"


def _choices(request: PlanRequest, catalog: Catalog) -> list[str]:
    allow, deny, quality = request.allow, request.deny, request.quality
    engines = allow.engines if allow.engines != DEFAULT_ENGINES else ()
    said: list[tuple[str, Sequence[str]]] = [
        ("on {}", [PROVIDERS.get(name, name) for name in allow.providers]),
        ("not on {}", [PROVIDERS.get(name, name) for name in deny.providers]),
        ("in {}", [PLACES[name] for name in allow.continents] + list(allow.regions)),
        ("not in {}", [PLACES[name] for name in deny.continents] + list(deny.regions)),
        ("from {} only", [TIERS[name] for name in allow.tiers if allow.tiers != DEFAULT_TIERS]),
        ("no {}", [TIERS[name] for name in deny.tiers]),
        ("priced {}", [TERMS[name] for name in allow.terms if allow.terms != DEFAULT_TERMS]),
        ("nothing priced {}", [TERMS[name] for name in deny.terms]),
        ("{} GPUs only", gpu_names(allow.gpus, catalog.gpus)),
        ("no {}", gpu_names(deny.gpus, catalog.gpus)),
        ("GPUs joined by {}", link_names(allow.links, catalog.links)),
        ("no {}", link_names(deny.links, catalog.links)),
        _formats(quality.quantizations, catalog),
        ("served by {}", [ENGINES.get(name, name) for name in engines]),
        ("not by {}", [ENGINES.get(name, name) for name in deny.engines]),
        ("quality {} or better", [quality.min_tier] if quality.min_tier != "good" else []),
    ]
    return [template.format(_either(names)) for template, names in said if names]


def _formats(names: tuple[str, ...], catalog: Catalog) -> tuple[str, list[str]]:
    """Return the words for weight formats: those left out where most are allowed."""
    if len(names) * 2 <= len(catalog.quantizations):
        return "weights in {}", [_format_name(name) for name in names]
    return "weights in any format but {}", [_format_name(name) for name in catalog.quantizations if name not in names]


def _format_name(quantization_id: str) -> str:
    return FORMATS.get(quantization_id, quantization_id.upper())


def _quotas(limits: Limits) -> list[str]:
    """Return each quota; of many in vCPUs, which an account has in each region, only how many there are."""
    vcpus = {key: most for key, most in limits.quotas.items() if vcpu_pool(key)}
    said = [f"at most {count:,} of {name}" for name, count in limits.quotas.items() if name not in vcpus]
    if len(vcpus) > 2:
        return [*said, f"{len(vcpus)} quotas of vCPUs"]
    return said + [f"at most {most:,} vCPUs in {key.removesuffix(' vCPUs')}" for key, most in vcpus.items()]


def _limits(request: PlanRequest) -> list[str]:
    limits = request.limits
    said = []
    if limits.max_usd_per_hour is not None:
        said.append(f"at most ${limits.max_usd_per_hour:,.2f}/h")
    if limits.max_spot_fraction is not None:
        said.append(f"at most {_percent(limits.max_spot_fraction)} spot")
    if limits.max_instances is not None:
        said.append("one instance" if limits.max_instances == 1 else f"at most {limits.max_instances:,} instances")
    if limits.max_kinds is not None:
        said.append(f"at most {limits.max_kinds} kind{'s' * (limits.max_kinds > 1)} of instance")
    said += _shape(limits)
    said += _quotas(limits)
    if request.survive_loss != "none":
        said.append(f"the load is still served when {LOSSES[request.survive_loss]} is lost")
    said += _spot(request)
    if request.confidence is not None:
        said.append(f"targets kept with {_percent(request.confidence)} confidence")
    if request.hours_per_month != 730:
        said.append(f"{request.hours_per_month:g} hours of use a month")
    if request.as_of is not None:
        said.append(f"prices as of {request.as_of.isoformat()}")
    if request.max_price_age_days is not None:
        said.append(f"prices at most {request.max_price_age_days} days old")
    return said


def _spot(request: PlanRequest) -> list[str]:
    """Say what may be taken back of spot."""
    losses = request.spot.losses
    if losses is None or "spot" not in request.allow.terms:
        return []
    if losses == 0:
        return ["the load is served by the spot capacity that is there on average"]
    which = "any one spot instance is" if losses == 1 else f"any {losses} spot instances are"
    return [f"the load is still served when {which} taken back"]


def _shape(limits: Limits) -> list[str]:
    """Say how the fleet must be spread and kept."""
    said = []
    if limits.min_replicas is not None:
        said.append(f"at least {limits.min_replicas:,} replicas")
    for share, place in ((limits.max_zone_fraction, "zone"), (limits.max_provider_fraction, "provider")):
        if share is not None:
            said.append(f"at most {_percent(share)} of the GPUs in one {place}")
    if limits.max_changes is not None:
        said.append(f"at most {limits.max_changes:,} instances changed of what runs already")
    return said


def gpu_names(ids: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return GPU ids as families where all of a family is meant: `A100` for its four kinds."""
    chosen, catalog_ids = list(ids), list(known)
    said: dict[str, None] = {}
    for gpu_id in chosen:
        whole = [other for other in catalog_ids if family(other) == family(gpu_id)]
        name = family(gpu_id) if all(other in chosen for other in whole) else gpu_id
        said[name.replace("-", " ")] = None
    return list(said)


def link_names(ids: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return link ids as NVLink or PCIe where all of those are meant."""
    chosen, links = set(ids), list(known)
    said = []
    for name, starts in (("NVLink", ("nv",)), ("NVSwitch", ("nvswitch",)), ("PCIe", ("pcie",))):
        whole = {link for link in links if link.startswith(starts)}
        if whole and whole <= chosen:
            said.append(name)
            chosen -= whole
    return said + sorted(chosen)


def _speed(tok_per_s: float | None) -> str:
    return f"{_number(tok_per_s or 0)} tok/s"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:,.4g}"


def _seconds(seconds: float) -> str:
    return f"{seconds * 1000:g} ms" if seconds < 1 else f"{seconds:g} s"


def _percent(fraction: float) -> str:
    return f"{fraction * 100:g}%"


def _either(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
