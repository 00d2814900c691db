"""A budget as one table: a row a month, the money of the contract first."""

from collections.abc import Iterator
from typing import Any

from api.http.tables import csv_bytes
from optimizer.forecast import Budget

BUDGET_COLUMNS = (
    "budget_id",
    "status",
    "model",
    "month",
    "unit",
    "demand",
    "demand_mean",
    "demand_peak",
    "usd_on_demand",
    "usd_committed",
    "usd_spot",
    "usd_total_amortised",
    "usd_cash",
    "usd_all_on_demand",
    "usd_per_million_output_tokens",
    "p10",
    "p50",
    "p90",
    "instances",
    "currency",
    "snapshot_id",
    "demand_p10",
    "demand_p90",
)


def budget_csv(budget: Budget, *, bom: bool = False) -> bytes:
    """Return a budget as CSV; the mean instances of a month are one cell, `offer=count;...`."""
    return csv_bytes(BUDGET_COLUMNS, budget_rows(budget), bom=bom)


def budget_rows(budget: Budget) -> Iterator[dict[str, Any]]:
    """Yield a row for each month."""
    for month in budget.months:
        own = {name: getattr(month, name) for name in BUDGET_COLUMNS if hasattr(month, name)}
        yield own | {
            "budget_id": budget.budget_id,
            "status": budget.status,
            "model": budget.model,
            "unit": budget.unit,
            "instances": ";".join(f"{offer}={count:.6g}" for offer, count in month.instances.items()),
            "currency": budget.currency,
            "snapshot_id": budget.snapshot.id,
        }
