"""The program of a budget: its golden LPs, and its optimum by trying every purchase."""

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.fleet.solver import build, solve
from optimizer.forecast.problem import (
    BUDGET_CONSTRAINTS,
    BudgetProblem,
    Commitment,
    Level,
    cost_terms,
    measured,
    rows_of,
    tail,
    thinned,
)
from optimizer.forecast.refining import cheapest_purchases, true_cost
from optimizer.forecast.rulers import Rulers
from optimizer.forecast.tail import Tail

GOLDEN = Path(__file__).parents[2] / "golden" / "forecast"


def two_months() -> BudgetProblem:
    """Two months with three levels, one commitment of two months, one that is worth buying in the first only."""
    levels = (Level(0, 90), Level(2, 50), Level(5, 10))
    commitments = (Commitment(2, 2, (55, 60), 3), Commitment(5, 1, (70, None), 1))
    return BudgetProblem((levels, levels[:2]), commitments, (0.0, 1.0))


def two_futures() -> BudgetProblem:
    """The same months in two futures, of which the dearer one weighs three quarters."""
    each = ((120, 60), (60, 40), (15, 5))
    levels = tuple(
        replace(step, usd=sum(own) / 2, each=own) for step, own in zip(two_months().levels[0], each, strict=True)
    )
    return replace(two_months(), levels=(levels, levels[:2]), tail=Tail(0.5, 0.75))


def two_months_measured() -> BudgetProblem:
    """The same months under their rulers: counted in units of 2, in units of 5, and at the prices of both."""
    return replace(two_months(), rulers=tuple(map(tuple, Rulers.of(two_months()).by_month)))


@pytest.mark.parametrize("constraint", BUDGET_CONSTRAINTS, ids=lambda constraint: constraint.__name__)
def test_constraint_writes_its_golden_lp(
    constraint: Callable[[BudgetProblem], object], tmp_path: Path, check_golden: Callable[[Path, str], None]
) -> None:
    problem = two_futures() if constraint is tail else two_months()
    problem = two_months_measured() if constraint is measured else problem
    program, _ = build(cost_terms(problem), constraint(problem))  # type: ignore[arg-type]
    program.writeLP(str(tmp_path / "program.lp"))
    check_golden(GOLDEN / f"{constraint.__name__}.lp", (tmp_path / "program.lp").read_text())


def test_every_constraint_has_a_golden_lp_and_states_its_formula() -> None:
    assert {constraint.__name__ for constraint in BUDGET_CONSTRAINTS} == {path.stem for path in GOLDEN.glob("*.lp")}
    assert all("=" in (constraint.__doc__ or "") for constraint in BUDGET_CONSTRAINTS)


def by_trying(problem: BudgetProblem) -> float:
    best = math.inf
    for counts in itertools.product(*(range(problem.commitments[o].most + 1) for o, _ in problem.purchases)):
        usd = 0.0
        capacity = list(problem.held)
        for (index, bought), count in zip(problem.purchases, counts, strict=True):
            commitment = problem.commitments[index]
            usd += (commitment.usd[bought] or 0) * count
            for month in range(bought, min(bought + commitment.term_months, problem.months)):
                capacity[month] += commitment.capacity * count
        for levels, held in zip(problem.levels, capacity, strict=True):
            usd += min(step.usd for step in levels if step.capacity <= held + 1e-9)
        best = min(best, usd)
    return best


@st.composite
def problems(draw: st.DrawFn) -> BudgetProblem:
    months = draw(st.integers(1, 3))
    levels = []
    for _ in range(months):
        drawn = [Level(0.0, draw(st.integers(50, 99)))]
        drawn += [Level(draw(st.integers(1, 8)), draw(st.integers(0, 60))) for _ in range(draw(st.integers(0, 4)))]
        levels.append(thinned(drawn))
    commitments = tuple(
        Commitment(
            draw(st.integers(1, 5)), draw(st.integers(1, 3)), tuple(draw(st.integers(5, 80)) for _ in range(months)), 2
        )
        for _ in range(draw(st.integers(0, 2)))
    )
    return BudgetProblem(tuple(levels), commitments, tuple(float(draw(st.integers(0, 2))) for _ in range(months)))


@settings(max_examples=40)
@given(problems())
def test_the_optimum_is_the_best_of_all_purchases(problem: BudgetProblem) -> None:
    found, parted = solve(cost_terms(problem), rows_of(problem)), cheapest_purchases(problem)
    assert ("optimal", "optimal") == (found.outcome, parted.outcome)
    assert by_trying(problem) == pytest.approx(found.objective)
    assert by_trying(problem) == pytest.approx(parted.usd)
    assert true_cost(problem, parted.counts) == pytest.approx(parted.usd)
    assert parted.bound_usd <= parted.usd


def test_a_month_that_may_mix_its_levels_only_bounds_the_budget() -> None:
    mixed = replace(two_months(), pieces=(((0, 1, 2),), ((0, 1),)))
    assert solve(cost_terms(mixed), rows_of(mixed)).objective <= by_trying(two_months())


def test_purchases_that_leave_a_month_unserved_have_no_price() -> None:
    short = BudgetProblem(((Level(3, 10),),), (), (2.0,))
    assert math.isinf(true_cost(short, {}))
    assert cheapest_purchases(short).outcome == "infeasible"
