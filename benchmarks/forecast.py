"""Budgets of 36 months and 24 hour classes, or flat, timed: the decision to its proof, 2,000 scenarios, the workbook.

Seconds are of this process's own work (CPU), so that a busy machine changes them little.
"""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from api.answering import Answerer
from api.exports import budget_workbook
from api.exports.budgeting import history_spread
from optimizer.forecast import Budget, BudgetRequest, make_budget, read_budget_request

DAY = [0.3, 0.25, 0.2, 0.21, 0.22, 0.26, 0.35, 0.5, 0.7, 0.85, 0.95, 1, 0.99, 0.98, 0.97, 0.96, 0.94, 0.9, 0.8, 0.72,
       0.6, 0.52, 0.45, 0.4]  # fmt: skip
USERS = {"tok_per_s_per_user": 20, "context_tokens": 8192}
REQUESTS = {"input_tokens": 1000, "output_tokens": 200}
SECONDS = 60.0
SCENARIOS = 2000


@dataclass(frozen=True, slots=True)
class Case:
    """One budget: its name, the unit and base of its load, and the rest of the request; `day` is flat where empty."""

    name: str
    unit: str
    base: float
    request: dict[str, Any]
    growth: float = 0.03
    model: str = "llama-3.1-70b"
    rest: tuple[tuple[str, Any], ...] = ()
    day: tuple[float, ...] = tuple(DAY)


def flat(name: str, base: float, growth: float, request: dict[str, Any] | None = None, **rest: Any) -> Case:
    """Return a case whose hours are all alike, at the three large clouds: the hardest, as any commitment may pay."""
    model, unit = rest.pop("model", "llama-3.1-70b"), rest.pop("unit", "users")
    own = request or {"workload": USERS, **LARGE_CLOUDS}
    return Case(f"flat, {name}", unit, base, own, growth, model, tuple(rest.items()), ())


LARGE_CLOUDS = {"allow": {"providers": ["aws", "gcp", "azure"],
                          "tiers": ["hyperscaler", "neocloud", "marketplace", "tracker"]}}  # fmt: skip
HELD = {"offer": "gcp/us-central1/-/g4-standard-48/reserved_1y", "count": 3, "months_left": 9}
HYPERSCALERS = {"allow": {"tiers": ["hyperscaler"]}}
ALL_TIERS = {"allow": {"tiers": ["hyperscaler", "neocloud", "marketplace", "tracker"]}}
CASES = (
    Case("200 users, every offer", "users", 200, {"workload": USERS, **ALL_TIERS}),
    Case("200 users", "users", 200, {"workload": USERS}),
    Case("40 users, hyperscalers", "users", 40, {"workload": USERS, **HYPERSCALERS}),
    Case("400 users, hyperscalers", "users", 400, {"workload": USERS, **HYPERSCALERS}),
    Case("20 requests/s, hyperscalers", "request_rate_per_s", 20, {"workload": REQUESTS, **HYPERSCALERS}),
    Case("100 requests/s, hyperscalers", "request_rate_per_s", 100, {"workload": REQUESTS, **HYPERSCALERS}),
    Case("5 requests/s, 405B, hyperscalers", "request_rate_per_s", 5, {"workload": REQUESTS, **HYPERSCALERS},
         model="llama-3.1-405b"),
    Case("300 users, spot and blocks too", "users", 300, {"workload": USERS, **HYPERSCALERS},
         rest=(("terms", ["on_demand", "spot", "reserved_1y", "reserved_3y", "capacity_block"]),)),
    Case("300 users, shrinking, need goes on", "users", 300, {"workload": USERS, **HYPERSCALERS}, growth=-0.02,
         rest=(("after_horizon", "free"),)),
    Case("40 users, the dearest tenth", "users", 40, {"workload": USERS, **HYPERSCALERS},
         rest=(("risk", {"measure": "cvar"}),)),
    Case("40 users, survive an instance", "users", 40, {"workload": USERS, **HYPERSCALERS, "survive_loss": "instance"}),
    *(Case(f"40 users, survive a {scope}", "users", 40, {"workload": USERS, **HYPERSCALERS, "survive_loss": scope})
      for scope in ("zone", "provider")),
    flat("40 users, every offer", 40, 0.03, {"workload": USERS, **ALL_TIERS}),
    *(flat(f"{users} users, {growth:+.0%} a month", users, growth)
      for users in (1, 20, 40, 100, 200) for growth in (0.01, 0.02, 0.03, -0.02)),
    flat("40 users, prices stand still", 40, 0.03, price_change_per_year=0.0),
    flat("100 users, 3 commitments held", 100, 0.02, existing=[HELD]),
    flat("60 users, azure alone", 60, 0.03,
         {"workload": USERS, "allow": {**LARGE_CLOUDS["allow"], "providers": ["azure"]}}),
    flat("10 requests/s, 405B", 10, 0.03, {"workload": REQUESTS, **LARGE_CLOUDS}, model="llama-3.1-405b",
         unit="request_rate_per_s"),
    flat("60 users, 405B", 60, 0.03, model="llama-3.1-405b"),
    flat("60 users, 8B", 60, 0.03, model="llama-3.1-8b"),
    flat("60 users, blocks too", 60, 0.03, terms=["on_demand", "reserved_1y", "reserved_3y", "capacity_block"]),
)  # fmt: skip


def request_of(case: Case, scenarios: int = 0) -> BudgetRequest:
    """Return the request of a case."""
    demand = {"unit": case.unit, "base": case.base, "monthly_growth": case.growth, "diurnal": case.day}
    document = {
        "model": case.model, "start": "2027-01", "months": 36, "demand": demand, "request": case.request,
        "price_change_per_year": -0.1, "scenarios": scenarios, **dict(case.rest),
    }  # fmt: skip
    return read_budget_request(document)


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return the outcome of some work and the seconds that this process worked on it."""
    started = time.process_time()
    return work(), time.process_time() - started


def made(answerer: Answerer, asked: BudgetRequest) -> Budget:
    """Return a budget on the shipped prices."""
    return make_budget(asked, answerer.snapshot, answerer.catalog, price=history_spread(), seconds=SECONDS)


def lines(answerer: Answerer) -> Iterator[str]:
    """Yield a line for each case, the slowest of them, then the scenarios and the workbook."""
    slowest, unproved = (0.0, ""), []
    for case in CASES:
        found, seconds = timed(lambda case=case: made(answerer, request_of(case)))  # type: ignore[misc]
        proof = found.certificate
        proved = (
            "nothing fits" if proof is None else "proved" if proof.proved_optimal else f"gap {proof.gap_fraction:.2%}"
        )
        slowest = max(slowest, (seconds, case.name))
        unproved += [] if proof is None or proof.proved_optimal else [case.name]
        yield f"{case.name:36} {seconds:6.2f} s  {proved:14} {len(found.purchases)} purchases"
    yield f"{'the slowest':36} {slowest[0]:6.2f} s  {slowest[1]}; not proved: {', '.join(unproved) or 'none'}"
    usual = CASES[2]
    alone, bare = timed(lambda: made(answerer, request_of(usual)))
    _, whole = timed(lambda: made(answerer, request_of(usual, SCENARIOS)))
    yield f"{f'{SCENARIOS:,} scenarios of it':36} {whole - bare:6.2f} s"
    _, sheet = timed(lambda: budget_workbook(alone))
    yield f"{'its workbook':36} {sheet:6.2f} s"


def main() -> None:
    """Print the seconds of every case."""
    answerer = Answerer.shipped()
    made(answerer, request_of(CASES[1]))
    for line in lines(answerer):
        print(line)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
