"""The verifier passes sound budgets and catches every tampered figure."""

from dataclasses import replace

import pytest

from optimizer.forecast.budget import Budget, BudgetMonth
from optimizer.forecast.checking import broken_budget_rules
from tests.optimizer.fleet.market import catalog, snapshot
from tests.optimizer.forecast.budgets import offers, usual


def broken(budget: Budget) -> tuple[str, ...]:
    return broken_budget_rules(budget, snapshot(*offers()), catalog())


def with_month(**changes: object) -> Budget:
    first, *rest = usual().months
    month: BudgetMonth = replace(first, **changes)  # type: ignore[arg-type]
    return replace(usual(), months=(month, *rest))


def test_a_budget_with_commitments_is_verified() -> None:
    assert usual().purchases
    assert usual().certificate is not None
    assert usual().certificate.verified
    assert () == broken(usual())


@pytest.mark.parametrize("name", ["usd_on_demand", "usd_committed", "usd_spot", "usd_total_amortised", "usd_cash"])
def test_money_that_does_not_add_up_is_caught(name: str) -> None:
    assert any(name in rule for rule in broken(with_month(**{name: getattr(usual().months[0], name) + 1})))


def test_hours_demand_and_instances_are_recomputed() -> None:
    first = usual().months[0]
    shorter = tuple(replace(plan, hours=plan.hours / 2) for plan in first.hours)
    idle = tuple(replace(plan, rented={}) for plan in first.hours)
    less = tuple(replace(plan, amount=plan.amount / 2, demand=plan.demand / 2) for plan in first.hours)
    assert any("hours" in rule for rule in broken(with_month(hours=shorter)))
    assert any("serves" in rule for rule in broken(with_month(hours=idle, committed={})))
    assert any("hours serve" in rule for rule in broken(with_month(hours=less)))


def test_a_dropped_or_longer_commitment_is_caught() -> None:
    assert any("alive are" in rule for rule in broken(replace(usual(), purchases=())))
    more = tuple(replace(bought, count=bought.count + 1) for bought in usual().purchases)
    assert any("alive are" in rule for rule in broken(replace(usual(), purchases=more)))


def test_capacity_is_the_physics_own() -> None:
    better = tuple(replace(offer, capacity=offer.capacity * 2) for offer in usual().offers)
    assert any("serves" in rule for rule in broken(replace(usual(), offers=better)))


def test_totals_and_proof_are_held_against_the_months() -> None:
    total, proof = usual().total, usual().certificate
    assert total is not None
    assert proof is not None
    cheaper = replace(usual(), total=replace(total, usd_amortised=total.usd_amortised - 5))
    above = replace(usual(), certificate=replace(proof, bound_usd=proof.cost_usd * 2))
    assert any("months add up" in rule for rule in broken(cheaper))
    assert any("above the cost" in rule for rule in broken(above))


def test_another_snapshot_is_named() -> None:
    other = replace(usual(), snapshot=replace(usual().snapshot, id="other"))
    assert any("snapshot" in rule for rule in broken(other))
