"""CSV and FOCUS-shaped rows: their columns, their money, and no cell that runs."""

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.exports import budget_csv, focus_csv
from api.exports.focus import COLUMNS
from optimizer.forecast import Budget
from tests.optimizer.fleet.market import offer
from tests.optimizer.forecast.budgets import WORKLOAD, budget, offers, request, usual

ISSUED = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MANDATORY = {
    "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodStart",
    "BillingPeriodEnd", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargePeriodStart",
    "ChargePeriodEnd", "ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost", "PricingQuantity",
    "PricingUnit", "ProviderName", "PublisherName", "ServiceCategory", "ServiceName",
}  # fmt: skip


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode())))


def test_csv_has_a_row_a_month_with_the_money_of_the_document() -> None:
    found = rows(budget_csv(usual()))
    assert [month.month for month in usual().months] == [row["month"] for row in found]
    assert [month.usd_cash for month in usual().months] == [float(row["usd_cash"]) for row in found]
    assert budget_csv(usual()).count(b"\r\n") == len(found) + 1


def test_focus_has_the_mandatory_columns_and_custom_ones_last() -> None:
    assert MANDATORY <= set(COLUMNS)
    assert all(re.fullmatch(r"(x_)?[A-Z][A-Za-z]*", name) for name in COLUMNS)
    custom = [name.startswith("x_") for name in COLUMNS]
    assert custom == sorted(custom)
    assert not {"ProviderName", "PublisherName"} & set(rows(focus_csv(usual(), ISSUED, "1.4"))[0])


def test_focus_adds_up_to_both_views_of_the_budget() -> None:
    market = (*offers(small=None), offer("30.00", term="capacity_block"))
    paid = {"reserved_1y": 0.5}
    found = budget(request(base=60, upfront_fraction=paid, price_change_per_year=0.1, monthly_growth=0.1), market)
    total = found.total
    assert total is not None
    usage = rows(focus_csv(found, ISSUED))
    assert sum(float(row["BilledCost"]) for row in usage) == pytest.approx(total.usd_cash)
    assert sum(float(row["EffectiveCost"]) for row in usage) == pytest.approx(total.usd_amortised)
    assert {"Usage", "Purchase"} == {row["ChargeCategory"] for row in usage}
    committed = [row for row in usage if row["PricingCategory"] == "Committed" and row["ChargeCategory"] == "Usage"]
    assert {"40"} == {row["ListUnitPrice"] for row in committed if row["ChargePeriodStart"] == "2027-01-01T00:00:00Z"}
    assert {"0"} == {row["BilledCost"] for row in committed}
    assert {"0"} == {row["EffectiveCost"] for row in usage if row["ChargeCategory"] == "Purchase"}
    assert {"One-Time", "Recurring"} == {row["ChargeFrequency"] for row in usage if row["ChargeCategory"] == "Purchase"}


def half_idle(**rules: object) -> Budget:
    """Two reserved instances; both serve for half of the day, one for the other half."""
    market = offers(reserved=10, small=None)
    day = [0.4] * 12 + [1.0] * 12
    return budget(request(base=200, months=12, diurnal=day, request={"workload": WORKLOAD, **rules}), market)


def hours_of(found: Budget, status: str) -> float:
    month = [row for row in rows(focus_csv(found, ISSUED)) if row["ChargePeriodStart"].startswith("2027-01")]
    return sum(float(row["PricingQuantity"]) for row in month if row["CommitmentDiscountStatus"] == status)


def test_focus_tells_used_hours_of_a_commitment_from_idle_ones() -> None:
    found = half_idle()
    assert [2] == [bought.count for bought in found.purchases]
    assert (1.5 * 730, 0.5 * 730) == pytest.approx((hours_of(found, "Used"), hours_of(found, "Unused")))
    idle = [row for row in rows(focus_csv(found, ISSUED)) if row["CommitmentDiscountStatus"] == "Unused"]
    assert {("", "", "365", "Hours")} == {
        (row["ConsumedQuantity"], row["ConsumedUnit"], row["CommitmentDiscountQuantity"], row["CommitmentDiscountUnit"])
        for row in idle
    }
    assert {3650.0} == {float(row["EffectiveCost"]) for row in idle}


def test_focus_status_is_of_usage_alone_and_quantity_of_every_commitment() -> None:
    for row in rows(focus_csv(half_idle(), ISSUED)):
        assert (row["CommitmentDiscountStatus"] != "") == (row["ChargeCategory"] == "Usage")
        assert float(row["CommitmentDiscountQuantity"]) > 0


def test_focus_of_a_budget_within_limits_counts_the_spare_as_used() -> None:
    found = half_idle(survive_loss="instance")
    total = found.total
    assert total is not None
    assert ["fleets", 3] == [found.form, found.purchases[0].count]
    assert hours_of(found, "Used") + hours_of(found, "Unused") == pytest.approx(3 * 730)
    assert hours_of(found, "Used") >= 2.5 * 730 - 1e-6
    usage = rows(focus_csv(found, ISSUED))
    assert sum(float(row["EffectiveCost"]) for row in usage) == pytest.approx(total.usd_amortised)
    assert sum(float(row["BilledCost"]) for row in usage) == pytest.approx(total.usd_cash)


def test_focus_bills_commitments_held_already() -> None:
    market = offers(small=None)
    held = [{"offer": market[1].offer_id, "count": 2, "months_left": 2, "usd_per_hour": 20}]
    found = budget(request(base=10, months=3, terms=["on_demand"], existing=held), market)
    total = found.total
    assert total is not None
    usage = rows(focus_csv(found, ISSUED))
    assert sum(float(row["BilledCost"]) for row in usage) == pytest.approx(total.usd_cash)
    assert sum(float(row["EffectiveCost"]) for row in usage) == pytest.approx(total.usd_amortised)
    assert hours_of(found, "Unused") == pytest.approx(730)


def test_focus_periods_are_months_in_utc_and_numbers_are_plain() -> None:
    for row in rows(focus_csv(usual(), ISSUED)):
        assert re.fullmatch(r"\d{4}-\d\d-01T00:00:00Z", row["ChargePeriodStart"])
        assert row["ChargePeriodStart"] < row["ChargePeriodEnd"]
        assert re.fullmatch(r"-?\d+(\.\d+)?", row["EffectiveCost"])
        assert row["x_ForecastIssuedAt"] == "2026-11-24T12:00:00Z"


@given(st.sampled_from("=+-@\t\r\0"), st.text(max_size=20))
def test_no_text_is_a_formula(start: str, rest: str) -> None:
    odd = replace(usual(), model=start + rest)
    for data in (budget_csv(odd), focus_csv(odd, ISSUED)):
        assert all(cell.startswith("'") for cell in csv_column(data))


def csv_column(data: bytes) -> list[str]:
    reader = csv.reader(io.StringIO(data.decode(), newline=""))
    header = next(reader)
    place = header.index("model") if "model" in header else header.index("x_Model")
    return [row[place] for row in reader]
