"""Changes: a request with one limit loosened or lifted, named, so that what it costs can be found by solving again."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from catalog import QUALITY_TIERS
from optimizer.demand import Demand
from optimizer.request import PlanRequest

SLOWER = 0.8
LATER = 1.5


@dataclass(frozen=True, slots=True)
class Change:
    """One limit of a request and the request without it, or with it one natural step looser."""

    limit: str
    given: str
    description: str
    request: PlanRequest


def changed(request: PlanRequest, part: str, **values: Any) -> PlanRequest:
    """Return a request with some fields of one part (`workload`, `slo`, `allow`, ...) set anew."""
    return request.model_copy(update={part: getattr(request, part).model_copy(update=values)})


def with_speed(request: PlanRequest, tok_per_s: float | None) -> PlanRequest:
    """Return a request with another decode speed per user, wherever it was asked for; None asks for none."""
    without = changed(request, "slo", tok_per_s_per_user=None, tpot_ms=None)
    return changed(without, "workload", tok_per_s_per_user=tok_per_s)


def looser(request: PlanRequest, demand: Demand) -> Iterator[Change]:
    """Yield each limit of a request loosened by its natural step."""
    speed = demand.tok_per_s_per_user
    if speed is not None:
        slower = speed * SLOWER
        yield Change("speed", f"{speed:.3g} tok/s", f"{slower:.3g} tok/s per user", with_speed(request, slower))
    if demand.ttft_s is not None:
        later = demand.ttft_s * LATER
        yield Change(
            "first token",
            f"{demand.ttft_s:.3g} s",
            f"first token in {later:.3g} s",
            changed(request, "slo", ttft_s=later),
        )
    yield from _looser_quality(request)
    limits = request.limits
    for key, most in limits.quotas.items():
        quotas = {**limits.quotas, key: most + 1}
        yield Change(f"quota {key}", str(most), f"{most + 1} of {key}", changed(request, "limits", quotas=quotas))
    if limits.max_instances is not None:
        more = limits.max_instances + 1
        yield Change(
            "instances", str(limits.max_instances), f"{more} instances", changed(request, "limits", max_instances=more)
        )
    if limits.max_kinds is not None:
        more = limits.max_kinds + 1
        yield Change(
            "kinds", str(limits.max_kinds), f"{more} kinds of instance", changed(request, "limits", max_kinds=more)
        )
    yield from lifted_filters(request)


def lifted(request: PlanRequest, demand: Demand) -> Iterator[Change]:
    """Yield each limit of a request lifted altogether."""
    if demand.tpot_s is not None:
        yield Change("speed", f"{1 / demand.tpot_s:.3g} tok/s per user", "any speed", with_speed(request, None))
    if demand.ttft_s is not None:
        yield Change("first token", f"{demand.ttft_s:.3g} s", "any time", changed(request, "slo", ttft_s=None))
    limits = request.limits
    if limits.max_usd_per_hour is not None:
        yield Change(
            "budget",
            f"${limits.max_usd_per_hour:,.2f}/h",
            "any cost",
            changed(request, "limits", max_usd_per_hour=None),
        )
    for key, most in limits.quotas.items():
        quotas = {name: value for name, value in limits.quotas.items() if name != key}
        yield Change(f"quota {key}", str(most), f"no quota on {key}", changed(request, "limits", quotas=quotas))
    for name, label in (("max_instances", "instances"), ("max_kinds", "kinds"), ("max_spot_fraction", "spot share")):
        value = getattr(limits, name)
        if value is not None:
            yield Change(label, f"at most {value:g}", f"any {label}", changed(request, "limits", **{name: None}))
    if request.survive_loss != "none":
        change = request.model_copy(update={"survive_loss": "none"})
        yield Change("survive loss", f"of one {request.survive_loss}", "no spare capacity", change)
    if request.quality.quantizations:
        names = ", ".join(request.quality.quantizations)
        yield Change("quantization", names, "any good format", changed(request, "quality", quantizations=()))
    elif request.quality.min_tier != QUALITY_TIERS[-1]:
        yield Change("quality", request.quality.min_tier, "any quality", changed(request, "quality", min_tier="severe"))
    yield from lifted_filters(request)


def lifted_filters(request: PlanRequest) -> Iterator[Change]:
    """Yield each filter on offers lifted: places, providers, GPUs, links, terms, tiers, age."""
    for name, label in (
        ("providers", "providers"),
        ("regions", "regions"),
        ("continents", "continents"),
        ("gpus", "GPUs"),
        ("links", "links"),
        ("engines", "engines"),
    ):
        allowed, denied = getattr(request.allow, name), getattr(request.deny, name)
        if denied or (allowed and allowed != type(request.allow).model_fields[name].default):
            lifted_request = changed(changed(request, "allow", **{name: ()}), "deny", **{name: ()})
            given = ", ".join([*allowed, *(f"not {item}" for item in denied)])
            yield Change(label, given, f"any {label}", lifted_request)
    if "spot" not in request.allow.terms:
        terms = (*request.allow.terms, "spot")
        yield Change("term", ", ".join(request.allow.terms), "spot as well", changed(request, "allow", terms=terms))
    if "marketplace" not in request.allow.tiers:
        tiers = (*request.allow.tiers, "marketplace")
        yield Change(
            "tier", ", ".join(request.allow.tiers), "marketplace hosts as well", changed(request, "allow", tiers=tiers)
        )
    if request.max_price_age_days is not None:
        change = request.model_copy(update={"max_price_age_days": None})
        yield Change("price age", f"{request.max_price_age_days} days", "older prices as well", change)


def _looser_quality(request: PlanRequest) -> Iterator[Change]:
    if request.quality.quantizations:
        names = ", ".join(request.quality.quantizations)
        change = changed(request, "quality", quantizations=())
        yield Change("quantization", names, f"any {request.quality.min_tier} format", change)
    elif request.quality.min_tier != QUALITY_TIERS[-1]:
        lower = QUALITY_TIERS[QUALITY_TIERS.index(request.quality.min_tier) + 1]
        yield Change(
            "quality", request.quality.min_tier, f"{lower} formats as well", changed(request, "quality", min_tier=lower)
        )
