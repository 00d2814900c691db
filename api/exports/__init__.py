"""Exports: a budget as CSV, as a FOCUS-shaped forecast, and as a workbook with live formulas."""

from api.exports.budget_table import budget_csv
from api.exports.focus import focus_csv
from api.exports.workbook import budget_workbook

__all__ = ["budget_csv", "budget_workbook", "focus_csv"]
