"""Planning: the whole way from a request to a Plan."""

import hashlib
import math
import time
from dataclasses import dataclass, replace
from decimal import Decimal

from catalog import Catalog
from optimizer.claims import card_claims
from optimizer.errors import TimeLimitError
from optimizer.fleet.alternatives import alternatives
from optimizer.fleet.candidates import Candidates, find_candidates
from optimizer.fleet.choosing import Chosen, Patience, choose
from optimizer.fleet.conflicts import conflicts
from optimizer.fleet.eligible import check_prices
from optimizer.fleet.lines import offered_output_tok_per_s, plan_lines, saturated_output_tok_per_s
from optimizer.fleet.names import check_names, unpriced_gpus
from optimizer.fleet.obstacles import near_misses, obstacles, rejected_offers
from optimizer.fleet.plan import (
    Certificate,
    Explanation,
    Plan,
    SnapshotFacts,
    UsdPerMillion,
)
from optimizer.fleet.reasons import binding_limits, break_evens, what_ifs
from optimizer.fleet.spot_risk import safer, spot_risk
from optimizer.fleet.steps import steps
from optimizer.performance.coefficients import calibration_id
from optimizer.request import PlanRequest
from optimizer.verifying import broken_rules
from pricing.offers import Snapshot

SOLVER = "HiGHS"
SECONDS_PER_HOUR = 3600
TOKENS_PER_MILLION = 1_000_000
LEAST_GAP = 1e-9  # of floating-point noise in the solver


@dataclass(frozen=True, slots=True)
class Reading:
    """How a question was read: the words, the plain English of the request, what was assumed."""

    question: str
    interpretation: str
    assumptions: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


def make_plan(
    request: PlanRequest, snapshot: Snapshot, catalog: Catalog, reading: Reading, *, seconds: float = 60
) -> Plan:
    """Return the cheapest plan, or the conflicts that rule every plan out.

    Raises InvalidInputError on names or sizes that cannot be, TimeLimitError when no fleet was found in time.
    """
    started = time.perf_counter()
    check_names(request, snapshot, catalog)
    candidates = find_candidates(request, snapshot, catalog)
    check_prices(candidates.eligible, snapshot)
    chosen = choose(candidates, seconds=seconds, break_ties=True)
    if chosen.fleet.outcome == "time limit":
        raise TimeLimitError(f"no fleet was found in {seconds:g} s", "give it more time, or fewer limits")
    finish = _planned if chosen.parts else _infeasible
    plan = finish(candidates, chosen, reading, started + seconds)
    checked = _checked(replace(plan, elapsed_seconds=time.perf_counter() - started), snapshot, catalog)
    return replace(checked, elapsed_seconds=time.perf_counter() - started)


def plan_id(request: PlanRequest, snapshot: Snapshot, catalog: Catalog) -> str:
    """Return the hash of everything a plan is a function of."""
    parts = (request.model_dump_json(), snapshot.snapshot_id, catalog.catalog_id, calibration_id(catalog))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _planned(candidates: Candidates, chosen: Chosen, reading: Reading, until: float) -> Plan:
    lines = plan_lines(candidates, chosen.parts)
    cost = _cost(chosen)
    risk = spot_risk(candidates, chosen.parts)
    patience = Patience(until=until)
    more_patience = Patience(until=until, solved=patience.solved)
    binding = binding_limits(candidates, float(cost), patience)
    stricter = (*what_ifs(candidates, patience), *safer(candidates, risk, patience))
    others = alternatives(candidates, chosen, more_patience)
    why_not = obstacles(candidates)
    offered = offered_output_tok_per_s(candidates, lines)
    full = saturated_output_tok_per_s(candidates, chosen.parts)
    return replace(
        _draft(candidates, chosen, reading),
        status="optimal" if chosen.fleet.outcome == "optimal" else "feasible",
        cost_usd_per_hour=float(cost),
        cost_usd_per_month=float(cost * Decimal(str(candidates.request.hours_per_month))),
        usd_per_million_output_tokens=UsdPerMillion(_per_million(cost, offered), _per_million(cost, full)),
        certificate=_certificate(chosen, cost),
        lines=lines,
        changes=steps(candidates.request, lines),
        spot_risk=risk,
        alternatives=others,
        explanation=Explanation(
            binding=binding,
            what_if=stricter,
            break_even=break_evens(chosen, others),
            rejected=dict(rejected_offers(candidates, why_not).most_common()),
            near_misses=near_misses(candidates, why_not, float(cost)),
            model_card=card_claims(lines, candidates.model, catalog=candidates.catalog, snapshot=candidates.snapshot),
            given_up=patience.given_up + more_patience.given_up,
        ),
    )


def _checked(plan: Plan, snapshot: Snapshot, catalog: Catalog) -> Plan:
    """Return a plan that says whether the verifier finds every rule kept; one where nothing fits says nothing."""
    claimed = replace(plan, certificate=replace(plan.certificate, verified=True))
    return plan if not plan.lines or broken_rules(claimed, snapshot, catalog) else claimed


def _infeasible(candidates: Candidates, chosen: Chosen, reading: Reading, until: float) -> Plan:
    why_not = obstacles(candidates)
    draft = _draft(candidates, chosen, reading)
    unpriced = unpriced_gpus(candidates.request, candidates.snapshot, candidates.catalog)
    changes, given_up = conflicts(candidates, until)
    return replace(
        draft,
        assumptions=(*unpriced, *draft.assumptions),
        explanation=replace(
            draft.explanation,
            rejected=dict(rejected_offers(candidates, why_not).most_common()),
            near_misses=near_misses(candidates, why_not, math.inf),
            given_up=given_up,
        ),
        conflicts=changes,
    )


def _draft(candidates: Candidates, chosen: Chosen, reading: Reading) -> Plan:
    """Return a plan with everything that does not depend on whether a fleet was found."""
    snapshot, catalog, request = candidates.snapshot, candidates.catalog, candidates.request
    return Plan(
        plan_id=plan_id(request, snapshot, catalog),
        status="infeasible",
        question=reading.question,
        interpretation=reading.interpretation,
        assumptions=(*reading.assumptions, *candidates.demand.assumptions),
        ignored=reading.ignored,
        request=request,
        cost_usd_per_hour=None,
        cost_usd_per_month=None,
        usd_per_million_output_tokens=UsdPerMillion(None, None),
        certificate=Certificate(None, None, False, False, SOLVER, chosen.fleet.seconds),
        lines=(),
        alternatives=(),
        explanation=Explanation((), (), (), {}, (), ()),
        conflicts=(),
        snapshot=SnapshotFacts(
            id=snapshot.snapshot_id,
            oldest_observed_at=snapshot.oldest_observed_at.isoformat(),
            newest_observed_at=snapshot.newest_observed_at.isoformat(),
            offers=len(snapshot.offers),
        ),
        catalog_id=catalog.catalog_id,
        calibration_id=calibration_id(catalog),
        elapsed_seconds=0.0,
    )


def _cost(chosen: Chosen) -> Decimal:
    return sum((part.offer.usd_per_hour * part.instances for part in chosen.parts), Decimal(0))


def _per_million(usd_per_hour: Decimal, tok_per_s: float) -> float | None:
    return float(usd_per_hour) / (tok_per_s * SECONDS_PER_HOUR) * TOKENS_PER_MILLION if tok_per_s > 0 else None


def _certificate(chosen: Chosen, cost: Decimal) -> Certificate:
    """Return the proof as the solver gave it; `verified` is for the checker to say."""
    bound = min(chosen.fleet.bound_usd_per_hour, float(cost))
    proved = chosen.fleet.outcome == "optimal"
    gap = (float(cost) - bound) / float(cost)
    return Certificate(
        bound_usd_per_hour=bound,
        gap_fraction=0.0 if proved and gap < LEAST_GAP else gap,
        proved_optimal=proved,
        verified=False,
        solver=SOLVER,
        solve_seconds=chosen.fleet.seconds,
    )
