"""CVaR: its value, the program that minimises it against trying every purchase, and the decisions it makes."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.fleet.solver import solve
from optimizer.forecast import refining
from optimizer.forecast.budget import Budget, RiskDecision
from optimizer.forecast.dearest import cheapest_of_dearest
from optimizer.forecast.load import month_loads
from optimizer.forecast.problem import BudgetProblem, Commitment, Level, cost_terms, rows_of
from optimizer.forecast.refining import cheapest_purchases, true_cost
from optimizer.forecast.scenarios import draw
from optimizer.forecast.staircase import rounding
from optimizer.forecast.tail import Tail, cvar
from tests.optimizer.fleet.market import offer
from tests.optimizer.forecast.budgets import budget, offers, request

dollars = st.lists(st.integers(0, 1000), min_size=1, max_size=12)


def by_the_definition(usd: list[float], alpha: float) -> float:
    """The linear form of Rockafellar and Uryasev; convex in eta with its corners at the costs."""
    return min(eta + sum(max(0.0, cost - eta) for cost in usd) / ((1 - alpha) * len(usd)) for eta in usd)


@given(dollars, st.floats(0, 0.99))
def test_cvar_is_the_least_of_its_linear_form(usd: list[float], alpha: float) -> None:
    assert by_the_definition(usd, alpha) == pytest.approx(cvar(np.array(usd, dtype=float), alpha))


def test_cvar_of_whole_futures_is_the_mean_of_the_dearest() -> None:
    usd = np.arange(1.0, 11.0)
    assert [5.5, 8.0, 10.0] == [cvar(usd, alpha) for alpha in (0.0, 0.5, 0.9)]


def by_trying(problem: BudgetProblem, alpha: float, weight: float) -> float:
    best = math.inf
    for counts in itertools.product(*(range(problem.commitments[o].most + 1) for o, _ in problem.purchases)):
        bought = 0.0
        capacity = list(problem.held)
        for (index, month), count in zip(problem.purchases, counts, strict=True):
            commitment = problem.commitments[index]
            bought += (commitment.usd[month] or 0) * count
            for alive in range(month, min(month + commitment.term_months, problem.months)):
                capacity[alive] += commitment.capacity * count
        futures = [
            bought
            + sum(
                min(step.each[future] for step in levels if step.capacity <= held + 1e-9)
                for levels, held in zip(problem.levels, capacity, strict=True)
            )
            for future in range(problem.futures)
        ]
        mean = sum(futures) / len(futures)
        best = min(best, (1 - weight) * mean + weight * by_the_definition(futures, alpha))
    return best


@st.composite
def problems(draw: st.DrawFn) -> BudgetProblem:
    futures, months = draw(st.integers(2, 4)), draw(st.integers(1, 3))
    levels = []
    for _ in range(months):
        capacities = sorted({0, *draw(st.lists(st.integers(1, 9), max_size=5))})
        falls = [sorted(draw(st.lists(st.integers(1, 90), min_size=len(capacities), max_size=len(capacities))))[::-1]
                 for _ in range(futures)]  # fmt: skip
        rent = [tuple(float(fall[place]) for fall in falls) for place in range(len(capacities))]
        levels.append(tuple(
            Level(capacity, sum(each) / futures, each) for capacity, each in zip(capacities, rent, strict=True)
        ))  # fmt: skip
    commitments = tuple(
        Commitment(
            draw(st.integers(1, 5)), draw(st.integers(1, 3)), tuple(draw(st.integers(5, 80)) for _ in range(months)), 2
        )
        for _ in range(draw(st.integers(1, 2)))
    )
    tail = Tail(draw(st.sampled_from([0.3, 0.5, 0.75, 0.9])), draw(st.sampled_from([0.4, 1.0])))
    return BudgetProblem(tuple(levels), commitments, (0.0,) * months, tail=tail)


@settings(max_examples=40, deadline=None)
@given(problems())
def test_the_optimum_is_the_best_of_all_purchases(problem: BudgetProblem) -> None:
    assert problem.tail is not None
    whole, parted, both = (
        solve(cost_terms(problem), rows_of(problem)), cheapest_purchases(problem), cheapest_of_dearest(problem)
    )  # fmt: skip
    best = by_trying(problem, problem.tail.alpha, problem.tail.weight)
    assert ("optimal", "optimal", "optimal") == (whole.outcome, parted.outcome, both.outcome)
    assert best == pytest.approx(whole.objective, abs=1e-4)
    assert best == pytest.approx(parted.usd, abs=1e-4)
    assert best == pytest.approx(both.usd, abs=1e-4)
    assert true_cost(problem, both.counts) == pytest.approx(both.usd)
    assert both.bound_usd <= both.usd


@settings(max_examples=20, deadline=None)
@given(problems())
def test_boxes_of_levels_only_bound_the_budget(problem: BudgetProblem) -> None:
    boxed = replace(problem, levels=tuple(tuple(refining.boxes(levels, 3)) for levels in problem.levels))
    whole = solve(cost_terms(problem), rows_of(problem)).objective
    assert all(len(levels) <= 3 for levels in boxed.levels)
    assert solve(cost_terms(boxed), rows_of(boxed)).objective <= whole + 1e-4


def decided(measure: str, **risk: float) -> Budget:
    asked = request(base=460, months=6, scenarios=0, after_horizon="free", risk={"measure": measure, **risk})
    return budget(asked, offers(reserved=35, small=None))


def by_measure(found: Budget) -> dict[str, RiskDecision]:
    assert found.risk is not None
    return {decision.measure: decision for decision in found.risk.decisions}


def test_each_measure_decides_best_by_its_own_figure() -> None:
    for found in (decided("cvar"), decided("expected")):
        of = by_measure(found)
        assert {"cvar", "expected", "forecast"} == set(of)
        assert of["cvar"].cvar_usd <= min(of["expected"].cvar_usd, of["forecast"].cvar_usd) * (1 + 1e-7)
        assert of["expected"].expected_usd <= min(of["cvar"].expected_usd, of["forecast"].expected_usd) * (1 + 1e-9)
    assert sum(bought.count for bought in decided("cvar").purchases) > sum(
        bought.count for bought in decided("expected").purchases
    )


def test_what_is_proved_is_the_figure_of_the_chosen_decision() -> None:
    found = decided("cvar", alpha=0.8, weight=0.25)
    chosen = by_measure(found)["cvar"]
    assert found.certificate is not None
    assert found.certificate.proved_optimal
    assert chosen.chosen
    assert found.certificate.cost_usd == pytest.approx(0.75 * chosen.expected_usd + 0.25 * chosen.cvar_usd)


def test_a_month_is_committed_as_trying_every_count_says() -> None:
    risk = {"measure": "cvar", "alpha": 0.75, "samples": 16}
    asked = request(base=200, months=1, after_horizon="free", risk=risk, seed=5, diurnal=[0.5] * 8 + [1.0] * 16)
    found = budget(asked, offers(reserved=31, small=None))
    unit = found.offers[0].capacity
    spreads = budget(asked.model_copy(update={"scenarios": 1}), offers(reserved=31, small=None)).uncertainty
    draws = draw(spreads, 16, 1, (5, 1))
    demand, price = draws.demand[:, 0] / draws.performance, draws.price[:, 0]
    (load,) = month_loads(asked, 730)
    costs = []
    for count in range(12):
        each = [
            count * 31 * 730
            + sum(
                hours.hours * 40 * max(0, math.ceil((hours.amount * float(d) - count * unit) / unit - 1e-9)) * float(p)
                for hours in load.classes
            )
            for d, p in zip(demand, price, strict=True)
        ]
        costs.append(by_the_definition(each, 0.75))
    assert found.certificate is not None
    assert min(costs) == pytest.approx(found.certificate.cost_usd, rel=1e-6)
    assert [costs.index(min(costs))] == [bought.count for bought in found.purchases]


def test_the_tail_of_a_budget_is_no_less_than_its_mean_and_its_p90() -> None:
    found = budget(request(base=60, months=3, scenarios=300), offers(small=None)).total
    assert found is not None
    assert found.cvar is not None
    assert found.cvar >= max(found.expected or 0, found.p90 or 0)


@given(problems())
def test_a_grid_overstates_by_no_more_than_it_says(problem: BudgetProblem) -> None:
    coarse = replace(problem, levels=tuple((*levels[:-1:2], levels[-1]) for levels in problem.levels))
    plain, grid = (replace(one, tail=None) for one in (problem, coarse))
    fine, rounded = cheapest_purchases(plain).usd, cheapest_purchases(grid).usd
    assert fine <= rounded * (1 + 1e-9)
    assert rounded - rounding(grid).usd <= fine * (1 + 1e-9)


def test_a_budget_whose_commitments_have_too_many_sums_says_what_its_grid_may_cost() -> None:
    machines = [
        ("L40S-48GB", 2, "1.9"), ("A100-SXM-80GB", 2, "3.0"), ("H100-SXM-80GB", 2, "6.0"), ("H100-SXM-80GB", 4, "11.5"),
        ("H200-SXM-141GB", 8, "30.0"),
    ]  # fmt: skip
    market = [offer("40.00")]
    market += [offer(price, gpu, gpus, term="reserved_1y") for gpu, gpus, price in machines]
    workload = {"input_tokens": 1000, "output_tokens": 200}
    asked = request(
        400, 1, unit="request_rate_per_s", request={"workload": workload}, risk={"measure": "cvar", "samples": 4}
    )
    found = budget(asked, market)
    assert found.certificate is not None
    assert "feasible" == found.status
    assert 0 < found.certificate.gap_fraction < 0.1
    overstated = round(found.certificate.cost_usd - found.certificate.bound_usd)
    assert any(f"overstates the minimised cost by at most ${overstated:,}" in note for note in found.assumptions)
