"""Rules of the document as a whole: its ids, its prices, and that what it says of itself hangs together."""

import hashlib
import math
from collections.abc import Iterator
from decimal import Decimal

from catalog import Catalog
from optimizer.fleet.plan import Plan
from optimizer.performance.coefficients import calibration_id as id_of_calibration
from pricing.offers import Snapshot

CENT = Decimal("0.000001")


def origin_rules(plan: Plan, snapshot: Snapshot, catalog: Catalog) -> Iterator[str]:
    """Yield where the plan was made from something else than what it is checked against."""
    calibration_id = id_of_calibration(catalog)
    days = [offer.observed_at.isoformat() for offer in snapshot.offers]
    text = "\n".join((plan.request.model_dump_json(), snapshot.snapshot_id, catalog.catalog_id, calibration_id))
    for name, claimed, real in (
        ("snapshot.id", plan.snapshot.id, snapshot.snapshot_id),
        ("catalog_id", plan.catalog_id, catalog.catalog_id),
        ("calibration_id", plan.calibration_id, calibration_id),
        ("plan_id", plan.plan_id, hashlib.sha256(text.encode()).hexdigest()[:16]),
        ("snapshot.offers", plan.snapshot.offers, len(snapshot.offers)),
        ("snapshot.oldest_observed_at", plan.snapshot.oldest_observed_at, min(days)),
        ("snapshot.newest_observed_at", plan.snapshot.newest_observed_at, max(days)),
    ):
        if claimed != real:
            yield f"{name} is {claimed}, checked against {real}"


def infeasible_rules(plan: Plan) -> Iterator[str]:
    """Yield what a plan that says that nothing fits must not have."""
    if plan.lines or plan.alternatives:
        yield "nothing fits, but the plan has lines or alternatives"
    if plan.cost_usd_per_hour is not None or plan.cost_usd_per_month is not None:
        yield "nothing fits, but the plan has a cost"
    if plan.certificate.proved_optimal or plan.certificate.bound_usd_per_hour is not None:
        yield "nothing fits, but the plan has a proof of optimality"


def reason_rules(plan: Plan, snapshot: Snapshot, catalog: Catalog) -> Iterator[str]:
    """Yield reasons that contradict the plan: alternatives that do not add up, savings above the cost."""
    proof, cost = plan.certificate, plan.cost_usd_per_hour or 0.0
    if not proof.verified:
        yield "the plan says that it is not verified"
    if not (math.isfinite(proof.solve_seconds) and proof.solve_seconds >= 0) or plan.elapsed_seconds < 0:
        yield "the seconds it took are no seconds"
    if proof.solver not in ("HiGHS", "CBC"):
        yield f"the solver is {proof.solver!r}"
    for other in plan.alternatives:
        total = sum((Decimal(str(line.usd_per_hour)) * line.count for line in other.lines), Decimal(0))
        if abs(total - Decimal(str(other.cost_usd_per_hour))) > CENT:
            yield f"alternative {other.label}: costs {other.cost_usd_per_hour}, its lines add up to {total}"
    for limit in plan.explanation.binding:
        if not 0 < limit.saving_usd_per_hour <= cost:
            yield f"loosening {limit.limit} cannot save {limit.saving_usd_per_hour} of {cost}"
    refused = plan.explanation.rejected
    if any(count < 0 for count in refused.values()) or sum(refused.values()) > len(snapshot.offers):
        yield "more offers are rejected than there are"
