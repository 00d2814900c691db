"""The Plan: the answer as a document. Field names are the public contract; units are in the names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from optimizer.performance.estimates import Estimate, MemoryBill
from optimizer.performance.intervals import Evidence
from optimizer.request import PlanRequest

if TYPE_CHECKING:
    from optimizer.showing.printing import Printer

Status = Literal["optimal", "feasible", "infeasible"]


@dataclass(frozen=True, slots=True)
class LinePerformance:
    """What one replica does at the load it gets; `output_tok_per_s` and `max_concurrency` are per replica too.

    `target_probability` is how likely it keeps the targets, by the spread of comparable measurements; None without any.
    """

    tok_per_s_per_user: Estimate
    ttft_s: Estimate
    tpot_ms: Estimate
    output_tok_per_s: Estimate
    max_concurrency: int
    utilization: float
    target_probability: float | None = None


@dataclass(frozen=True, slots=True)
class LineSpot:
    """How often one spot instance of a line is taken back, and the part of the time that it is there.

    `basis` is `request` where the request says how often, `reported` by the `source`, or an `estimate`.
    """

    interruptions_per_month: float
    there_fraction: float
    basis: Literal["request", "reported", "estimate"]
    source: str


@dataclass(frozen=True, slots=True)
class Line:
    """`count` instances of one offer, and the replicas that run on them."""

    provider: str
    tier: str
    region: str
    zone: str | None
    instance_type: str
    term: str
    count: int
    usd_per_hour: float
    currency: str
    observed_at: str
    observed_until: str | None
    source: str
    source_url: str
    gpu: str
    gpus_per_instance: int
    link: str | None
    inter_node_link: str | None
    link_basis: str
    quantization: str
    quality_tier: str
    kv_dtype: str
    engine: str
    tensor_parallel: int
    pipeline_parallel: int
    nodes_per_replica: int
    replicas: int
    routing: tuple[float, ...]
    memory: MemoryBill
    performance: LinePerformance
    evidence: Evidence
    warnings: tuple[str, ...]
    spot: LineSpot | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """The proof: no fleet costs less than `bound_usd_per_hour`; `verified` by a checker apart from the model."""

    bound_usd_per_hour: float | None
    gap_fraction: float | None
    proved_optimal: bool
    verified: bool
    solver: str
    solve_seconds: float


@dataclass(frozen=True, slots=True)
class UsdPerMillion:
    """Dollars per million output tokens: at the load that was asked for (idle time is paid), and when full."""

    at_offered_load: float | None
    at_saturation: float | None


@dataclass(frozen=True, slots=True)
class AlternativeLine:
    """A line of an alternative, without its details."""

    provider: str
    region: str
    instance_type: str
    term: str
    tier: str
    count: int
    usd_per_hour: float
    gpu: str
    gpus_per_instance: int
    link: str | None
    quantization: str
    engine: str
    tensor_parallel: int
    pipeline_parallel: int
    replicas: int


@dataclass(frozen=True, slots=True)
class Alternative:
    """The cheapest fleet under another choice; `label` is what was chosen, as `kind: value`."""

    label: str
    cost_usd_per_hour: float
    summary: str
    lines: tuple[AlternativeLine, ...]


@dataclass(frozen=True, slots=True)
class Binding:
    """A limit that costs money: what changing it by one natural step would save."""

    limit: str
    saving_usd_per_hour: float
    change: str


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What the cheapest fleet costs under a stricter target; None where no fleet meets it."""

    change: str
    cost_usd_per_hour: float | None


@dataclass(frozen=True, slots=True)
class BreakEven:
    """The price per GPU-hour at which a fleet of this GPU alone would cost what the plan costs; its price now."""

    gpu: str
    usd_per_gpu_hour: float
    now_usd_per_gpu_hour: float


@dataclass(frozen=True, slots=True)
class NearMiss:
    """An offer cheaper than the plan that just fails, and by how much."""

    provider: str
    region: str
    instance_type: str
    term: str
    usd_per_hour: float
    reason: str
    needed: str
    has: str


@dataclass(frozen=True, slots=True)
class CardClaim:
    """What the model card says of a setup like the plan's, and whether it holds."""

    claim: str
    verdict: str
    because: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why this plan, or none. `given_up` alternatives, what-ifs and changes of limits were left out or left open.

    The limit on the solver's work was reached, which counts steps and not seconds, or the time of the request.
    """

    binding: tuple[Binding, ...]
    what_if: tuple[WhatIf, ...]
    break_even: tuple[BreakEven, ...]
    rejected: Mapping[str, int]
    near_misses: tuple[NearMiss, ...]
    model_card: tuple[CardClaim, ...]
    given_up: int = 0


@dataclass(frozen=True, slots=True)
class Conflict:
    """A limit that rules every fleet out: what it would have to be, what was given, the smallest change that fits."""

    limit: str
    needed: str
    given: str
    smallest_change: str


@dataclass(frozen=True, slots=True)
class FleetStep:
    """One step from the fleet that runs already to the planned one."""

    action: Literal["rent", "release"]
    provider: str
    region: str
    zone: str | None
    instance_type: str
    term: str
    count: int


@dataclass(frozen=True, slots=True)
class SpotRisk:
    """What is left of a fleet with spot, in multiples of the load that was asked for: 1 is just enough.

    `interruptions_per_month` of the whole fleet; each takes `replace_minutes` to make good. On average
    `expected_capacity_fraction` is there; after the worst `losses` at once, `worst_case_capacity_fraction`.
    """

    interruptions_per_month: float
    replace_minutes: float
    losses: int
    capacity_fraction: float
    expected_capacity_fraction: float
    worst_case_capacity_fraction: float


@dataclass(frozen=True, slots=True)
class SnapshotFacts:
    """The prices that were used."""

    id: str
    oldest_observed_at: str
    newest_observed_at: str
    offers: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The answer to a PlanRequest. `plan_id` is the hash of the request, the snapshot, the catalog and calibration.

    `changes` leads from the request's `current` fleet to this one, in order. `spot_risk` is None without spot.
    """

    plan_id: str
    status: Status
    question: str
    interpretation: str
    assumptions: tuple[str, ...]
    ignored: tuple[str, ...]
    request: PlanRequest
    cost_usd_per_hour: float | None
    cost_usd_per_month: float | None
    usd_per_million_output_tokens: UsdPerMillion
    certificate: Certificate
    lines: tuple[Line, ...]
    alternatives: tuple[Alternative, ...]
    explanation: Explanation
    conflicts: tuple[Conflict, ...]
    snapshot: SnapshotFacts
    catalog_id: str
    calibration_id: str
    elapsed_seconds: float
    changes: tuple[FleetStep, ...] = ()
    spot_risk: SpotRisk | None = None

    def _repr_html_(self) -> str:
        """Return the plan as a notebook shows it."""
        from optimizer.showing.pages import plan_html

        return plan_html(self)

    def _repr_pretty_(self, printer: "Printer", cycle: bool) -> None:
        """Print the plan as a console of IPython shows it: its id, and what it costs."""
        cost = "nothing fits" if self.cost_usd_per_hour is None else f"${self.cost_usd_per_hour:,.2f}/h"
        printer.text(f"Plan {self.plan_id}: {cost}")
