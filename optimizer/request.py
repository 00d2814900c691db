"""PlanRequest: what a plan must do. Everything is optional but `workload`; defaults are visible in every answer."""

import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from catalog import InvalidInputError, QualityTier, bad_fields

Tier = Literal["hyperscaler", "neocloud", "marketplace", "tracker"]
Term = Literal["on_demand", "spot", "reserved_1y", "reserved_3y", "capacity_block"]
LossScope = Literal["none", "replica", "instance", "zone", "provider"]

Tokens = Annotated[int, Field(strict=True, ge=1, le=10_000_000)]
Fraction = Annotated[float, Field(strict=True, ge=0, le=1)]
PositiveFraction = Annotated[float, Field(strict=True, gt=0, le=1)]
PositiveFloat = Annotated[float, Field(strict=True, gt=0, le=1e9, allow_inf_nan=False)]
Count = Annotated[int, Field(strict=True, ge=1, le=10_000_000)]
Name = Annotated[str, Field(min_length=1, max_length=120)]
Names = Annotated[tuple[Name, ...], Field(max_length=1000)]
QuotaKey = Annotated[str, Field(min_length=1, max_length=500)]

DAY = re.compile(r"\d{4}-\d{2}-\d{2}(T00:00(:00)?(Z|[+-]00:00)?)?")

DEFAULT_TIERS: tuple[Tier, ...] = ("hyperscaler", "neocloud")
DEFAULT_TERMS: tuple[Term, ...] = ("on_demand",)
DEFAULT_ENGINES = ("vllm", "sglang", "trt-llm", "llama.cpp")


def _as_day(value: object) -> object:
    """Refuse what is no day: a number would be read as seconds since 1970, a time of day be dropped."""
    if isinstance(value, date) or (isinstance(value, str) and DAY.fullmatch(value)):
        return value
    raise ValueError("give a day as YYYY-MM-DD")


Day = Annotated[date, BeforeValidator(_as_day)]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Bucket(_Document):
    """Requests of one size: `share` of the request rate, `input_tokens` in, `output_tokens` out."""

    input_tokens: Tokens
    output_tokens: Tokens
    share: Annotated[float, Field(strict=True, gt=0, le=1)] = 1.0


class Workload(_Document):
    """The load, in one of three forms: `users`, `request_rate_per_s` or `output_tok_per_s`.

    users               concurrent streams that are always active, each decoding at `tok_per_s_per_user` or faster
    request_rate_per_s  Poisson arrivals over `buckets` (or one size)
    output_tok_per_s    total generated tokens per second, turned into a rate by the output length

    Sizes are `context_tokens` (prompt and answer together) or `input_tokens` + `output_tokens`.
    """

    users: Count | None = None
    tok_per_s_per_user: PositiveFloat | None = None
    request_rate_per_s: PositiveFloat | None = None
    output_tok_per_s: PositiveFloat | None = None
    context_tokens: Annotated[int, Field(strict=True, ge=2, le=10_000_000)] | None = None
    input_tokens: Tokens | None = None
    output_tokens: Tokens | None = None
    buckets: Annotated[tuple[Bucket, ...], Field(max_length=64)] = ()
    prefix_cache_hit_fraction: Annotated[float, Field(strict=True, ge=0, lt=1)] = 0.0

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        loads = [
            name for name in ("users", "request_rate_per_s", "output_tok_per_s") if getattr(self, name) is not None
        ]
        if len(loads) != 1:
            found = " and ".join(loads) or "none of them"
            raise ValueError(f"give exactly one of users, request_rate_per_s, output_tok_per_s (found {found})")
        sizes = self.input_tokens is not None and self.output_tokens is not None
        if (self.input_tokens is None) != (self.output_tokens is None):
            raise ValueError("input_tokens and output_tokens go together")
        if [self.context_tokens is not None, sizes, bool(self.buckets)].count(True) != 1:
            raise ValueError("give the size once: context_tokens, or input_tokens and output_tokens, or buckets")
        if self.users is not None and self.buckets:
            raise ValueError("users have one size of request; buckets go with request_rate_per_s or output_tok_per_s")
        if self.buckets and abs(sum(bucket.share for bucket in self.buckets) - 1) > 1e-6:
            raise ValueError(f"the shares of buckets add up to {sum(b.share for b in self.buckets):g}, not to 1")
        return self


class Slo(_Document):
    """Targets at a percentile: seconds to the first token, milliseconds per output token, tok/s per user."""

    ttft_s: PositiveFloat | None = None
    tpot_ms: PositiveFloat | None = None
    tok_per_s_per_user: PositiveFloat | None = None
    percentile: Annotated[float, Field(strict=True, ge=50, le=99.9)] = 95


class Quality(_Document):
    """The lowest acceptable quality tier, or exactly these quantizations."""

    min_tier: QualityTier = "good"
    quantizations: Names = ()


class Allow(_Document):
    """What may be used; an empty list allows everything of its kind."""

    providers: Names = ()
    tiers: tuple[Tier, ...] = DEFAULT_TIERS
    regions: Names = ()
    continents: Names = ()
    gpus: Names = ()
    engines: Names = DEFAULT_ENGINES
    terms: tuple[Term, ...] = DEFAULT_TERMS
    links: Names = ()


class Deny(_Document):
    """What may not be used, whatever `allow` says."""

    providers: Names = ()
    tiers: tuple[Tier, ...] = ()
    regions: Names = ()
    continents: Names = ()
    gpus: Names = ()
    engines: Names = ()
    terms: tuple[Term, ...] = ()
    links: Names = ()


class Current(_Document):
    """Instances that run already: `count` of one offer."""

    provider: Name
    region: Name
    zone: Name | None = None
    instance_type: Name
    term: Term = "on_demand"
    count: Count


class Limits(_Document):
    """Limits of the fleet. A quota's key is `provider[/region[/instance_type]]` (instances) or a GPU id (GPUs).

    A key of all five parts, `provider/region/zone/instance_type/term` with `-` for no zone, is the availability of one
    offer. `max_changes` counts instances rented or released against `PlanRequest.current`.
    """

    max_usd_per_hour: PositiveFloat | None = None
    max_spot_fraction: Fraction | None = None
    quotas: Annotated[dict[QuotaKey, Annotated[int, Field(strict=True, ge=0)]], Field(max_length=10_000)] = Field(
        default_factory=dict
    )
    max_instances: Count | None = None
    max_kinds: Count | None = None
    min_replicas: Count | None = None
    max_zone_fraction: PositiveFraction | None = None
    max_provider_fraction: PositiveFraction | None = None
    max_changes: Annotated[int, Field(strict=True, ge=0)] | None = None


class Spot(_Document):
    """What is expected of spot instances, which can be taken back at any moment.

    losses                   the fleet still serves everything after any so many of its spot instances are taken back at
                             once, and with the capacity that is there on average; 0 asks for the average alone
    replace_minutes          from losing an instance until another one serves in its place
    interruptions_per_month  of one instance, instead of what the catalog says of its provider, region and type
    """

    losses: Annotated[int, Field(strict=True, ge=0, le=10)] | None = None
    replace_minutes: Annotated[float, Field(strict=True, gt=0, le=44_640)] = 60
    interruptions_per_month: Annotated[float, Field(strict=True, gt=0, le=50_000)] | None = None


class PlanRequest(_Document):
    """One request for a plan; with the same snapshot and catalog it always gives the same plan."""

    model: Name = "llama-4-405b"
    workload: Workload
    slo: Slo = Slo()
    quality: Quality = Quality()
    allow: Allow = Allow()
    deny: Deny = Deny()
    limits: Limits = Limits()
    spot: Spot = Spot()
    current: Annotated[tuple[Current, ...], Field(max_length=1000)] = ()
    survive_loss: LossScope = "none"
    confidence: Annotated[float, Field(strict=True, ge=0.5, lt=1)] | None = None
    hours_per_month: Annotated[float, Field(strict=True, gt=0, le=744)] = 730
    as_of: Day | None = None
    max_price_age_days: Annotated[int, Field(strict=True, ge=0)] | None = None


def read_request(document: object) -> PlanRequest:
    """Return the PlanRequest of a parsed YAML or JSON document. Raises InvalidInputError naming every bad field."""
    if not isinstance(document, dict):
        raise InvalidInputError("a plan request is a mapping", "start from: workload: {users: 1, ...}")
    try:
        return PlanRequest.model_validate(document)
    except ValidationError as error:
        raise InvalidInputError(bad_fields(error, "request"), "see docs/plan-request.md for every field") from error
