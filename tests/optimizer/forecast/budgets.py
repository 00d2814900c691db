"""Small budgets for tests: one GPU kind on a few terms, and the requests about them."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from optimizer.forecast import Budget, BudgetRequest, make_budget, read_budget_request
from pricing.offers import Offer
from tests.optimizer.fleet.market import catalog, offer, snapshot

WORKLOAD = {"tok_per_s_per_user": 20, "context_tokens": 8192}
OFFICE = {"diurnal": [0.0] * 8 + [1.0] * 10 + [0.0] * 6, "weekly": [1, 1, 1, 1, 1, 0, 0]}


def offers(reserved: float | None = 24.0, spot: float | None = None, small: float | None = 9.0) -> tuple[Offer, ...]:
    """Eight H100 on demand at $40, the same reserved for a year, or spot; two H100 at Lambda."""
    found = [offer("40.00")]
    if reserved is not None:
        found.append(offer(reserved, term="reserved_1y"))
    if spot is not None:
        found.append(offer(spot, term="spot"))
    if small is not None:
        found.append(offer(small, gpus=2, provider="lambda", tier="neocloud", region="us-west-2"))
    return tuple(found)


def request(base: float = 60, months: int = 12, **changes: Any) -> BudgetRequest:
    """Return a request for Llama 3.1 70B; fields of the demand may be given beside those of the request."""
    demand = {"unit": "users", "base": base}
    for name in ("unit", "monthly_growth", "diurnal", "weekly", "series", "history", "base"):
        if name in changes:
            demand[name] = changes.pop(name)
    usual: dict[str, Any] = {
        "model": "llama-3.1-70b",
        "start": "2027-01",
        "months": months,
        "demand": {name: value for name, value in demand.items() if value is not None},
        "request": {"workload": WORKLOAD},
        "scenarios": 0,
    }
    return read_budget_request({**usual, **changes})


def budget(asked: BudgetRequest, market: Sequence[Offer] | None = None) -> Budget:
    return make_budget(asked, snapshot(*(offers() if market is None else market)), catalog())


def cost(asked: BudgetRequest, market: Sequence[Offer] | None = None) -> float:
    found = budget(asked, market).certificate
    assert found is not None
    return found.cost_usd


@cache
def usual() -> Budget:
    """A growing budget that buys commitments, with scenarios: made once."""
    return budget(request(base=100, monthly_growth=0.05, diurnal=[0.5] * 12 + [1.0] * 12, scenarios=200, seed=7))
