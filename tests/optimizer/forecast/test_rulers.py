"""Rulers: no whole purchases break one, and they prove what capacity alone does not."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.fleet.solver import solve
from optimizer.forecast.apart import Sizes, unit_prices
from optimizer.forecast.problem import BudgetProblem, Commitment, Level, cost_terms, rows_of, thinned
from optimizer.forecast.refining import alive_capacity, cheapest_purchases
from optimizer.forecast.rulers import Rulers

SIZES = (0.7, 1.0, 2.83, 3.0, 7.0)


@st.composite
def growing(draw: st.DrawFn) -> BudgetProblem:
    """Months of many levels under commitments of several sizes, some of which are held already."""
    months = draw(st.integers(2, 6))
    levels = []
    for _ in range(months):
        drawn = [Level(0.0, draw(st.integers(200, 300)))]
        drawn += [Level(draw(st.floats(0.1, 12)), draw(st.integers(0, 220))) for _ in range(draw(st.integers(1, 8)))]
        levels.append(thinned(drawn))
    sizes = draw(st.lists(st.sampled_from(SIZES), min_size=2, max_size=3, unique=True))
    commitments = tuple(
        Commitment(
            size, draw(st.integers(1, 4)), tuple(draw(st.integers(5, 150)) for _ in range(months)), math.ceil(12 / size)
        )
        for size in sizes
    )
    return BudgetProblem(tuple(levels), commitments, tuple(draw(st.sampled_from((0.0, 1.5))) for _ in range(months)))


@settings(max_examples=60)
@given(growing(), st.data())
def test_no_whole_purchases_break_a_ruler(problem: BudgetProblem, data: st.DataObject) -> None:
    counts = {key: data.draw(st.integers(0, 3)) for key in problem.purchases}
    rulers = Rulers.of(problem)
    rulers.lay([range(len(levels)) for levels in problem.levels], counts)
    for month, levels in enumerate(problem.levels):
        alive = alive_capacity(problem, counts, month)
        place = max(number for number, step in enumerate(levels) if step.capacity <= alive + 1e-9)
        units = [
            sum(counts[index, bought] for bought in commitment.covers(month))
            for index, commitment in enumerate(problem.commitments)
        ]
        for ruler in rulers.by_month[month]:
            assert ruler.levels[place] <= np.dot(ruler.units, units) + 1e-9


@settings(max_examples=40)
@given(growing())
def test_the_optimum_is_that_of_the_program_without_rulers(problem: BudgetProblem) -> None:
    found, exact = cheapest_purchases(problem), solve(cost_terms(problem), rows_of(problem))
    assert "optimal" == found.outcome
    assert exact.objective == pytest.approx(found.usd)
    assert Rulers.of(problem).bound_usd <= exact.objective * (1 + 1e-9)


def test_a_unit_of_seven_counts_whole_for_a_level_of_eight() -> None:
    levels = (Level(0, 100), Level(8, 0))
    problem = BudgetProblem((levels,), (Commitment(7, 1, (30,), 2), Commitment(1, 1, (29,), 8)), (0.0,))
    mixed = replace(problem, pieces=(((0, 1),),))
    ruled = replace(mixed, rulers=tuple(map(tuple, Rulers.of(problem).by_month)))
    whole = solve(cost_terms(problem), rows_of(problem)).objective
    assert whole == Rulers.of(problem).bound_usd == pytest.approx(59)
    assert solve(cost_terms(ruled), rows_of(ruled)).objective == pytest.approx(whole)


def test_sums_too_many_to_list_are_rounded_down() -> None:
    levels = (Level(0, 1e6), Level(997.1, 0))
    sizes = (0.131, 0.177, 0.211)
    problem = BudgetProblem((levels,), tuple(Commitment(size, 1, (10,), 8000) for size in sizes), (0.0,))
    made = Sizes.of_problem(problem)
    reach, _ = made.reach(np.array([[10.0, 10.0, 10.0]]))
    assert 1_001 == len(made.sums)
    assert reach[0, made.need[0][1]] <= 10 * math.ceil(997.1 / 0.211)
    assert unit_prices(problem, made)[1] <= 10 * math.ceil(997.1 / 0.211)
