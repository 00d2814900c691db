"""Make a PlanRequest of a draft, and name every assumption that this takes."""

from collections.abc import Collection, Iterable, Mapping
from typing import TypeVar, cast, get_args

from pydantic import ValidationError

from api.question.draft import Draft
from api.question.market import Market
from api.question.wording import model_name
from api.question.workload import compose_workload
from catalog import Catalog, InvalidInputError, UnknownNameError
from optimizer.request import (
    DEFAULT_ENGINES,
    DEFAULT_TERMS,
    DEFAULT_TIERS,
    Allow,
    Deny,
    Limits,
    LossScope,
    PlanRequest,
    Quality,
    Slo,
    Spot,
    Term,
    Tier,
)

T = TypeVar("T")
DEFAULT_MODEL = "llama-4-405b"


def compose(draft: Draft, catalog: Catalog, market: Market) -> PlanRequest:
    """Return the request of a draft. Raises InvalidInputError where it contradicts itself or names a stranger."""
    _refuse_strangers(draft, catalog, market)
    _widen_tiers(draft, market)
    draft.check_choices()
    if draft.model.value is None:
        draft.assume(f"{model_name(catalog.model(DEFAULT_MODEL))}: no model was named.")
    model = draft.model.value or DEFAULT_MODEL
    workload, speed_target = compose_workload(draft, catalog.model(model))
    try:
        request = PlanRequest(
            model=model,
            workload=workload,
            slo=_slo(draft, speed_target),
            quality=_quality(draft, catalog),
            allow=_allow(draft, catalog),
            deny=_deny(draft, catalog),
            limits=_limits(draft),
            spot=Spot(losses=draft.spot_losses.value),
            survive_loss=cast(LossScope, draft.survive_loss.value or "none"),
            confidence=draft.confidence.value,
            hours_per_month=draft.hours_per_month.value or 730,
            as_of=draft.as_of.value,
            max_price_age_days=draft.max_price_age_days.value,
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidInputError(f"{where}: {first['msg']}", "correct that number of the question") from error
    _assume_defaults(draft)
    return request


def _refuse_strangers(draft: Draft, catalog: Catalog, market: Market) -> None:
    """Raise UnknownNameError for the first name that is in no catalog, or has no prices."""
    known: Mapping[str, Collection[str]] = {
        "model": list(catalog.models),
        "GPU": list(catalog.gpus),
        "quantization": list(catalog.quantizations),
        "engine": list(catalog.engines),
        "provider": market.providers,
        "region": market.regions,
        "term": get_args(Term),
    }
    for kind, name in draft.unknown:
        raise UnknownNameError(kind, name, known.get(kind, ()))


def _slo(draft: Draft, speed_target: float | None) -> Slo:
    return Slo(
        ttft_s=draft.ttft_s.value,
        tpot_ms=draft.tpot_ms.value,
        tok_per_s_per_user=speed_target,
        percentile=draft.percentile.value or 95,
    )


def _quality(draft: Draft, catalog: Catalog) -> Quality:
    choice = draft.quantizations
    names = choice.chosen(catalog.quantizations if choice.denied else ())
    ordered = tuple(name for name in catalog.quantizations if name in names)
    return Quality(min_tier=draft.min_tier.value or "good", quantizations=ordered)


def _allow(draft: Draft, catalog: Catalog) -> Allow:
    return Allow(
        providers=tuple(sorted(draft.providers.chosen())),
        tiers=_in_order(draft.tiers.chosen(DEFAULT_TIERS), get_args(Tier)),
        regions=tuple(sorted(draft.regions.chosen())),
        continents=tuple(sorted(draft.continents.chosen())),
        gpus=_in_order(draft.gpus.chosen(), catalog.gpus),
        engines=_in_order(draft.engines.chosen(DEFAULT_ENGINES), catalog.engines),
        terms=_in_order(draft.terms.chosen(DEFAULT_TERMS), get_args(Term)),
        links=_in_order(draft.links.chosen(), catalog.links),
    )


def _deny(draft: Draft, catalog: Catalog) -> Deny:
    return Deny(
        providers=tuple(sorted(draft.providers.denied)),
        tiers=_in_order(draft.tiers.denied, get_args(Tier)),
        regions=tuple(sorted(draft.regions.denied)),
        continents=tuple(sorted(draft.continents.denied)),
        gpus=_in_order(draft.gpus.denied, catalog.gpus),
        engines=_in_order(draft.engines.denied, catalog.engines),
        terms=_in_order(draft.terms.denied, get_args(Term)),
        links=_in_order(draft.links.denied, catalog.links),
    )


def _limits(draft: Draft) -> Limits:
    return Limits(
        max_usd_per_hour=draft.max_usd_per_hour.value,
        max_spot_fraction=draft.max_spot_fraction.value,
        quotas=dict(sorted(draft.quotas.items())),
        max_instances=draft.max_instances.value,
        max_kinds=draft.max_kinds.value,
    )


def _in_order(names: Iterable[str], order: Iterable[T]) -> tuple[T, ...]:
    """Return the names in a fixed order, whatever the order of the question."""
    wanted = set(names)
    return tuple(name for name in order if name in wanted)


def _widen_tiers(draft: Draft, market: Market) -> None:
    """Let in the most trusted tier of a provider that was named, where the default leaves all of its offers out."""
    for provider in draft.providers.chosen():
        tiers = market.tiers_of(provider)
        if tiers and not set(tiers) & set(draft.tiers.chosen(DEFAULT_TIERS)):
            most_trusted = next(tier for tier in get_args(Tier) if tier in tiers)
            draft.tiers.add((most_trusted,), draft.providers.allowed[provider])
            draft.assume(f"Offers of the tier {most_trusted} are let in: {provider} has none of a more trusted one.")


def _assume_defaults(draft: Draft) -> None:
    """Name what the question left open, with the words that would change it."""
    if not (draft.continents.allowed or draft.regions.allowed):
        draft.assume("Any region.")
    if not (draft.terms.allowed or draft.terms.added):
        draft.assume("On demand: add “spot ok” or “reserved”.")
    if not (draft.tiers.allowed or draft.tiers.added):
        draft.assume(
            "Hyperscalers and neoclouds: add “any host” for marketplace hosts, “trackers too” for price trackers."
        )
    if draft.min_tier.value is None and not draft.quantizations.allowed:
        draft.assume("Weight formats of good quality or better: add “any quality” or “lossless”.")
    if draft.percentile.value is None and (draft.ttft_s.value or draft.tpot_ms.value):
        draft.assume("Targets hold for 95% of requests: add “p99”.")
