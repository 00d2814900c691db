"""The workbook: its sheets, its stored values, and what LibreOffice makes of changed assumptions."""

import io
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from api.exports import budget_workbook
from optimizer.forecast import Budget
from tests.api.exports.calc import convert, needs_libreoffice, recalculated
from tests.optimizer.forecast.budgets import WORKLOAD, budget, offers, request, usual

SHEETS = {"Summary", "Assumptions", "Forecast", "Purchases", "Plan", "Prices", "Rejected", "About"}
BLUE = "FF0000FF"


def opened(values: bool = False) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(budget_workbook(usual())), data_only=values)


def test_it_has_the_sheets_and_named_inputs_in_blue() -> None:
    book = opened()
    assert SHEETS <= set(book.sheetnames)
    names = {"base_demand", "monthly_growth", "price_change_per_year", "discount_per_year", "hours_per_month"}
    assert names <= set(book.defined_names)
    assert {BLUE} == {book["Assumptions"].cell(row, 2).font.color.rgb for row in range(2, 9)}


def test_headers_are_frozen_months_are_dates_and_there_is_no_macro() -> None:
    book = opened()
    assert book["Forecast"].freeze_panes == "B2"
    assert isinstance(book["Forecast"]["A2"].value, datetime)
    assert isinstance(book["Prices"]["F2"].value, datetime)
    names = zipfile.ZipFile(io.BytesIO(budget_workbook(usual()))).namelist()
    assert not [name for name in names if "vba" in name.lower()]
    assert [name for name in names if "chart" in name]


def test_values_are_stored_with_the_formulas() -> None:
    sheet, total = opened(values=True)["Summary"], usual().total
    assert total is not None
    assert sheet["B3"].value == pytest.approx(total.usd_amortised)
    assert str(opened()["Summary"]["B3"].value).startswith("=")
    column = [opened(values=True)["Forecast"].cell(row, 10).value for row in range(2, 14)]
    assert column == pytest.approx([month.usd_total_amortised for month in usual().months])


def test_the_same_budget_gives_the_same_bytes() -> None:
    first = budget_workbook(usual())
    time.sleep(1.1)  # past the second that a zip file would store
    assert first == budget_workbook(usual())


def test_a_text_is_never_a_formula() -> None:
    odd = replace(usual(), model="=1+1", rejected={"@SUM(A1)": 1, "-2+3": 2})
    book = openpyxl.load_workbook(io.BytesIO(budget_workbook(odd)))
    cells = [book["Summary"]["B1"], book["Rejected"]["A2"], book["Rejected"]["A3"]]
    assert ["=1+1", "@SUM(A1)", "-2+3"] == [cell.value for cell in cells]
    xml = zipfile.ZipFile(io.BytesIO(budget_workbook(odd))).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>1+1</f>" not in xml


def test_a_budget_that_cannot_be_has_its_reasons() -> None:
    book = openpyxl.load_workbook(io.BytesIO(budget_workbook(budget(request(base=5, terms=["spot"]), offers()))))
    assert "Rejected" in book.sheetnames


def within_limits() -> Budget:
    rules = {"workload": WORKLOAD, "survive_loss": "instance"}
    return budget(request(base=100, months=3, request=rules, diurnal=[0.5] * 12 + [1.0] * 12))


@needs_libreoffice
@pytest.mark.parametrize("made", [usual, within_limits])
def test_untouched_it_recalculates_to_what_it_stores(made: Callable[[], Budget], tmp_path: Path) -> None:
    data = budget_workbook(made())
    book, stored = recalculated(data, {}, tmp_path), openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    for name in ("Summary", "Purchases", "Hours", "Forecast"):
        for row in stored[name].iter_rows():
            for cell in row:
                if isinstance(cell.value, int | float):
                    assert book[name][cell.coordinate].value == pytest.approx(cell.value, rel=1e-9, abs=1e-9)


CELLS = {"base": "B2", "monthly_growth": "B3", "price_change_per_year": "B5", "discount_per_year": "B6"}


@needs_libreoffice
@pytest.mark.parametrize(
    "changes",
    [{"monthly_growth": 0.08}, {"base": 130, "price_change_per_year": -0.25, "discount_per_year": 0.12}],
)
def test_changed_assumptions_give_what_a_new_forecast_gives(changes: dict[str, float], tmp_path: Path) -> None:
    asked = {"base": 100, "months": 6, "terms": ["on_demand"], "diurnal": [0.5] * 12 + [1.0] * 12}
    before, after = budget(request(**asked)), budget(request(**{**asked, **changes}))
    cells = {("Assumptions", CELLS[name]): value for name, value in changes.items()}
    book = recalculated(budget_workbook(before), cells, tmp_path)
    assert after.total is not None
    assert book["Summary"]["B3"].value == pytest.approx(after.total.usd_amortised, rel=1e-9)
    assert book["Summary"]["B5"].value == pytest.approx(after.total.discounted_usd, rel=1e-9)


@needs_libreoffice
def test_more_commitments_in_the_sheet_cost_what_holding_them_does(tmp_path: Path) -> None:
    market = offers(small=None)
    found = budget(request(base=60, months=12), market)
    book = recalculated(budget_workbook(found), {("Purchases", "D2"): found.purchases[0].count + 1}, tmp_path)
    assert book["Summary"]["B3"].value == pytest.approx((found.purchases[0].count + 1) * 24 * 730 * 12)


@needs_libreoffice
def test_within_limits_more_demand_than_was_planned_has_no_cost(tmp_path: Path) -> None:
    book = recalculated(budget_workbook(within_limits()), {("Assumptions", "B4"): 1.5}, tmp_path)
    assert "#N/A" == book["Summary"]["B3"].value
    assert "#N/A above the plan" in book["Summary"]["C3"].value


@needs_libreoffice
def test_it_prints_to_a_picture(tmp_path: Path) -> None:
    (tmp_path / "budget.xlsx").write_bytes(budget_workbook(usual()))
    convert(tmp_path / "budget.xlsx", "pdf", tmp_path)
    assert (tmp_path / "budget.pdf").read_bytes().startswith(b"%PDF")
