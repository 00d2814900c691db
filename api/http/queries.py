"""Parameters: a plan, a prediction or a list of offers asked for in a URL. Lists are repeated or joined by commas."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api.listing import OfferFilter
from catalog import InvalidInputError, QualityTier
from optimizer.forecast import BudgetRequest, read_budget_request
from optimizer.forecast.request import RiskMeasure
from optimizer.request import Day, LossScope, PlanRequest, Term, Tier, read_request


def _split(value: object) -> object:
    """Split texts at commas: `provider=aws,gcp` is `provider=aws&provider=gcp`."""
    if not isinstance(value, list):
        return value
    return [part.strip() for text in value for part in str(text).split(",") if part.strip()]


Name = Annotated[str, Field(min_length=1, max_length=120)]
Names = Annotated[list[Name], BeforeValidator(_split), Field(max_length=100)]
Tiers = Annotated[list[Tier], BeforeValidator(_split)]
Terms = Annotated[list[Term], BeforeValidator(_split)]
Multipliers = Annotated[list[Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]], BeforeValidator(_split)]
Positive = Annotated[float, Field(gt=0, le=1e9, allow_inf_nan=False)]
Tokens = Annotated[int, Field(ge=1, le=10_000_000)]
Count = Annotated[int, Field(ge=1, le=10_000_000)]


LOAD_NAMES = {"users": "users", "request_rate_per_s": "request_rate", "output_tok_per_s": "output_tok_per_s"}


class Parameters(BaseModel):
    """Parameters of a URL; one that is not known is refused, since a misspelt limit must not be dropped."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PlanQuery(Parameters):
    """A plan in a URL, for spreadsheets; `users` is 1 where no load is given."""

    model: Annotated[Name, Field(description="A model id or spelling.")] = "llama-4-405b"
    users: Annotated[Count | None, Field(description="Streams that are always active.")] = None
    tok_per_s: Annotated[Positive | None, Field(description="Decode speed of each user, tokens per second.")] = None
    context: Annotated[int | None, Field(ge=2, le=10_000_000, description="Prompt and answer together, tokens.")] = None
    input_tokens: Annotated[Tokens | None, Field(description="Prompt tokens.")] = None
    output_tokens: Annotated[Tokens | None, Field(description="Generated tokens.")] = None
    request_rate: Annotated[Positive | None, Field(description="Requests per second that arrive.")] = None
    output_tok_per_s: Annotated[Positive | None, Field(description="Generated tokens per second in all.")] = None
    prefix_cache_hit_fraction: Annotated[float | None, Field(ge=0, lt=1, description="Share of prompts cached.")] = None
    ttft_s: Annotated[Positive | None, Field(description="First token within, seconds.")] = None
    tpot_ms: Annotated[Positive | None, Field(description="Time per output token within, milliseconds.")] = None
    percentile: Annotated[float | None, Field(ge=50, le=99.9, description="Percentile of the first token.")] = None
    min_tier: Annotated[QualityTier | None, Field(description="Lowest quality of weight formats.")] = None
    quantization: Annotated[Names, Field(description="Exactly these weight formats.")] = []
    provider: Annotated[Names, Field(description="Only these providers.")] = []
    tier: Annotated[Tiers, Field(description="Trust tiers; by default hyperscaler and neocloud.")] = []
    region: Annotated[Names, Field(description="Only these regions.")] = []
    continent: Annotated[Names, Field(description="Only these continents.")] = []
    gpu: Annotated[Names, Field(description="Only these GPUs or families.")] = []
    engine: Annotated[Names, Field(description="Only these engines.")] = []
    term: Annotated[Terms, Field(description="Terms; by default on_demand.")] = []
    link: Annotated[Names, Field(description="Only these links.")] = []
    deny_provider: Annotated[Names, Field(description="None of these providers.")] = []
    deny_region: Annotated[Names, Field(description="None of these regions.")] = []
    deny_gpu: Annotated[Names, Field(description="None of these GPUs.")] = []
    max_usd_per_hour: Annotated[Positive | None, Field(description="Budget, USD per hour.")] = None
    max_spot_fraction: Annotated[float | None, Field(ge=0, le=1, description="Most of the GPUs that may be spot.")] = (
        None
    )
    spot_losses: Annotated[
        int | None,
        Field(ge=0, le=10, description="Still serve everything after so many spot instances are taken back."),
    ] = None
    max_instances: Annotated[Count | None, Field(description="Most instances.")] = None
    max_kinds: Annotated[Count | None, Field(description="Most kinds of instance.")] = None
    survive_loss: Annotated[LossScope | None, Field(description="Still serve everything without any one of these.")] = (
        None
    )
    hours_per_month: Annotated[float | None, Field(gt=0, le=744, description="For the monthly price; 730.")] = None
    as_of: Annotated[Day | None, Field(description="With the prices that were stored, and seen, by this day.")] = None
    max_price_age_days: Annotated[int | None, Field(ge=0, description="Only prices at most this old.")] = None
    bom: Annotated[
        Literal["0", "1"], Field(description="CSV only: a byte order mark, for a double click in Excel.")
    ] = "0"
    download: Annotated[Literal["0", "1"], Field(description="Offer the answer as a file.")] = "0"

    def request(self) -> PlanRequest:
        """Return the request. Raises InvalidInputError."""
        loads = {
            "users": self.users,
            "request_rate_per_s": self.request_rate,
            "output_tok_per_s": self.output_tok_per_s,
        }
        if not _given(loads):
            loads["users"] = 1
        return read_request({"model": self.model, "workload": _given(loads) | self._size(), **self._rules()})

    def _size(self) -> dict[str, Any]:
        """Return the workload without its load."""
        return _given(
            {
                "tok_per_s_per_user": self.tok_per_s,
                "context_tokens": self.context,
                "input_tokens": self.input_tokens,
                "output_tokens": self.output_tokens,
                "prefix_cache_hit_fraction": self.prefix_cache_hit_fraction,
            }
        )

    def _rules(self) -> dict[str, Any]:
        """Return everything but the load, without what was not given: a default is the request's own to choose."""
        rules: dict[str, dict[str, Any]] = {
            "slo": {"ttft_s": self.ttft_s, "tpot_ms": self.tpot_ms, "percentile": self.percentile},
            "quality": {"min_tier": self.min_tier, "quantizations": self.quantization},
            "allow": {
                "providers": self.provider,
                "tiers": self.tier,
                "regions": self.region,
                "continents": self.continent,
                "gpus": self.gpu,
                "engines": self.engine,
                "terms": self.term,
                "links": self.link,
            },
            "deny": {"providers": self.deny_provider, "regions": self.deny_region, "gpus": self.deny_gpu},
            "limits": {
                "max_usd_per_hour": self.max_usd_per_hour,
                "max_spot_fraction": self.max_spot_fraction,
                "max_instances": self.max_instances,
                "max_kinds": self.max_kinds,
            },
        }
        rules["spot"] = {"losses": self.spot_losses}
        single = {
            "survive_loss": self.survive_loss,
            "hours_per_month": self.hours_per_month,
            "as_of": self.as_of,
            "max_price_age_days": self.max_price_age_days,
        }
        return {name: _given(group) for name, group in rules.items()} | _given(single)


class BudgetQuery(PlanQuery):
    """A budget in a URL: the load of the first month is `users`, `request_rate` or `output_tok_per_s`."""

    months: Annotated[int, Field(ge=1, le=60, description="Months of the budget.")] = 12
    start: Annotated[str | None, Field(max_length=7, description="First month, YYYY-MM; the next one.")] = None
    monthly_growth: Annotated[float, Field(gt=-1, le=10, description="Growth of the load, 0.05 is 5% a month.")] = 0.0
    diurnal: Annotated[Multipliers, Field(description="24 multipliers of the load, by hour of day; all 1.")] = []
    weekly: Annotated[Multipliers, Field(description="7 multipliers of the load, Monday first; all 1.")] = []
    buy: Annotated[Terms, Field(description="Terms that may be bought; on_demand, reserved_1y and reserved_3y.")] = []
    price_change_per_year: Annotated[float, Field(gt=-1, le=10, description="-0.1: prices fall by 10% a year.")] = 0.0
    api_usd_per_million_output_tokens: Annotated[
        Positive | None, Field(description="Price of a hosted model to compare with.")
    ] = None
    api_usd_per_million_input_tokens: Annotated[float, Field(ge=0, le=1e6, description="The same of its input.")] = 0.0
    scenarios: Annotated[int, Field(ge=0, le=10_000, description="Simulated futures.")] = 1000
    seed: Annotated[int, Field(ge=0, le=2**31, description="Seed of the futures.")] = 0

    risk: Annotated[RiskMeasure, Field(description="What purchases minimise: forecast, mean or dearest futures.")] = (
        "forecast"
    )
    alpha: Annotated[float, Field(ge=0, le=0.99, description="0.9: CVaR is the mean of the dearest tenth.")] = 0.9

    def budget(self, today: date) -> BudgetRequest:
        """Return the request. Raises InvalidInputError."""
        found = {unit: getattr(self, name) for unit, name in LOAD_NAMES.items() if getattr(self, name) is not None}
        if len(found) > 1:
            raise InvalidInputError("the load is given more than once", f"give one of {', '.join(LOAD_NAMES.values())}")
        unit, base = next(iter(found.items()), ("users", 1))
        following = date(today.year + today.month // 12, today.month % 12 + 1, 1)
        document = {
            "model": self.model,
            "request": {"workload": self._size(), **self._rules()},
            "months": self.months,
            "start": self.start or f"{following:%Y-%m}",
            "demand": {
                "unit": unit,
                "base": base,
                "monthly_growth": self.monthly_growth,
                **_given({"diurnal": self.diurnal, "weekly": self.weekly}),
            },
            "price_change_per_year": self.price_change_per_year,
            "scenarios": self.scenarios,
            "seed": self.seed,
            "risk": {"measure": self.risk, "alpha": self.alpha},
            **({"terms": self.buy} if self.buy else {}),
            **self._hosted(),
        }
        return read_budget_request(document)

    def _hosted(self) -> dict[str, Any]:
        """Return the price of a hosted model, where one is given."""
        output = self.api_usd_per_million_output_tokens
        if output is None:
            return {}
        prices = {
            "usd_per_million_output_tokens": output,
            "usd_per_million_input_tokens": self.api_usd_per_million_input_tokens,
        }
        return {"api_price": prices}


class OfferQuery(Parameters):
    """Which offers; names are compared without case."""

    provider: Annotated[Name | None, Field(description="Only this provider.")] = None
    region: Annotated[Name | None, Field(description="Only this region, zone or continent.")] = None
    gpu: Annotated[Name | None, Field(description="Only this GPU, or a family such as A100.")] = None
    term: Annotated[Name | None, Field(description="Only this term.", examples=["on_demand"])] = None
    tier: Annotated[Name | None, Field(description="Only this trust tier.", examples=["hyperscaler"])] = None
    instance_type: Annotated[Name | None, Field(description="Only this instance type.")] = None
    as_of: Annotated[Day | None, Field(description="With the prices that were stored, and seen, by this day.")] = None

    def filter(self) -> OfferFilter:
        """Return the filter."""
        return OfferFilter(**{name: getattr(self, name) for name in OfferQuery.model_fields})


class Page(Parameters):
    """A page of a list."""

    limit: Annotated[int, Field(ge=1, le=1000, description="Rows of a page.")] = 100
    cursor: Annotated[
        str | None, Field(max_length=200, description="Where a page starts: `next_cursor` before it.")
    ] = None


class OfferPage(OfferQuery, Page):
    """A page of offers."""


class CsvForm(Parameters):
    """How a CSV is sent."""

    limit: Annotated[int | None, Field(ge=1, le=100_000, description="Most rows; all without it.")] = None
    bom: Annotated[Literal["0", "1"], Field(description="A byte order mark, for a double click in Excel.")] = "0"
    download: Annotated[Literal["0", "1"], Field(description="Offer the answer as a file.")] = "0"


class HistoryQuery(Parameters):
    """Which offers' prices over time; names are compared without case."""

    provider: Annotated[Name | None, Field(description="Only this provider.")] = None
    region: Annotated[Name | None, Field(description="Only this region or zone.")] = None
    instance_type: Annotated[Name | None, Field(description="Only this instance type.")] = None
    gpu: Annotated[Name | None, Field(description="Only this GPU, or a family such as A100.")] = None
    term: Annotated[Name | None, Field(description="Only this term.", examples=["on_demand"])] = None


class HistoryPageQuery(HistoryQuery, Page):
    """A page of prices over time."""


class HistoryTable(HistoryQuery, CsvForm):
    """Prices over time as CSV."""


class OfferTable(OfferQuery, CsvForm):
    """Offers as CSV."""


def _given(group: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in group.items() if value is not None and value != []}
