"""Every constraint of the fleet program, one function each; adding one is a file here and a line below."""

from collections.abc import Callable, Iterable

from optimizer.fleet.constraints.budget import budget
from optimizer.fleet.constraints.busy import busy
from optimizer.fleet.constraints.capacity import capacity
from optimizer.fleet.constraints.enough import enough
from optimizer.fleet.constraints.expect import expect
from optimizer.fleet.constraints.kinds import count_kinds, max_kinds
from optimizer.fleet.constraints.max_changes import max_changes
from optimizer.fleet.constraints.max_instances import max_instances
from optimizer.fleet.constraints.min_replicas import min_replicas
from optimizer.fleet.constraints.pack import pack
from optimizer.fleet.constraints.preempt import preempt
from optimizer.fleet.constraints.quota import quota
from optimizer.fleet.constraints.serve import serve
from optimizer.fleet.constraints.spot import max_spot
from optimizer.fleet.constraints.spread import spread
from optimizer.fleet.constraints.survive import survive
from optimizer.fleet.constraints.vcpu_quota import vcpu_quota
from optimizer.fleet.problem import FleetProblem, Row

Constraint = Callable[[FleetProblem], Iterable[Row]]

CONSTRAINTS: tuple[Constraint, ...] = (
    serve,
    capacity,
    pack,
    enough,
    busy,
    quota,
    vcpu_quota,
    budget,
    max_instances,
    max_spot,
    max_kinds,
    min_replicas,
    spread,
    max_changes,
    survive,
    expect,
    preempt,
)

ROUTING: tuple[Constraint, ...] = (serve, capacity)
"""Those that follow from `survive` and `expect`: routing what is left implies routing what is there."""


def rows_of(problem: FleetProblem) -> list[Row]:
    """Return the rows of every constraint, in the registry's order, but for those that follow from others."""
    implied = ROUTING if problem.survives_losses else ()
    return [row for constraint in CONSTRAINTS if constraint not in implied for row in constraint(problem)]


__all__ = ["CONSTRAINTS", "ROUTING", "Constraint", "count_kinds", "rows_of"]
