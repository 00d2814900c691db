"""Each constraint writes exactly the rows of its golden LP; no constraint is without one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from optimizer.fleet.constraints import CONSTRAINTS, Constraint
from optimizer.fleet.goals import cost_terms
from optimizer.fleet.problem import FleetProblem
from optimizer.fleet.solver import build
from optimizer.request import LossScope
from tests.optimizer.fleet.problems import all_limits, two_clouds

GOLDEN = Path(__file__).parents[2] / "golden"


def lp_text(constraint: Constraint, problem: FleetProblem, tmp_path: Path) -> str:
    program, _ = build(cost_terms(problem), constraint(problem))
    program.writeLP(str(tmp_path / "program.lp"))
    return (tmp_path / "program.lp").read_text()


@pytest.mark.parametrize("constraint", CONSTRAINTS, ids=lambda constraint: constraint.__name__)
def test_constraint_writes_its_golden_lp(
    constraint: Constraint, tmp_path: Path, check_golden: Callable[[Path, str], None]
) -> None:
    problem = two_clouds(all_limits(), "instance")
    check_golden(GOLDEN / f"{constraint.__name__}.lp", lp_text(constraint, problem, tmp_path))


@pytest.mark.parametrize("scope", ["replica", "zone", "provider"])
def test_survive_writes_its_golden_lp_for_each_scope(
    scope: LossScope, tmp_path: Path, check_golden: Callable[[Path, str], None]
) -> None:
    survive = next(constraint for constraint in CONSTRAINTS if constraint.__name__ == "survive")
    check_golden(GOLDEN / f"survive_{scope}.lp", lp_text(survive, two_clouds(None, scope), tmp_path))


def test_every_constraint_has_a_golden_lp_and_every_golden_lp_a_constraint() -> None:
    names = {constraint.__name__ for constraint in CONSTRAINTS}
    scopes = {"survive_replica", "survive_zone", "survive_provider"}
    assert names | scopes == {path.stem for path in GOLDEN.glob("*.lp")}


@pytest.mark.parametrize("constraint", CONSTRAINTS, ids=lambda constraint: constraint.__name__)
def test_constraint_states_its_formula(constraint: Constraint) -> None:
    assert "=" in (constraint.__doc__ or "")


def test_limits_that_were_not_given_write_no_rows() -> None:
    problem = two_clouds()
    written = {constraint.__name__ for constraint in CONSTRAINTS if list(constraint(problem))}
    assert written == {"serve", "capacity", "pack", "enough"}
