"""Changes: each limit of a request, named, with the way to loosen or lift it, so that its cost can be found by solving.

`looser` takes the natural step of each limit (a speed of 80%, one more instance of quota, ...), `lifted` none at all.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from catalog import QUALITY_TIERS, QualityTier
from optimizer.demand import Demand
from optimizer.fleet.vcpus import vcpu_pool
from optimizer.request import DEFAULT_ENGINES, Allow, PlanRequest

SLOWER = 0.8
LATER = 1.5
LARGER_SHARE = 0.1
MORE_VCPUS = 192  # of the largest instance with GPUs at AWS, which counts quotas in vCPUs
COUNTS = (("max_instances", "instances"), ("max_kinds", "kinds"), ("max_changes", "changes"))
SHARES = (("max_zone_fraction", "share of one zone"), ("max_provider_fraction", "share of one provider"))
FILTERS = ("providers", "regions", "continents", "gpus", "links", "engines")


@dataclass(frozen=True, slots=True)
class Change:
    """One limit of a request as it is `given`, and how to loosen or lift it, in words and in deed.

    `vcpu_quotas` has the quotas of one provider's vCPUs where the limit is these together.
    """

    limit: str
    given: str
    description: str
    lift: Callable[[PlanRequest], PlanRequest]
    vcpu_quotas: Mapping[str, int] = field(default_factory=dict)


def changed(request: PlanRequest, part: str, **values: Any) -> PlanRequest:
    """Return a request with some fields of one part (`workload`, `slo`, `allow`, ...) set anew."""
    return request.model_copy(update={part: getattr(request, part).model_copy(update=values)})


def with_speed(request: PlanRequest, tok_per_s: float | None) -> PlanRequest:
    """Return a request with another decode speed per user, wherever it was asked for; None asks for none."""
    without = changed(request, "slo", tok_per_s_per_user=None, tpot_ms=None)
    return changed(without, "workload", tok_per_s_per_user=tok_per_s)


def longer(request: PlanRequest, demand: Demand, most_tokens: int) -> tuple[str, PlanRequest] | None:
    """Return a request with twice the context, or prompts twice as long, in words; None beyond `most_tokens`.

    Answers stay as long as they are: the same requests with more to read.
    """
    work, size = request.workload, demand.sizes[0]
    if work.buckets:
        longest = max(2 * each.input_tokens + each.output_tokens for each in work.buckets)
        buckets = tuple(each.model_copy(update={"input_tokens": 2 * each.input_tokens}) for each in work.buckets)
        asked, words = changed(request, "workload", buckets=buckets), "prompts twice as long"
    else:
        prompt, words = 2 * size.input_tokens, f"prompts of {2 * size.input_tokens:,} tokens"
        if work.context_tokens is not None:
            prompt, words = 2 * size.tokens - size.output_tokens, f"{2 * size.tokens:,} tokens of context"
        longest = prompt + size.output_tokens
        sizes = {"context_tokens": None, "input_tokens": prompt, "output_tokens": size.output_tokens}
        asked = changed(request, "workload", **sizes)
    return None if longest > most_tokens else (words, asked)


def looser(request: PlanRequest, demand: Demand) -> Iterator[Change]:
    """Yield each limit of a request loosened by its natural step."""
    speed, limits = demand.tok_per_s_per_user, request.limits
    if speed is not None:
        slower = speed * SLOWER
        yield Change("speed", _speed(speed), _speed(slower), lambda r: with_speed(r, slower))
    if demand.ttft_s is not None:
        later = demand.ttft_s * LATER
        yield Change(
            "first token", f"{demand.ttft_s:.3g} s", f"first token in {later:.3g} s", _set("slo", ttft_s=later)
        )
    yield from _point_estimate(request)
    if not request.quality.quantizations and request.quality.min_tier != QUALITY_TIERS[-1]:
        lower = QUALITY_TIERS[QUALITY_TIERS.index(request.quality.min_tier) + 1]
        yield Change("quality", request.quality.min_tier, f"{lower} formats as well", _set("quality", min_tier=lower))
    yield from _looser_quotas(request)
    for name, label in COUNTS:
        most = getattr(limits, name)
        if most is not None:
            yield Change(label, str(most), f"{most + 1} {label}", _set("limits", **{name: most + 1}))
    yield from _fewer_spot_losses(request)
    if limits.min_replicas is not None and limits.min_replicas > 1:
        fewer = limits.min_replicas - 1
        yield Change("min replicas", str(fewer + 1), f"at least {fewer} replicas", _set("limits", min_replicas=fewer))
    for name, label in SHARES:
        share = getattr(limits, name)
        if share is not None and share < 1:
            more = min(1.0, share + LARGER_SHARE)
            yield Change(label, f"{share:.0%}", f"{label} up to {more:.0%}", _set("limits", **{name: more}))
    yield from _lifted_choices(request)


def lifted(request: PlanRequest, demand: Demand) -> Iterator[Change]:
    """Yield each limit of a request lifted altogether."""
    limits = request.limits
    if demand.tok_per_s_per_user is not None:
        yield Change("speed", _speed(demand.tok_per_s_per_user), "any speed", lambda r: with_speed(r, None))
    if demand.ttft_s is not None:
        yield Change("first token", f"{demand.ttft_s:.3g} s", "any time", _set("slo", ttft_s=None))
    yield from _point_estimate(request)
    if limits.max_usd_per_hour is not None:
        given = f"${limits.max_usd_per_hour:,.2f}/h"
        yield Change("budget", given, "any cost", _set("limits", max_usd_per_hour=None))
    yield from _lifted_quotas(request)
    for name, label in (*COUNTS, ("max_spot_fraction", "spot share"), *SHARES):
        value = getattr(limits, name)
        if value is not None:
            yield Change(label, f"at most {value:g}", f"any {label}", _set("limits", **{name: None}))
    yield from _any_spot_losses(request)
    if limits.min_replicas is not None:
        given = f"at least {limits.min_replicas}"
        yield Change("min replicas", given, "any number of replicas", _set("limits", min_replicas=None))
    if request.survive_loss != "none":
        given = f"of one {request.survive_loss}"
        yield Change(
            "survive loss", given, "no spare capacity", lambda r: r.model_copy(update={"survive_loss": "none"})
        )
    if not request.quality.quantizations and request.quality.min_tier != QUALITY_TIERS[-1]:
        yield Change("quality", request.quality.min_tier, "any quality", _set("quality", min_tier=_worst()))
    yield from _lifted_choices(request)


def _fewer_spot_losses(request: PlanRequest) -> Iterator[Change]:
    """Yield one loss of a spot instance fewer to be tolerated."""
    losses = request.spot.losses
    if losses and "spot" in request.allow.terms:
        fewer = losses - 1
        words = (
            ("only the average of spot", "tolerate one preemption")[fewer]
            if fewer < 2
            else f"tolerate {fewer} preemptions"
        )
        yield Change("spot losses", f"{losses} at once", words, _set("spot", losses=fewer))


def _any_spot_losses(request: PlanRequest) -> Iterator[Change]:
    """Yield spot without any spare capacity for its losses."""
    if request.spot.losses is not None and "spot" in request.allow.terms:
        given = f"{request.spot.losses} at once"
        yield Change("spot losses", given, "no spare capacity for spot", _set("spot", losses=None))


def _point_estimate(request: PlanRequest) -> Iterator[Change]:
    """Yield the confidence given up for the point estimate."""
    if request.confidence is not None:
        given = f"{request.confidence:.0%} sure"
        yield Change("confidence", given, "the point estimate", lambda r: r.model_copy(update={"confidence": None}))


def _lifted_choices(request: PlanRequest) -> Iterator[Change]:
    """Yield each choice among formats, places, makers and markets lifted."""
    if request.quality.quantizations:
        names = ", ".join(request.quality.quantizations)
        description = f"any {request.quality.min_tier} format"
        yield Change("quantization", names, description, _set("quality", quantizations=()))
    for name in FILTERS:
        allowed, denied = getattr(request.allow, name), getattr(request.deny, name)
        usual = Allow.model_fields[name].default
        if denied or (allowed and allowed != usual):
            given = ", ".join([*(() if allowed == usual else allowed), *(f"not {item}" for item in denied)])
            yield Change(name, given, f"any {name}", _without_filter(name))
    if "spot" not in request.allow.terms:
        terms = ", ".join(request.allow.terms)
        yield Change("term", terms, "spot as well", _also("terms", "spot"))
    if "marketplace" not in request.allow.tiers:
        tiers = ", ".join(request.allow.tiers)
        yield Change("tier", tiers, "marketplace hosts as well", _also("tiers", "marketplace"))
    if request.max_price_age_days is not None:
        days = f"{request.max_price_age_days} days"
        yield Change("price age", days, "older prices", lambda r: r.model_copy(update={"max_price_age_days": None}))


def _speed(tok_per_s: float) -> str:
    return f"{tok_per_s:.3g} tok/s per user"


def _worst() -> QualityTier:
    return QUALITY_TIERS[-1]


def _set(part: str, **values: Any) -> Callable[[PlanRequest], PlanRequest]:
    return lambda request: changed(request, part, **values)


def _looser_quotas(request: PlanRequest) -> Iterator[Change]:
    """Yield one more of each quota, and room for one more large instance in all quotas of a provider's vCPUs."""
    for key, most in request.limits.quotas.items():
        if vcpu_pool(key) is None:
            yield Change(f"quota {key}", str(most), f"{most + 1} of {key}", _with_quota(key, most + 1))
    for provider, pools in _vcpu_quotas(request).items():
        more = {key: most + MORE_VCPUS for key, most in pools.items()}
        yield _vcpu_change(provider, pools, f"{MORE_VCPUS} vCPUs more", _with_quotas(more))


def _lifted_quotas(request: PlanRequest) -> Iterator[Change]:
    """Yield each quota lifted, those of a provider's vCPUs together."""
    for key, most in request.limits.quotas.items():
        if vcpu_pool(key) is None:
            yield Change(f"quota {key}", str(most), "no quota", _with_quota(key, None))
    for provider, pools in _vcpu_quotas(request).items():
        yield _vcpu_change(provider, pools, "no quota of vCPUs", _with_quotas(dict.fromkeys(pools)))


def _vcpu_quotas(request: PlanRequest) -> dict[str, dict[str, int]]:
    """Return the quotas in vCPUs by provider: an account has many, and each alone is seldom worth a question."""
    found: dict[str, dict[str, int]] = {}
    for key, most in request.limits.quotas.items():
        if (pool := vcpu_pool(key)) is not None:
            found.setdefault(pool.provider, {})[key] = most
    return found


def _vcpu_change(
    provider: str, pools: Mapping[str, int], description: str, lift: Callable[[PlanRequest], PlanRequest]
) -> Change:
    given = ", ".join(f"{most} in {key.removesuffix(' vCPUs')}" for key, most in pools.items())
    given = given if len(pools) <= 2 else f"{len(pools)} quotas"
    where = "" if len(pools) == 1 else " in each quota"
    return Change(f"vCPU quotas of {provider}", given, description + where, lift, pools)


def _with_quota(key: str, most: int | None) -> Callable[[PlanRequest], PlanRequest]:
    return _with_quotas({key: most})


def _with_quotas(changes: Mapping[str, int | None]) -> Callable[[PlanRequest], PlanRequest]:
    """Set quotas anew, and drop those that are None."""

    def lift(request: PlanRequest) -> PlanRequest:
        quotas: dict[str, int | None] = {**request.limits.quotas, **changes}
        return changed(request, "limits", quotas={key: most for key, most in quotas.items() if most is not None})

    return lift


def _without_filter(name: str) -> Callable[[PlanRequest], PlanRequest]:
    usual = DEFAULT_ENGINES if name == "engines" else ()
    return lambda request: changed(changed(request, "allow", **{name: usual}), "deny", **{name: ()})


def _also(name: str, value: str) -> Callable[[PlanRequest], PlanRequest]:
    """Add a term or tier, and take it off the denied ones."""

    def lift(request: PlanRequest) -> PlanRequest:
        allowed = (*getattr(request.allow, name), value)
        denied = tuple(item for item in getattr(request.deny, name) if item != value)
        return changed(changed(request, "allow", **{name: allowed}), "deny", **{name: denied})

    return lift
