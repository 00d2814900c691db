"""The Budget: the answer as a document. Field names are the public contract; units are in the names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from optimizer.fleet.plan import SnapshotFacts
from optimizer.forecast.history.backtest import Backtest
from optimizer.forecast.request import BudgetRequest, RiskMeasure

Status = Literal["optimal", "feasible", "infeasible"]


@dataclass(frozen=True, slots=True)
class HourPlan:
    """The hours of a month that have the same demand.

    `amount` is what must be served of `demand` (whole users). `rented` are instances rented by the hour; commitments
    run beside them in every hour. `replicas`, by layout, are of both; empty where every instance runs the layout that
    serves the most.
    """

    demand: float
    amount: float
    hours: float
    rented: Mapping[str, int]
    replicas: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class BudgetMonth:
    """One month. `demand` is its base level; `instances` are mean counts over its hours, by offer id.

    `usd_total_amortised` spreads a commitment evenly over its months; `usd_cash` is what is paid in the month.
    `p10`, `p50`, `p90` are of `usd_total_amortised` over the scenarios, None without any, as `demand_p10` and
    `demand_p90` are of `demand`.
    """

    month: str
    demand: float
    demand_mean: float
    demand_peak: float
    demand_p10: float | None
    demand_p90: float | None
    instances: Mapping[str, float]
    committed: Mapping[str, int]
    hours: tuple[HourPlan, ...]
    usd_on_demand: float
    usd_committed: float
    usd_spot: float
    usd_total_amortised: float
    usd_cash: float
    usd_all_on_demand: float | None
    usd_per_million_output_tokens: float | None
    p10: float | None
    p50: float | None
    p90: float | None


@dataclass(frozen=True, slots=True)
class Purchase:
    """`count` commitments of an offer bought in a month; `usd_per_hour` is fixed for one instance over the term.

    `usd_after_horizon` is what they still cost, amortised, after the last month.
    """

    month: str
    offer: str
    count: int
    term: str
    term_months: int
    usd_per_hour: float
    upfront_usd: float
    usd_per_month: float
    usd_after_horizon: float


@dataclass(frozen=True, slots=True)
class Total:
    """The horizon together, amortised. `all_on_demand` is the cheapest without any new commitment or spot.

    `discounted_usd` is what was minimised: every payment of the budget, those owed after the horizon too. `expected`
    and `cvar` (at the `alpha` of the risk) are over the scenarios, as the percentiles are.
    """

    usd_amortised: float
    usd_cash: float
    usd_after_horizon: float
    discounted_usd: float
    p10: float | None
    p50: float | None
    p90: float | None
    all_on_demand: float | None
    saving_fraction: float | None
    expected: float | None = None
    cvar: float | None = None


@dataclass(frozen=True, slots=True)
class BudgetCertificate:
    """The proof: no budget of this form costs less than `bound_usd`, discounted; `verified` by a checker apart."""

    cost_usd: float
    bound_usd: float
    gap_fraction: float
    proved_optimal: bool
    verified: bool
    solver: str
    solve_seconds: float


@dataclass(frozen=True, slots=True)
class BudgetOffer:
    """An offer the budget uses, and what runs on it. `capacity` is of `instances` of them, in the demand's unit.

    `layout` tells what runs on one offer apart: `offer#GPUs of a replica`.

    `list_usd_per_hour` is the on-demand price of the same machine in the same region, None where none is listed.
    """

    offer: str
    provider: str
    tier: str
    region: str
    zone: str | None
    instance_type: str
    term: str
    usd_per_hour: float
    list_usd_per_hour: float | None
    currency: str
    observed_at: str
    source_url: str
    gpu: str
    gpus_per_instance: int
    link: str | None
    inter_node_link: str | None
    quantization: str
    kv_dtype: str
    kv_bits: int
    engine: str
    tensor_parallel: int
    pipeline_parallel: int
    instances: int
    replicas: int
    capacity: float
    layout: str


@dataclass(frozen=True, slots=True)
class Cover:
    """A step of the staircase: for demand up to `capacity`, the cheapest rent by the hour at the prices of today."""

    capacity: float
    usd_per_hour: float
    spot_usd_per_hour: float
    instances: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Spread:
    """One source of uncertainty: one standard deviation, and where the figure comes from."""

    name: str
    fraction: float
    basis: str


@dataclass(frozen=True, slots=True)
class Commitments:
    """What more or fewer commitments would have cost: `factor` times the purchases, everything else the same.

    `cvar_usd` is the mean of the dearest scenarios, at the `alpha` of the risk.
    """

    factor: float
    expected_usd: float
    p90_usd: float
    cvar_usd: float


@dataclass(frozen=True, slots=True)
class RiskDecision:
    """The decision of one measure, held against the sample: discounted, with all that its commitments owe."""

    measure: RiskMeasure
    chosen: bool
    expected_usd: float
    cvar_usd: float
    proved_optimal: bool
    purchases: tuple[Purchase, ...]


@dataclass(frozen=True, slots=True)
class RiskReport:
    """What was minimised: `forecast`, the mean (`expected`), or (1 - weight) mean + weight CVaR (`cvar`).

    `samples` futures, drawn from `seed`, apart from the scenarios of the percentiles.
    """

    measure: RiskMeasure
    alpha: float
    weight: float
    samples: int
    seed: int
    decisions: tuple[RiskDecision, ...]


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Self-hosting against a price per token. Dollars per million output tokens, the input that goes with them too.

    `break_even_demand` is the lowest base level, rented by the hour at the prices of today, from which hosting costs
    no more; None where it never does up to the highest level of the budget.
    """

    api_usd_per_million: float
    self_hosted_usd_per_million: float
    cheaper: Literal["self-hosted", "api"]
    api_usd: float
    months_self_hosted_is_cheaper: tuple[str, ...]
    break_even_demand: float | None


@dataclass(frozen=True, slots=True)
class HistoryReport:
    """How a history was read: `fitted` names the form of its trend over `step`s, shapes have mean 1.

    `backtest` is None where the history is too short for one.
    """

    rows: int
    step: str
    first: str
    last: str
    trend_step: str
    fitted: str
    diurnal: tuple[float, ...]
    weekly: tuple[float, ...]
    backtest: Backtest | None


@dataclass(frozen=True, slots=True)
class Budget:
    """The answer to a BudgetRequest; `budget_id` is the hash of everything it is a function of.

    `form` is `fleets` where limits bind or a loss is survived: then `covers` do not price its hours. `conflicts` says
    what the limits forbid, where there is no budget within them.
    """

    budget_id: str
    status: Status
    model: str
    unit: str
    currency: str
    request: BudgetRequest
    hours_per_month: float
    assumptions: tuple[str, ...]
    months: tuple[BudgetMonth, ...]
    purchases: tuple[Purchase, ...]
    total: Total | None
    certificate: BudgetCertificate | None
    offers: tuple[BudgetOffer, ...]
    form: Literal["staircase", "fleets"]
    conflicts: tuple[str, ...]
    covers: tuple[Cover, ...]
    covers_on_demand: tuple[Cover, ...]
    uncertainty: tuple[Spread, ...]
    commitments: tuple[Commitments, ...]
    risk: RiskReport | None
    history: HistoryReport | None
    break_even: BreakEven | None
    rejected: Mapping[str, int]
    snapshot: SnapshotFacts
    catalog_id: str
    calibration_id: str
    elapsed_seconds: float
