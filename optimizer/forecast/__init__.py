"""Forecast: what serving a load costs over months, what to commit to, and how sure that is."""

from optimizer.forecast.budget import Budget
from optimizer.forecast.planning import make_budget
from optimizer.forecast.request import BudgetRequest, read_budget_request

__all__ = ["Budget", "BudgetRequest", "make_budget", "read_budget_request"]
