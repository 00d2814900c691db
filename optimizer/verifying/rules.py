"""Every rule that a plan must keep, in the order in which a reader would check them."""

from collections.abc import Callable, Iterator

from catalog import Catalog, GpumixError
from optimizer.fleet.plan import Plan
from optimizer.verifying.document import infeasible_rules, making_rules, origin_rules
from optimizer.verifying.figures import figure_rules
from optimizer.verifying.fleet import fleet_rules
from optimizer.verifying.line import line_rules
from optimizer.verifying.memory import memory_rules
from optimizer.verifying.money import money_rules
from optimizer.verifying.reasons import reason_rules, rejection_rules
from optimizer.verifying.service import service_rules
from optimizer.verifying.spot import spot_rules
from pricing.offers import Snapshot

Rules = Callable[[Plan, Snapshot, Catalog], Iterator[str]]
RULES: tuple[Rules, ...] = (
    line_rules,
    money_rules,
    fleet_rules,
    memory_rules,
    service_rules,
    figure_rules,
    spot_rules,
    reason_rules,
)


def broken_rules(plan: Plan, snapshot: Snapshot, catalog: Catalog) -> tuple[str, ...]:
    """Return every rule that a plan breaks, in words; none for a sound plan.

    A plan from other prices, another catalog or another calibration, or with lines that rent nothing real, is not
    looked into further: what follows would compare unlike things.
    """
    foreign = tuple(origin_rules(plan, snapshot, catalog))
    if foreign:
        return foreign
    if plan.status == "infeasible":
        return (*infeasible_rules(plan), *making_rules(plan), *rejection_rules(plan, snapshot, catalog))
    if not plan.lines:
        return ("the plan has no lines",)
    try:
        unreal = tuple(line_rules(plan, snapshot, catalog))
        if unreal:
            return unreal
        broken = tuple(broken for rules in RULES[1:] for broken in rules(plan, snapshot, catalog))
        return (*broken, *making_rules(plan))
    except GpumixError as error:
        return (error.message,)
