"""The workbook: its sheets, its live formulas with their values, the same bytes every time."""

import dataclasses
import io
import re
import zipfile

import pytest

from api.http.plan_documents import plan_document
from api.http.workbook import plan_workbook
from optimizer.fleet.plan import Plan

from .doubles import cheap_plan


@pytest.fixture
def plan() -> Plan:
    return plan_document(cheap_plan()).plan()


def parts(body: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_the_sheets(plan: Plan) -> None:
    names = re.findall(r'<sheet name="(\w+)"', parts(plan_workbook(plan))["xl/workbook.xml"])
    assert ["Summary", "Assumptions", "Plan", "Alternatives", "Rejected", "About"] == names


def test_totals_are_formulas_with_their_values(plan: Plan) -> None:
    summary = parts(plan_workbook(plan))["xl/worksheets/sheet1.xml"]
    assert f"<f>SUM(plan_lines[line_usd_per_hour])</f><v>{plan.cost_usd_per_hour}</v>" in summary
    assert "<f>B3*hours_per_month</f>" in summary


def test_the_same_plan_gives_the_same_bytes(plan: Plan) -> None:
    assert plan_workbook(plan) == plan_workbook(plan)


def test_text_that_looks_like_a_formula_stays_text(plan: Plan) -> None:
    book = parts(plan_workbook(dataclasses.replace(plan, question="=1+1", interpretation="=cmd|' /C calc'!A0")))
    assert not [name for name, text in book.items() if "<f>1+1" in text or "<f>cmd" in text]


def test_nothing_fits_is_a_workbook_too(plan: Plan) -> None:
    nothing = dataclasses.replace(
        plan, status="infeasible", cost_usd_per_hour=None, cost_usd_per_month=None, lines=(), alternatives=()
    )
    assert "infeasible" in parts(plan_workbook(nothing))["xl/sharedStrings.xml"]
