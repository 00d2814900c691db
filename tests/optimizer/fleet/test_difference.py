"""The difference of two plans: steps and causes add up to the change, each put down to what is not as it was."""

from dataclasses import replace
from decimal import Decimal

import pytest

from catalog import Catalog, InvalidInputError, OwnEvidence
from optimizer.fleet.attribution import Side
from optimizer.fleet.difference import Difference, difference
from optimizer.fleet.plan import Plan
from optimizer.fleet.planning import Reading, make_plan
from optimizer.performance.coefficients import shipped_coefficients, write_coefficients
from optimizer.request import PlanRequest
from pricing.offers import Offer, Snapshot
from tests.optimizer.fleet.market import CHAT, TWO_SIZES, catalog, plan, request, snapshot, three_clouds


def priced(*offers: Offer) -> Snapshot:
    return Snapshot("todays-snapshot", offers, {})


def today(before: Plan, *offers: Offer) -> Difference:
    prices = priced(*offers)
    return difference(Side(before, snapshot(*three_clouds()), catalog()), planned(before.request, prices))


def planned(asked: PlanRequest, prices: Snapshot, facts: Catalog | None = None) -> Side:
    facts = facts or catalog()
    return Side(make_plan(asked, prices, facts, Reading("", "")), prices, facts)


def scaled(factor: str) -> list[Offer]:
    return [replace(one, usd_per_hour=one.usd_per_hour * Decimal(factor)) for one in three_clouds()]


def test_the_same_prices_change_nothing() -> None:
    found = today(plan(request()), *three_clouds())
    assert (0.0, (), (), ()) == (found.change_usd_per_hour, found.causes, found.prices, found.fleet)


def test_dearer_prices_are_the_cause_of_a_dearer_plan() -> None:
    before = plan(request())
    found = today(before, *scaled("1.5"))
    assert found.change_usd_per_hour == pytest.approx(0.5 * (before.cost_usd_per_hour or 0.0))
    assert ["prices"] == [cause.cause for cause in found.causes]
    assert found.prices


def test_causes_add_up_when_another_offer_became_cheaper() -> None:
    before = plan(request())
    rented = {line.instance_type for line in before.lines}
    offers = [
        one if one.instance_type in rented or one.gpu_count == 1 else replace(one, usd_per_hour=Decimal("0.50"))
        for one in three_clouds()
    ]
    found = today(before, *offers)
    assert found.change_usd_per_hour is not None
    assert found.change_usd_per_hour < 0
    assert sum(cause.usd_per_hour for cause in found.causes) == pytest.approx(found.change_usd_per_hour)
    assert found.fleet


def test_an_offer_that_is_gone_is_named() -> None:
    before = plan(request())
    rented = {line.instance_type for line in before.lines}
    found = today(before, *(one for one in three_clouds() if one.instance_type not in rented))
    assert ["offers gone"] == [cause.cause for cause in found.causes]
    assert all(change.now_usd_per_hour is None for change in found.prices)


@pytest.mark.parametrize("fact", ["catalog", "calibration"])
def test_with_the_same_prices_the_facts_are_the_cause(fact: str) -> None:
    before = plan(request())
    line = before.lines[0]
    fewer = replace(before, lines=(replace(line, count=2 * line.count),), **{f"{fact}_id": "of then"})
    found = difference(Side(fewer, None, None), Side(before, snapshot(*three_clouds()), catalog()))
    assert [fact] == [cause.cause for cause in found.causes]


def test_a_plan_that_fitted_nowhere_has_no_change_in_cost() -> None:
    before = plan(request(limits={"max_usd_per_hour": 0.01}))
    found = today(before, *three_clouds())
    assert found.change_usd_per_hour is None
    assert found.causes == ()


def slower_catalog() -> Catalog:
    """Return the catalog with coefficients by which weights are read and multiplied at half the speed."""
    shipped = shipped_coefficients()
    rows = {
        key: replace(row, value=row.value / 2, low=row.low / 2) if key[0] in ("weight_stream", "matmul") else row
        for key, row in shipped.by_key.items()
    }
    assert rows != dict(shipped.by_key)
    return catalog().with_own(OwnEvidence.of((), write_coefficients(replace(shipped, by_key=rows))))


def other_facts(facts: Catalog) -> Catalog:
    """Return a catalog whose H100 have half the memory bandwidth, and whose id says so."""
    gpus = {
        name: replace(gpu, hbm_bandwidth_gb_s=gpu.hbm_bandwidth_gb_s / 2) if name.startswith("H100") else gpu
        for name, gpu in facts.gpus.items()
    }
    return replace(facts, catalog_id="a-slower-h100", gpus=gpus)


LARGER = {**CHAT, "users": 40}
EVERY_CHANGE = [
    ("request",),
    ("prices", "request"),
    ("calibration", "prices"),
    ("catalog", "request"),
    ("catalog", "calibration", "prices", "request"),
]


@pytest.mark.parametrize("workloads", [(CHAT, LARGER), (TWO_SIZES, {**TWO_SIZES, "request_rate_per_s": 6})])
@pytest.mark.parametrize("changes", EVERY_CHANGE, ids="+".join)
def test_each_thing_that_changed_is_a_step_and_the_steps_add_up(
    changes: tuple[str, ...], workloads: tuple[dict[str, object], dict[str, object]]
) -> None:
    facts = slower_catalog() if "calibration" in changes else catalog()
    facts = other_facts(facts) if "catalog" in changes else facts
    prices = priced(*scaled("1.5")) if "prices" in changes else snapshot(*three_clouds())
    before = planned(request(workloads[0]), snapshot(*three_clouds()))
    now = planned(request(workloads["request" in changes]), prices, facts)
    found = difference(before, now)
    assert found.change_usd_per_hour is not None
    assert [(name,) for name in changes] == [step.exchanged for step in found.steps]
    exactly = sum((Decimal(str(step.usd_per_hour)) for step in found.steps), Decimal(0))
    assert Decimal(str(found.change_usd_per_hour)) == exactly.quantize(Decimal("0.000001")).normalize()
    assert sum(cause.usd_per_hour for cause in found.causes) == pytest.approx(found.change_usd_per_hour)
    assert now.plan.cost_usd_per_hour == found.steps[-1].cost_usd_per_hour
    assert found.notes == ()


def test_a_step_costs_what_the_plan_of_its_stop_costs() -> None:
    before = planned(request(), snapshot(*three_clouds()))
    now = planned(request(LARGER), priced(*scaled("1.5")), slower_catalog())
    found = difference(before, now)
    stops = [
        planned(request(), snapshot(*three_clouds()), slower_catalog()),
        planned(request(), priced(*scaled("1.5")), slower_catalog()),
        now,
    ]
    assert [stop.plan.cost_usd_per_hour for stop in stops] == [step.cost_usd_per_hour for step in found.steps]


def test_what_cannot_be_opened_is_one_step_and_said() -> None:
    before = replace(planned(request(), snapshot(*three_clouds()), slower_catalog()), snapshot=None, catalog=None)
    found = difference(before, planned(request(LARGER), priced(*scaled("1.5"))))
    assert [("calibration", "prices"), ("request",)] == [step.exchanged for step in found.steps]
    assert ["calibration and prices could not be told apart"] == [note.partition(":")[0] for note in found.notes]
    assert before.plan.snapshot.id in found.notes[0]
    assert not found.before.opened


def test_prices_of_then_that_are_gone_are_exchanged_first_where_the_facts_are_known() -> None:
    before = replace(planned(request(), snapshot(*three_clouds()), slower_catalog()), snapshot=None)
    found = difference(before, planned(request(), priced(*scaled("1.5"))))
    assert [("prices",), ("calibration",)] == [step.exchanged for step in found.steps]


def test_a_stop_at_which_nothing_fits_joins_its_neighbours() -> None:
    before = planned(request(limits={"max_usd_per_hour": 30}), snapshot(*three_clouds()))
    now = planned(request(LARGER, limits={"max_usd_per_hour": 3}), priced(*scaled("0.1")))
    tight = planned(request(LARGER, limits={"max_usd_per_hour": 3}), snapshot(*three_clouds()))
    assert tight.plan.status == "infeasible"
    found = difference(now, before)
    assert sum(step.usd_per_hour for step in found.steps) == pytest.approx(found.change_usd_per_hour)
    assert [("prices", "request")] == [step.exchanged for step in found.steps]


def test_fields_of_the_request_that_changed_are_listed() -> None:
    found = difference(
        planned(request(), snapshot(*three_clouds())), planned(request(LARGER), snapshot(*three_clouds()))
    )
    assert [("workload.users", 8, 40)] == [(field.field, field.before, field.now) for field in found.request]
    assert "workload.users 8 -> 40" in found.causes[0].because


def test_a_plan_without_a_proof_is_said_to_hide_a_part() -> None:
    before = planned(request(), snapshot(*three_clouds()))
    loose = replace(before.plan, certificate=replace(before.plan.certificate, proved_optimal=False))
    found = difference(replace(before, plan=loose), planned(request(LARGER), snapshot(*three_clouds())))
    assert any("not proved" in note for note in found.notes)


@pytest.mark.parametrize("wrong", [{"usd_per_hour": float("inf")}, {"usd_per_hour": -1.0}, {"count": -1}])
def test_money_that_cannot_be_added_up_is_refused(wrong: dict[str, float]) -> None:
    sound = planned(request(), snapshot(*three_clouds()))
    (line, *others) = sound.plan.lines
    broken = replace(sound, plan=replace(sound.plan, lines=(replace(line, **wrong), *others)))  # type: ignore[arg-type]  # by name
    with pytest.raises(InvalidInputError, match=r"^plan .* at \$"):
        difference(broken, sound)
