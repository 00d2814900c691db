"""Every rule that a plan must keep, in the order in which a reader would check them."""

from collections.abc import Callable, Iterator

from catalog import Catalog
from optimizer.fleet.plan import Plan
from optimizer.verifying.fleet import fleet_rules
from optimizer.verifying.line import line_rules
from optimizer.verifying.money import money_rules
from optimizer.verifying.service import service_rules
from pricing.offers import Snapshot

Rules = Callable[[Plan, Snapshot, Catalog], Iterator[str]]
RULES: tuple[Rules, ...] = (line_rules, money_rules, fleet_rules, service_rules)


def broken_rules(plan: Plan, snapshot: Snapshot, catalog: Catalog) -> tuple[str, ...]:
    """Return every rule that a plan breaks, in words; none for a sound plan. An infeasible plan claims nothing."""
    if plan.snapshot.id != snapshot.snapshot_id:
        return (
            f"the plan was made on price snapshot {plan.snapshot.id}, these are the prices of {snapshot.snapshot_id}",
        )
    if plan.catalog_id != catalog.catalog_id:
        return (f"the plan was made with catalog {plan.catalog_id}, this is {catalog.catalog_id}",)
    if plan.status == "infeasible":
        return () if not plan.lines else ("an infeasible plan has lines",)
    if not plan.lines:
        return ("the plan has no lines",)
    return tuple(broken for rules in RULES for broken in rules(plan, snapshot, catalog))
