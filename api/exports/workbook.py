"""stub"""
from optimizer.forecast import Budget
def budget_workbook(budget: Budget) -> bytes:
    """Stub."""
    return b""
