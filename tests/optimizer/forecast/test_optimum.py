"""Whole budgets against enumeration and an independent linear program, and what must always hold."""

import itertools
import math
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from optimizer.forecast.load import month_loads
from tests.optimizer.fleet.market import offer
from tests.optimizer.forecast.budgets import OFFICE, WORKLOAD, budget, cost, offers, request, usual

DAY = {"diurnal": [0.4] * 8 + [1.0] * 16}


def capacity_per_instance(market: Any) -> dict[str, float]:
    """Return what one instance of each offer serves, from the budget's own list of offers."""
    found = {}
    for one in market:
        alone = budget(request(base=50, months=1, terms=[one.term]), [one])
        found[one.offer_id] = alone.offers[0].capacity
    return found


@pytest.mark.parametrize("changes", [{}, {"price_change_per_year": 0.5}, {"discount_per_year": 0.3}])
def test_a_budget_is_the_cheapest_of_all_purchases(changes: dict[str, float]) -> None:
    market = [offer("40.00"), offer(9, term="reserved_1y"), offer("7.00", gpus=2)]
    asked = request(base=150, months=2, monthly_growth=0.3, after_horizon="free", **DAY, **changes)
    serves = {one.offer_id: capacity_per_instance([one])[one.offer_id] for one in (market[0], market[2])}
    big, small = serves[market[0].offer_id], serves[market[2].offer_id]
    growth, rate = 1 + asked.price_change_per_year, 1 + asked.discount_per_year

    def rent(need: float) -> float:
        most = math.ceil(max(0.0, need) / big - 1e-9)
        return min(40 * n + 7 * max(0, math.ceil((need - n * big) / small - 1e-9)) for n in range(most + 1))

    best = math.inf
    for first, second in itertools.product(range(4), repeat=2):
        usd = 0.0
        for month, load in enumerate(month_loads(asked, 730)):
            alive = first + (second if month == 1 else 0)
            hourly = sum(hours.hours * rent(hours.amount - alive * big) for hours in load.classes)
            held = 9 * 730 * (first + (second * growth ** (1 / 12) if month == 1 else 0))
            usd += (hourly * growth ** (month / 12) + held) * rate ** (-month / 12)
        best = min(best, usd)
    assert best == pytest.approx(cost(asked, market))


def test_with_units_of_one_a_budget_is_an_interval_program_whose_relaxation_is_whole() -> None:
    market = offers(reserved=24, small=None)
    unit = capacity_per_instance(market[:1])[market[0].offer_id]
    asked = request(base=unit * 3, months=3, diurnal=[1 / 3] * 6 + [2 / 3] * 6 + [1.0] * 12, after_horizon="free")
    classes = [(month, hours) for month, load in enumerate(month_loads(asked, 730)) for hours in load.classes]
    held = [24 * 730 * (3 - month) for month in range(3)]
    objective = np.array([40 * hours.hours for _, hours in classes] + held)
    rows = np.zeros((len(classes), len(objective)))
    for number, (month, _) in enumerate(classes):
        rows[number, number] = -1
        rows[number, len(classes) : len(classes) + month + 1] = -1
    needs = [-math.ceil(hours.amount / unit - 1e-9) for _, hours in classes]
    assert linprog(objective, rows, needs).fun == pytest.approx(cost(asked, market))


@settings(max_examples=15)
@given(st.integers(5, 300), st.integers(1, 60), st.floats(3, 39))
def test_more_demand_never_costs_less_and_an_option_never_costs_more(base: int, more: int, reserved: float) -> None:
    market = offers(reserved=round(reserved, 2), small=None)
    with_option = cost(request(base=base, months=6, **DAY), market)
    assert with_option <= cost(request(base=base + more, months=6, **DAY), market) + 1e-6
    assert with_option <= cost(request(base=base, months=6, terms=["on_demand"], **DAY), market) + 1e-6


@pytest.mark.parametrize("reserved", [40.0, 45.0])
def test_without_a_discount_nothing_is_committed(reserved: float) -> None:
    assert () == budget(request(base=300, months=24), offers(reserved=reserved, small=None)).purchases


def test_a_steady_load_is_committed_and_office_hours_are_rented() -> None:
    market = offers(small=None)
    steady = budget(request(base=60), market)
    office = budget(request(base=60, **OFFICE), market)
    assert [("2027-01", "reserved_1y")] == [(bought.month, bought.term) for bought in steady.purchases]
    assert steady.total is not None
    assert steady.total.saving_fraction == pytest.approx(1 - 24 / 40)
    assert () == office.purchases


def test_a_flat_budget_is_the_plan_times_the_hours() -> None:
    found = budget(request(base=10, months=2, terms=["on_demand"]), offers(small=None))
    assert [40 * 730] * 2 == [month.usd_total_amortised for month in found.months]


def test_what_is_owed_after_the_horizon_counts_unless_it_is_free() -> None:
    market = offers(reserved=24, small=None)
    assert () == budget(request(base=60, months=6), market).purchases
    free = budget(request(base=60, months=6, after_horizon="free"), market)
    assert free.total is not None
    assert free.total.usd_after_horizon == pytest.approx(6 * 24 * 730 * free.purchases[0].count)


def test_rising_prices_are_a_reason_to_commit() -> None:
    market = offers(reserved=41, small=None)
    assert budget(request(base=60, price_change_per_year=0.4), market).purchases
    assert () == budget(request(base=60), market).purchases


def test_capacity_blocks_are_bought_month_by_month_and_paid_at_once() -> None:
    market = (*offers(reserved=None, small=None), offer("30.00", term="capacity_block"))
    found = budget(request(base=10, months=3, terms=["on_demand", "capacity_block"]), market)
    assert ["2027-01", "2027-02", "2027-03"] == [bought.month for bought in found.purchases]
    assert [30 * 730.0] * 3 == [bought.upfront_usd for bought in found.purchases]
    assert found.total is not None
    assert found.total.usd_cash == pytest.approx(found.total.usd_amortised)


def test_existing_commitments_serve_before_anything_is_rented() -> None:
    market = offers(small=None)
    held = [{"offer": market[1].offer_id, "count": 1, "months_left": 2, "usd_per_hour": 20}]
    found = budget(request(base=10, months=3, terms=["on_demand"], existing=held), market)
    assert [20 * 730.0, 20 * 730.0, 40 * 730.0] == [month.usd_total_amortised for month in found.months]
    assert [1, 1, 0] == [month.committed.get(market[1].offer_id, 0) for month in found.months]


def test_an_existing_commitment_does_not_let_more_of_its_kind_be_bought() -> None:
    market = offers(reserved=5, small=None)
    held = [{"offer": market[1].offer_id, "count": 1, "months_left": 12}]
    found = budget(request(base=300, terms=["on_demand", "capacity_block"], existing=held), market)
    assert () == found.purchases


def test_upfront_changes_cash_and_not_the_amortised_view() -> None:
    market = offers(small=None)
    found = budget(request(base=60, upfront_fraction={"reserved_1y": 1}), market)
    first, *rest = found.months
    assert found.total is not None
    assert first.usd_cash == pytest.approx(12 * 24 * 730 * found.purchases[0].count)
    assert all(month.usd_cash == 0 for month in rest)
    assert found.total.usd_cash == pytest.approx(found.total.usd_amortised)


def test_a_load_that_nothing_serves_is_infeasible() -> None:
    found = budget(request(base=5, terms=["spot"]), offers())
    assert ("infeasible", ()) == (found.status, found.months)


def test_limits_that_do_not_bind_change_nothing() -> None:
    loose = {"max_instances": 3, "max_kinds": 1, "max_usd_per_hour": 120, "quotas": {"aws": 3}}
    asked = request(base=300, months=2, terms=["on_demand"], request={"workload": WORKLOAD, "limits": loose})
    free = request(base=300, months=2, terms=["on_demand"])
    assert cost(free, offers(small=None)) == cost(asked, offers(small=None))


def test_several_sizes_of_request_are_served_as_one_mix() -> None:
    sizes = [
        {"input_tokens": 1000, "output_tokens": 200, "share": 0.75},
        {"input_tokens": 8000, "output_tokens": 400, "share": 0.25},
    ]
    asked = request(base=2, unit="request_rate_per_s", months=2, request={"workload": {"buckets": sizes}})
    found = budget(asked)
    assert found.certificate is not None
    assert found.certificate.verified
    assert any("same mix of sizes" in note for note in found.assumptions)


@pytest.mark.parametrize(("last", "told"), [(date(2027, 1, 31), True), (date(2027, 3, 31), False), (None, False)])
def test_a_contract_rate_that_ends_before_the_budget_does_is_told(last: date | None, told: bool) -> None:
    contract = replace(offers(small=None)[0], valid_until=last)
    found = budget(request(base=60, months=3, terms=["on_demand"]), [contract])
    assert told == any("is taken to go on after 2027-01-31" in note for note in found.assumptions)


def test_the_same_request_gives_the_same_budget() -> None:
    again = budget(usual().request)
    assert (again.budget_id, again.months, again.total) == (usual().budget_id, usual().months, usual().total)
