"""Commitments of one month are folded into the levels: the same optimum as every whole purchase tried."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from optimizer.forecast.folding import folded
from optimizer.forecast.problem import BudgetProblem, Commitment, Level, thinned
from optimizer.forecast.refining import cheapest_purchases, true_cost

MONTHS = 3


def random_problem(seed: int) -> BudgetProblem:
    """Return two sizes of block of one month and a commitment of two months over three months."""
    draw = np.random.default_rng(seed)
    blocks = [
        Commitment(size, 1, tuple(round(draw.uniform(2, 9), 2) * size for _ in range(MONTHS)), most)
        for size, most in ((1.5, 2), (3.0, 1))
    ]
    price = tuple(round(draw.uniform(5, 22), 2) for _ in range(MONTHS))
    longer = Commitment(float(draw.choice([1.5, 2.5])), 2, price, 2)
    levels = []
    for _ in range(MONTHS):
        usd, found = 40.0, []
        for capacity in sorted({float(draw.choice([0.0, 0.5])), *draw.uniform(0.5, 3.0, 3).tolist()}):
            found.append(Level(capacity, usd))
            usd = max(0.0, usd - draw.uniform(2, 20))
        levels.append(thinned(found))
    held = tuple(float(draw.choice([0.0, 0.7])) for _ in range(MONTHS))
    return BudgetProblem(tuple(levels), (*blocks, longer), held)


def cheapest_of_all(problem: BudgetProblem) -> float:
    """Return the least true cost over every whole purchase."""
    pairs = problem.purchases
    counts = itertools.product(*(range(problem.commitments[index].most + 1) for index, _ in pairs))
    return min(true_cost(problem, dict(zip(pairs, own, strict=True))) for own in counts)


@pytest.mark.parametrize("seed", range(6))
def test_the_optimum_is_that_of_every_purchase_tried(seed: int) -> None:
    problem = random_problem(seed)
    found = cheapest_purchases(problem)
    assert found.outcome == "optimal"
    assert found.usd == pytest.approx(cheapest_of_all(problem), rel=1e-9)
    assert found.bound_usd <= found.usd * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(6, 40))
def test_folded_and_unfolded_agree(seed: int) -> None:
    problem = random_problem(seed)
    fold = folded(problem)
    assert fold is not None
    assert all(own.term_months > 1 for own in fold.problem.commitments)
    alone = cheapest_purchases(fold.problem)
    assert true_cost(problem, fold.unfold(alone.counts)) == pytest.approx(alone.usd, rel=1e-9)


def test_blocks_of_which_there_are_too_few_are_not_folded() -> None:
    problem = random_problem(0)
    few = tuple(replace(own, most=0) for own in problem.commitments)
    assert folded(replace(problem, commitments=few)) is None


def test_a_month_that_nothing_serves_has_no_budget() -> None:
    problem = random_problem(0)
    unserved = tuple(
        thinned([replace(own, capacity=own.capacity + 1.0) for own in levels]) for levels in problem.levels
    )
    gone = tuple(replace(own, usd=(None, *own.usd[1:])) for own in problem.commitments)
    found = cheapest_purchases(replace(problem, levels=unserved, commitments=gone))
    assert (found.outcome, dict(found.counts)) == ("infeasible", {})


def test_a_month_that_only_blocks_serve_has_them() -> None:
    problem = random_problem(0)
    unserved = tuple(
        thinned([replace(own, capacity=own.capacity + 0.9) for own in levels]) for levels in problem.levels
    )
    blocks = tuple(replace(own, most=9) for own in problem.commitments if own.term_months == 1)
    found = cheapest_purchases(replace(problem, levels=unserved, commitments=blocks))
    assert found.outcome == "optimal"
    assert {month for _, month in found.counts} == set(range(MONTHS))
