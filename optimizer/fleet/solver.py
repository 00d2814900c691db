"""The only door to PuLP: rows and an objective in, values, proof and bound out.

Measured facts this file respects: `status` says "Optimal" after a time limit, only `sol_status` 1 is proof; values of
an infeasible model read 0.0; integers come back as 1.9999 or -0.0; HiGHS keeps one scheduler per process, so `threads`
never varies; default gaps of 1e-4 swallow tie-breaks, so the gap is 0.
"""

import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

import pulp

from optimizer.fleet.problem import Row, Sense, Variable

SolverName = Literal["highs", "cbc"]
Outcome = Literal["optimal", "feasible", "infeasible", "time limit"]
Terms = tuple[tuple[float, Variable], ...]

pulp.set_v4_migration_warnings(False)  # the version is pinned below 4; PuLP warns even of its own calls

_NO_SEARCH_IN_SEARCH = {
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_root_reduced_cost": False,
    "mip_allow_cut_separation_at_nodes": False,
}
"""Smaller searches for a first fleet, and cuts at every node: in these programs they cost more than they find."""

_SENSES: Mapping[Sense, int] = {"<=": pulp.LpConstraintLE, "=": pulp.LpConstraintEQ, ">=": pulp.LpConstraintGE}


@dataclass(frozen=True, slots=True)
class Solution:
    """What a solver found; `values` is empty unless the outcome is optimal or feasible. `bound` proves the optimum.

    `reduced` has the reduced costs of a linear program, by variable. `work` counts the simplex iterations, which a
    loaded machine does not change; CBC through PuLP does not tell them.
    """

    outcome: Outcome
    objective: float
    bound: float
    values: Mapping[Variable, float]
    seconds: float
    reduced: Mapping[Variable, float] = field(default_factory=dict)
    work: int = 0

    def count(self, variable: Variable) -> int:
        """Return the value of an integer variable; one that no row mentions is 0."""
        return round(self.values.get(variable, 0.0))

    def value_of(self, objective: Terms) -> float:
        """Return the value of an objective."""
        return math.fsum(coefficient * self.values.get(variable, 0.0) for coefficient, variable in objective)


def solve(
    objective: Terms,
    rows: Iterable[Row],
    *,
    solver: SolverName = "highs",
    seconds: float = 60,
    gap_fraction: float = 0.0,
    start: Mapping[Variable, float] | None = None,
    relaxed: bool = False,
) -> Solution:
    """Minimise `objective` subject to `rows`, to a gap (default 0) or until the time limit.

    `start` has the integer values of a solution to begin with: it is only faster, and CBC goes without. `relaxed`
    leaves out that anything is whole.
    """
    problem, variables = build(objective, rows, relaxed=relaxed)
    started = time.perf_counter()
    known = {variables[ours].name: value for ours, value in (start or {}).items() if ours in variables}
    problem.solve(_solver(solver, seconds, gap_fraction, known))
    elapsed = time.perf_counter() - started
    work = 0 if solver == "cbc" else max(0, int(problem.solverModel.getInfo().simplex_iteration_count))
    if problem.sol_status not in (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible):
        no_fit = problem.sol_status == pulp.LpSolutionInfeasible
        return Solution("infeasible" if no_fit else "time limit", float("inf"), float("-inf"), {}, elapsed, {}, work)
    value = float(pulp.value(problem.objective) or 0.0)
    proved = problem.sol_status == pulp.LpSolutionOptimal
    values = {ours: float(theirs.varValue or 0.0) for ours, theirs in variables.items()}
    bound = _bound(problem, solver) if not proved or solver == "highs" else value
    linear = relaxed or not any(variable.integer for variable in variables)
    reduced = {ours: float(theirs.dj or 0.0) for ours, theirs in variables.items()} if linear else {}
    return Solution("optimal" if proved else "feasible", value, bound, values, elapsed, reduced, work)


def build(objective: Terms, rows: Iterable[Row], *, relaxed: bool = False) -> tuple[Any, Mapping[Variable, Any]]:
    """Return the PuLP problem and its variables, in the order in which they are first mentioned."""
    problem = pulp.LpProblem("fleet", pulp.LpMinimize)
    variables: dict[Variable, Any] = {}

    def affine(terms: Terms) -> Any:
        summed: dict[Any, float] = {}
        for coefficient, variable in terms:
            theirs = variables.get(variable)
            if theirs is None:
                category = pulp.LpInteger if variable.integer and not relaxed else pulp.LpContinuous
                theirs = variables[variable] = problem.add_variable(variable.name, 0, variable.upper, category)
            summed[theirs] = summed.get(theirs, 0.0) + coefficient
        return pulp.LpAffineExpression(summed)

    problem.setObjective(affine(objective))
    for row in rows:
        problem.addConstraint(pulp.LpConstraint(affine(row.terms), _SENSES[row.sense], row.name, row.bound))
    return problem, variables


def _solver(name: SolverName, seconds: float, gap: float, start: Mapping[str, float]) -> Any:
    if name == "cbc":
        return pulp.PULP_CBC_CMD(msg=False, gapRel=gap, threads=1, timeLimit=seconds)
    highs = _Highs(
        msg=False, gapRel=gap, threads=1, timeLimit=seconds, mip_abs_gap=0.0, random_seed=0, **_NO_SEARCH_IN_SEARCH
    )
    highs.start = start
    return highs


class _Highs(pulp.HiGHS):  # type: ignore[misc]
    """HiGHS that begins with a known solution, which PuLP does not pass on: values by the name of the variable."""

    start: Mapping[str, float] = MappingProxyType({})

    def callSolver(self, lp: Any) -> None:  # noqa: N802  # PuLP's name
        """Hand over the start, then solve."""
        if self.start:
            places = [variable.index for variable in lp.variables() if variable.name in self.start]
            values = [self.start[variable.name] for variable in lp.variables() if variable.name in self.start]
            lp.solverModel.setSolution(len(places), places, values)
        super().callSolver(lp)


def _bound(problem: Any, solver: SolverName) -> float:
    """Return the proved lower bound of a solved problem; CBC through PuLP reports none before its proof."""
    if solver == "cbc":
        return float("-inf")
    details = problem.solverModel.getInfo()
    is_mip = any(variable.cat == pulp.LpInteger for variable in problem.variables())
    return float(details.mip_dual_bound if is_mip else details.objective_function_value)
