"""BudgetRequest: the load over months, what may be bought, and how money and chance are counted."""

import math
import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from catalog import InvalidInputError, bad_fields
from optimizer.forecast.history.reading import History, read_history
from optimizer.forecast.series import Point, read_series
from optimizer.request import Day, PlanRequest, PositiveFloat, Term

Unit = Literal["users", "request_rate_per_s", "output_tok_per_s"]
UNITS: tuple[Unit, ...] = ("users", "request_rate_per_s", "output_tok_per_s")
FLEXIBLE_TERMS: tuple[Term, ...] = ("on_demand", "spot")
TERM_MONTHS: Mapping[str, int] = {"reserved_1y": 12, "reserved_3y": 36, "capacity_block": 1}
LARGEST_LOAD = 1e7
MOST_ROWS = 100_000
DEFAULT_TERMS: tuple[Term, ...] = ("on_demand", "reserved_1y", "reserved_3y")

RiskMeasure = Literal["forecast", "expected", "cvar"]
Multiplier = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
Rate = Annotated[float, Field(gt=-1, le=10, allow_inf_nan=False)]
Spread = Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BudgetDemand(_Document):
    """The load of every hour: `base` growing by `monthly_growth`, a `series` of planned values, or a `history`.

    `diurnal[hour of day]` and `weekly[weekday, Monday first]` multiply the base, or a monthly series; a daily series
    goes with `diurnal` only, an hourly one with neither. A `history` is fitted (see `forecast.history`): its trend
    makes the months, and its own hours and days the shapes, as far as it has them. `origin` says in words where the
    figures come from; it stands among the assumptions.
    """

    unit: Unit
    base: PositiveFloat | None = None
    monthly_growth: Rate = 0.0
    diurnal: tuple[Multiplier, ...] = ()
    weekly: tuple[Multiplier, ...] = ()
    series: tuple[Point, ...] = ()
    origin: Annotated[str | None, Field(max_length=300)] = None
    history: Annotated[tuple[Point, ...], Field(max_length=MOST_ROWS)] = ()

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.base is not None, bool(self.series), bool(self.history)).count(True) != 1:
            raise ValueError("give the load once: base (with monthly_growth), series, or history")
        if self.base is None and self.monthly_growth:
            raise ValueError("monthly_growth goes with base; a series or a history has its own growth")
        for name, found, length in (("diurnal", self.diurnal, 24), ("weekly", self.weekly, 7)):
            if found and len(found) != length:
                raise ValueError(f"{name} has {len(found)} multipliers, not {length}")
            if found and not any(found):
                raise ValueError(f"{name} is zero everywhere")
        return self


class Existing(_Document):
    """A commitment that is already held: `count` instances of `offer` (an offer's id) for `months_left` more months.

    `usd_per_hour` is the contract's rate for one instance, else the offer's price now.
    """

    offer: Annotated[str, Field(min_length=1, max_length=300)]
    count: Annotated[int, Field(ge=1, le=100_000)]
    months_left: Annotated[int, Field(ge=1, le=120)]
    usd_per_hour: PositiveFloat | None = None


class Uncertainty(_Document):
    """One standard deviation of each error; None takes the shipped figure, which the answer states."""

    demand_fraction_per_year: Spread | None = None
    price_fraction_per_year: Spread | None = None
    performance_fraction: Spread | None = None


class Risk(_Document):
    """What the purchases minimise, over `samples` futures drawn from the seed.

    `forecast`: the cost of the forecast itself; `expected`: its mean; `cvar`: (1 - weight) of the mean and `weight` of
    CVaR, the mean of the dearest 1 - `alpha` of the futures.
    """

    measure: RiskMeasure = "forecast"
    alpha: Annotated[float, Field(ge=0, le=0.99)] = 0.9
    weight: Annotated[float, Field(ge=0, le=1)] = 1.0
    samples: Annotated[int, Field(ge=1, le=1000)] = 64


class ApiPrice(_Document):
    """The price per million tokens of a hosted model, to compare with."""

    usd_per_million_output_tokens: PositiveFloat
    usd_per_million_input_tokens: Annotated[float, Field(ge=0, le=1e6)] = 0.0


class BudgetRequest(_Document):
    """One request for a budget; with the same snapshot, catalog and seed it always gives the same budget.

    `request` is a PlanRequest without a load, kept as it was written; `upfront_fraction[term]` is the part of a
    commitment that is paid when it is bought. `after_horizon` says whether the months of a commitment that lie after
    the last month are `charged` to the decision, or `free` because the need is taken to go on.
    """

    model: str | None = None
    request: dict[str, Any] = Field(default_factory=dict)
    months: Annotated[int, Field(ge=1, le=120)] = 12
    start: str
    demand: BudgetDemand
    terms: tuple[Term, ...] = DEFAULT_TERMS
    price_change_per_year: Rate = 0.0
    discount_per_year: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] = 0.0
    upfront_fraction: dict[Term, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)
    after_horizon: Literal["charged", "free"] = "charged"
    existing: Annotated[tuple[Existing, ...], Field(max_length=1000)] = ()
    scenarios: Annotated[int, Field(ge=0, le=100_000)] = 1000
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0
    uncertainty: Uncertainty = Uncertainty()
    risk: Risk = Risk()
    api_price: ApiPrice | None = None

    @property
    def as_of(self) -> date | None:
        """Return the day by which the prices of its plan request were seen, None where it says none or no day."""
        try:
            return TypeAdapter(Day | None).validate_python(self.request.get("as_of"))
        except ValidationError:  # reported when the request is read
            return None

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        if not re.fullmatch(r"[12]\d{3}-(0[1-9]|1[0-2])", self.start):
            raise ValueError(f"start {self.start!r} is no month: write it as 2027-01")
        if not self.terms:
            raise ValueError("terms is empty: name at least on_demand")
        return self

    @property
    def purchase_terms(self) -> tuple[Term, ...]:
        """Return the terms that are commitments."""
        return tuple(term for term in dict.fromkeys(self.terms) if term in TERM_MONTHS)

    def upfront(self, term: str) -> float:
        """Return the part of a commitment paid at once: all of a capacity block, none of others unless said."""
        return {str(name): part for name, part in self.upfront_fraction.items()}.get(
            term, 1.0 if term == "capacity_block" else 0.0
        )

    def plan_request(self, load: float) -> PlanRequest:
        """Return the PlanRequest at one load, whole users. Raises InvalidInputError naming every bad field."""
        if load > LARGEST_LOAD:
            raise InvalidInputError(
                f"demand: grows to {load:.3g}, at most {LARGEST_LOAD:.0e} can be planned", "grow less"
            )
        document = dict(self.request)
        workload = dict(document.get("workload") or {})
        workload[self.demand.unit] = max(1, math.ceil(load - 1e-9)) if self.demand.unit == "users" else load
        allow = dict(document.get("allow") or {})
        allow["terms"] = self.allowed_terms
        document.update(workload=workload, allow=allow)
        if self.model is not None:
            document["model"] = self.model
        try:
            return PlanRequest.model_validate(document)
        except ValidationError as error:
            named = "\n".join(f"request.{line}" for line in bad_fields(error, "document").splitlines())
            raise InvalidInputError(named, "see docs/budget.md for every field") from error

    @property
    def allowed_terms(self) -> tuple[Term, ...]:
        """Return what may run: `terms`, and the on-demand or spot that the request itself allows."""
        own = (self.request.get("allow") or {}).get("terms") or ()
        return tuple(dict.fromkeys((*self.terms, *(term for term in own if term in FLEXIBLE_TERMS))))


def read_budget_request(document: object) -> BudgetRequest:
    """Return the BudgetRequest of a parsed document. Raises InvalidInputError naming every bad field and row."""
    if not isinstance(document, dict):
        raise InvalidInputError("a budget request is a mapping", "start from: start: 2027-01, demand: {...}")
    try:
        asked = BudgetRequest.model_validate(document)
    except ValidationError as error:
        raise InvalidInputError(bad_fields(error, "budget"), "see docs/budget.md for every field") from error
    _check_inner(asked)
    if asked.demand.series:
        read_series(asked.demand.series, asked.start, asked.months)
    if asked.demand.history:
        _check_shapes(asked.demand, read_history(asked.demand.history, asked.start))
    asked.plan_request(1.0)
    return asked


def _check_shapes(demand: BudgetDemand, history: History) -> None:
    """Refuse a shape that the history has itself."""
    own = {"month": (), "day": ("weekly",), "hour": ("weekly", "diurnal")}[history.step]
    twice = [name for name in own if getattr(demand, name)]
    if twice:
        raise InvalidInputError(f"demand.{twice[0]}: a history of {history.step}s has its own", f"leave {twice[0]} out")


def _check_inner(asked: BudgetRequest) -> None:
    """Refuse an inner request whose parts are no mappings, that has a load, or names another model."""
    hint = "see docs/budget.md: request is a plan request without a load"
    for part in ("workload", "allow"):
        if not isinstance(asked.request.get(part) or {}, dict):
            raise InvalidInputError(f"request.{part}: is a mapping", hint)
    if not isinstance((asked.request.get("allow") or {}).get("terms") or (), list | tuple):
        raise InvalidInputError("request.allow.terms: is a list", hint)
    loads = [unit for unit in UNITS if unit in (asked.request.get("workload") or {})]
    if loads:
        raise InvalidInputError(f"request.workload.{loads[0]}: the load is given by demand, not here", hint)
    inner = asked.request.get("model")
    if asked.model is not None and inner is not None and inner != asked.model:
        raise InvalidInputError(f"request.model: {inner} here, {asked.model} in model", "name the model once")
    terms = (asked.request.get("allow") or {}).get("terms") or ()
    stray = [term for term in terms if term in TERM_MONTHS and term not in asked.terms]
    if stray:
        raise InvalidInputError(f"request.allow.terms: {', '.join(stray)} may be bought only by `terms`", hint)
