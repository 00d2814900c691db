"""Rules of the document as a whole: its ids, its prices, and that what it says of itself hangs together."""

import hashlib
import math
from collections.abc import Iterator

from catalog import Catalog
from optimizer.fleet.plan import Plan
from optimizer.performance.coefficients import calibration_id as id_of_calibration
from pricing.offers import Snapshot


def origin_rules(plan: Plan, snapshot: Snapshot, catalog: Catalog) -> Iterator[str]:
    """Yield where the plan was made from something else than what it is checked against."""
    calibration_id = id_of_calibration(catalog)
    days = [offer.observed_at for offer in snapshot.offers]
    text = "\n".join((plan.request.model_dump_json(), snapshot.snapshot_id, catalog.catalog_id, calibration_id))
    for name, claimed, real in (
        ("snapshot.id", plan.snapshot.id, snapshot.snapshot_id),
        ("catalog_id", plan.catalog_id, catalog.catalog_id),
        ("calibration_id", plan.calibration_id, calibration_id),
        ("plan_id", plan.plan_id, hashlib.sha256(text.encode()).hexdigest()[:16]),
        ("snapshot.offers", plan.snapshot.offers, len(snapshot.offers)),
        ("snapshot.oldest_observed_at", plan.snapshot.oldest_observed_at, min(days).isoformat()),
        ("snapshot.newest_observed_at", plan.snapshot.newest_observed_at, max(days).isoformat()),
    ):
        if claimed != real:
            hint = ", which is that of the request as it is here" if name == "plan_id" else ""
            yield f"{name} is {claimed}, checked against {real}{hint}"


def infeasible_rules(plan: Plan) -> Iterator[str]:
    """Yield what a plan that says that nothing fits must not have."""
    if plan.lines or plan.alternatives:
        yield "nothing fits, but the plan has lines or alternatives"
    if plan.cost_usd_per_hour is not None or plan.cost_usd_per_month is not None:
        yield "nothing fits, but the plan has a cost"
    if plan.certificate.proved_optimal or plan.certificate.bound_usd_per_hour is not None:
        yield "nothing fits, but the plan has a proof of optimality"
    if plan.certificate.verified:
        yield "certificate.verified is true, but nothing that fits was checked"
    for number, conflict in enumerate(plan.conflicts, start=1):
        if not (conflict.limit and conflict.given and conflict.smallest_change):
            yield f"conflict {number}: says neither which limit nor what would do"


def making_rules(plan: Plan) -> Iterator[str]:
    """Yield what cannot be of how the plan was made: its solver, its seconds, what was given up."""
    proof = plan.certificate
    if proof.solver not in ("HiGHS", "CBC"):
        yield f"certificate.solver is {proof.solver!r}"
    if not (math.isfinite(proof.solve_seconds) and proof.solve_seconds >= 0):
        yield f"certificate.solve_seconds is {proof.solve_seconds}"
    elif not plan.elapsed_seconds >= proof.solve_seconds:
        yield f"elapsed_seconds is {plan.elapsed_seconds}, the solver alone took {proof.solve_seconds}"
    if plan.explanation.given_up < 0:
        yield f"explanation.given_up is {plan.explanation.given_up}"
