"""Budgets under limits and losses: against trying every purchase and every fleet, and what must always hold."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from catalog import InvalidInputError
from optimizer.fleet.solver import build
from optimizer.forecast import Budget
from optimizer.forecast.bill import Tally
from optimizer.forecast.checking import broken_budget_rules
from optimizer.forecast.hours import Ground
from optimizer.forecast.limited import Limited, program
from optimizer.forecast.load import month_loads
from optimizer.forecast.market import find_market
from optimizer.forecast.money import Clock
from pricing.offers import Offer
from tests.optimizer.fleet.market import catalog, offer, snapshot
from tests.optimizer.forecast.budgets import WORKLOAD, budget, request

GOLDEN = Path(__file__).parents[2] / "golden" / "forecast_limits"
BIG, RESERVED, SMALL = "40.00", 22, "11.00"
DAY = {"diurnal": [0.4] * 8 + [1.0] * 16}


def market() -> list[Offer]:
    return [offer(BIG), offer(RESERVED, term="reserved_1y"), offer(SMALL, gpus=2, region="us-west-2")]


def limited(base: float, months: int = 2, found: Sequence[Offer] | None = None, **inner: Any) -> Budget:
    changes = {name: inner.pop(name) for name in ("terms", "existing", "scenarios", "risk") if name in inner}
    rules = {"workload": WORKLOAD, **inner}
    asked = request(base=base, months=months, after_horizon="free", request=rules, **DAY, **changes)
    return budget(asked, market() if found is None else found)


def serves(one: Offer) -> float:
    return budget(request(base=50, months=1, terms=[one.term]), [one]).offers[0].capacity


def by_trying(base: float, months: int, allowed: Any) -> float:
    """Return the least cost over counts of both machines in each hour and reserved ones bought in each month."""
    big, small = serves(market()[0]), serves(market()[2])
    loads = month_loads(request(base=base, months=months, **DAY), 730)
    best = math.inf
    for bought in itertools.product(range(4), repeat=months):
        usd = sum(count * RESERVED * 730 * (months - month) for month, count in enumerate(bought))
        for month, load in enumerate(loads):
            held = sum(bought[: month + 1])
            for hours in load.classes:
                rents = [
                    40 * n + 11 * s
                    for n, s in itertools.product(range(6), range(20))
                    if allowed(held, n, s, big, small, hours.amount)
                ]
                usd += hours.hours * min(rents, default=math.inf)
        best = min(best, usd)
    return best


def fits(held: int, n: int, s: int, big: float, small: float, amount: float) -> bool:
    return (held + n) * big + s * small >= amount - 1e-9


RULES: list[tuple[dict[str, Any], Any]] = [
    ({"limits": {"max_instances": 3}}, lambda h, n, s, *rest: fits(h, n, s, *rest) and h + n + s <= 3),
    ({"limits": {"max_kinds": 1}}, lambda h, n, s, *rest: fits(h, n, s, *rest) and (h > 0) + (n > 0) + (s > 0) <= 1),
    ({"limits": {"quotas": {"aws/us-west-2": 1}}}, lambda h, n, s, *rest: fits(h, n, s, *rest) and s <= 1),
    ({"limits": {"quotas": {"H100-SXM-80GB": 18}}}, lambda h, n, s, *r: fits(h, n, s, *r) and 8 * (h + n) + 2 * s < 19),
    ({"limits": {"max_usd_per_hour": 75}}, lambda h, n, s, *r: fits(h, n, s, *r) and 22 * h + 40 * n + 11 * s <= 75),
    (
        {"survive_loss": "instance"},
        lambda h, n, s, big, small, amount: fits(h, n, s, big, small, amount + (big if h + n else small)),
    ),
    (
        {"survive_loss": "zone"},
        lambda h, n, s, big, small, amount: min((h + n) * big, s * small) >= amount - 1e-9,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "allowed"), RULES, ids=[str(rules) for rules, _ in RULES])
def test_a_budget_within_limits_is_the_cheapest_of_all(rules: dict[str, Any], allowed: Any) -> None:
    base = 0.9 * 2 * serves(market()[0])
    found = limited(round(base), **rules)
    assert found.certificate is not None
    assert found.certificate.verified
    tolerance = 0.006 if rules.get("survive_loss") == "zone" else 1e-6
    assert by_trying(round(base), 2, allowed) == pytest.approx(found.certificate.cost_usd, rel=tolerance)
    assert found.certificate.bound_usd <= found.certificate.cost_usd * (1 + 1e-9)


def test_a_limit_that_binds_changes_the_budget_and_is_kept() -> None:
    base = round(2.4 * serves(market()[0]))  # two of the big machines, and two small ones for the rest
    free, few = limited(base), limited(base, limits={"max_instances": 3})
    assert "staircase" == free.form
    assert max(sum(plan.rented.values()) + sum(m.committed.values()) for m in free.months for plan in m.hours) > 3
    assert "fleets" == few.form
    assert max(sum(plan.rented.values()) + sum(m.committed.values()) for m in few.months for plan in m.hours) <= 3
    assert free.certificate is not None
    assert few.certificate is not None
    assert free.certificate.cost_usd <= few.certificate.cost_usd


@pytest.mark.parametrize("scope", ["replica", "instance", "zone", "provider"])
def test_a_budget_that_survives_a_loss_is_verified_and_dearer(scope: str) -> None:
    places = [*market(), offer("45.00", provider="gcp", region="europe-west4")]
    found, free = limited(60, found=places, survive_loss=scope), limited(60, found=places)
    assert found.certificate is not None
    assert free.certificate is not None
    assert found.certificate.verified
    assert found.certificate.cost_usd >= free.certificate.cost_usd
    assert scope == "replica" or found.certificate.cost_usd > free.certificate.cost_usd
    assert all(plan.replicas for month in found.months for plan in month.hours)


@pytest.mark.parametrize("scope", ["zone", "provider"])
def test_of_two_places_each_serves_everything_and_the_bound_knows(scope: str) -> None:
    places = [*market()[:2], offer(SMALL, gpus=2, provider="gcp", region="europe-west4")]
    found = limited(60, found=places, survive_loss=scope).certificate
    alone = [limited(60, found=[one for one in places if one.provider == name]) for name in ("aws", "gcp")]
    both = sum(one.certificate.cost_usd for one in alone if one.certificate is not None)
    assert found is not None
    assert both == pytest.approx(found.cost_usd) == pytest.approx(found.bound_usd)
    assert found.proved_optimal


@pytest.mark.parametrize("scope", ["zone", "provider"])
def test_the_bound_of_a_loss_is_above_that_of_none_and_below_the_budget(scope: str) -> None:
    places = [*market(), offer("45.00", provider="gcp", region="europe-west4")]
    found, free = limited(60, found=places, survive_loss=scope).certificate, limited(60, found=places).certificate
    assert found is not None
    assert free is not None
    assert free.cost_usd < found.bound_usd <= found.cost_usd * (1 + 1e-9)


def test_a_lost_replica_is_found_by_the_verifier() -> None:
    found = limited(60, survive_loss="instance")
    assert () == broken_budget_rules(found, snapshot(*market()), catalog())
    first, *rest = found.months
    fewer = tuple(
        replace(plan, replicas={name: count - 1 for name, count in plan.replicas.items()}) for plan in first.hours
    )
    tampered = replace(found, months=(replace(first, hours=fewer), *rest))
    assert any("after the loss" in rule for rule in broken_budget_rules(tampered, snapshot(*market()), catalog()))
    more = tuple(
        replace(plan, replicas={name: count * 5 for name, count in plan.replicas.items()}) for plan in first.hours
    )
    tampered = replace(found, months=(replace(first, hours=more), *rest))
    assert any("GPUs, there are" in rule for rule in broken_budget_rules(tampered, snapshot(*market()), catalog()))


def test_a_broken_limit_is_found_by_the_verifier() -> None:
    found = limited(150)
    for limits, words in (
        ({"max_instances": 2}, "instances run, 2 may"),
        ({"max_kinds": 1}, "kinds run, 1 may"),
        ({"max_usd_per_hour": 10}, "are spent"),
        ({"quotas": {"aws": 1}}, "the quota aws"),
        ({"quotas": {"H100-SXM-80GB": 8}}, "the quota H100-SXM-80GB"),
        ({"max_zone_fraction": 0.3}, "of one zone"),
    ):
        asked = found.request.model_copy(update={"request": {"workload": WORKLOAD, "limits": limits}})
        broken = broken_budget_rules(replace(found, request=asked), snapshot(*market()), catalog())
        assert any(words in rule for rule in broken), (limits, broken)


def test_limits_that_forbid_every_fleet_say_when_and_how_much() -> None:
    found = limited(300, limits={"max_instances": 1})
    assert ("infeasible", ()) == (found.status, found.months)
    assert ("2027-01: no fleet within the limits serves 300 users",) == found.conflicts


def test_a_budget_that_only_commitments_can_keep_within_the_limit_is_found() -> None:
    found = limited(50, limits={"max_usd_per_hour": 25}, found=market()[:2])
    assert [1] == [bought.count for bought in found.purchases]
    assert all(not plan.rented for month in found.months for plan in month.hours)


def test_commitments_held_already_count_against_limits() -> None:
    held = [{"offer": market()[1].offer_id, "count": 2, "months_left": 2, "usd_per_hour": 5}]
    found = limited(150, existing=held, limits={"max_instances": 3})
    assert found.certificate is not None
    assert found.certificate.verified
    assert all(2 + sum(plan.rented.values()) <= 3 for month in found.months for plan in month.hours)


def test_everything_on_demand_is_within_the_limits_too() -> None:
    total = limited(60, survive_loss="instance").total
    assert total is not None
    assert (total.all_on_demand or 0) >= total.usd_amortised - 1e-6
    alone = limited(60, survive_loss="instance", terms=["on_demand"]).total
    assert alone is not None
    assert total.all_on_demand == pytest.approx(alone.usd_amortised)


def test_scenarios_pay_for_the_spare_too() -> None:
    none = {"demand_fraction_per_year": 0, "price_fraction_per_year": 0, "performance_fraction": 0}
    rules = {"workload": WORKLOAD, "survive_loss": "instance"}
    found = budget(request(base=60, months=2, request=rules, scenarios=5, uncertainty=none), market()).total
    assert found is not None
    assert found.p50 == pytest.approx(found.usd_amortised)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"limits": {"max_changes": 1}}, "starts from commitments"),
        ({"spot": {"losses": 1}, "terms": ["on_demand", "spot"]}, "takes spot instances to be there"),
        ({"survive_loss": "replica", "risk": {"measure": "cvar"}}, "cvar goes with limits that do not bind"),
    ],
)
def test_what_has_no_meaning_over_months_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        limited(60, **changes)


@pytest.mark.parametrize("rules", [{"survive_loss": "instance"}, {"limits": {"max_usd_per_hour": 75, "max_kinds": 1}}])
def test_hours_are_tied_by_what_is_bought(rules: dict[str, Any], tmp_path: Path, check_golden: Any) -> None:
    asked = request(base=20, months=2, after_horizon="free", request={"workload": WORKLOAD, **rules})
    loads = month_loads(asked, 730)
    found = find_market(asked, 40, snapshot(*market()[:2]), catalog())
    tally = Tally(asked, found, loads, Clock.of(asked, 730))
    rows, cost = program(Limited(tally, Ground.of(asked, found)))
    written, _ = build(cost, rows)
    written.writeLP(str(tmp_path / "program.lp"))
    check_golden(GOLDEN / f"{next(iter(rules))}.lp", (tmp_path / "program.lp").read_text())
