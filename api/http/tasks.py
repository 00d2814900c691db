"""What a solver process is asked to do; each task is a function of the prices and itself, and names itself by `key`."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Literal, Protocol

from api.answering import Answerer, Wanted
from api.documents import to_plain
from api.http.plan_documents import plan_json
from optimizer.fleet.frontier import Axis
from optimizer.fleet.plan import Plan
from optimizer.forecast import BudgetRequest
from optimizer.request import PlanRequest, read_request

BudgetForm = Literal["json", "csv", "xlsx", "focus.csv"]


class Task(Protocol):
    """Something to solve."""

    @property
    def key(self) -> str:
        """What tells this task from every other on the same prices."""

    @property
    def as_of(self) -> date | None:
        """The day by whose end the prices must have been stored; None for those of now."""

    def run(self, answerer: Answerer, seconds: float) -> bytes:
        """Return the finished document. Raises GpumixError."""


@dataclass(frozen=True, slots=True)
class PlanTask:
    """A plan."""

    wanted: Wanted
    key: str

    @property
    def as_of(self) -> date | None:
        """The day by whose end the prices must have been stored; None for those of now."""
        return self.wanted.request.as_of

    def run(self, answerer: Answerer, seconds: float) -> bytes:
        """Return the plan as JSON."""
        return plan_json(answerer.make(self.wanted, seconds=seconds))


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A plan that nobody asked for: it reads and lays out what every later one needs too."""

    key = "rehearsal"
    as_of = None

    def run(self, answerer: Answerer, seconds: float) -> bytes:
        """Plan, and return nothing."""
        load = {"users": 1, "tok_per_s_per_user": 10.0, "context_tokens": 8192}
        answerer.make(answerer.wanted(read_request({"workload": load})), seconds=seconds)
        return b""


@dataclass(frozen=True, slots=True)
class FrontierTask:
    """The plans that no other one beats in both cost and another figure."""

    request: PlanRequest
    axis: Axis
    tolerance_fraction: float

    @property
    def as_of(self) -> date | None:
        """The day by whose end the prices must have been stored; None for those of now."""
        return self.request.as_of

    @property
    def key(self) -> str:
        """What tells this task from every other on the same prices."""
        return _digest("frontier", self.request.model_dump_json(), self.axis, repr(self.tolerance_fraction))

    def run(self, answerer: Answerer, seconds: float) -> bytes:
        """Return the frontier as JSON."""
        from optimizer.fleet.frontier import frontier

        found = frontier(
            answerer.resolve(self.request),
            answerer.snapshot,
            answerer.catalog,
            axis=self.axis,
            tolerance_fraction=self.tolerance_fraction,
            seconds=seconds,
        )
        return _json(found)


@dataclass(frozen=True, slots=True)
class ComparisonTask:
    """The cheapest plan of a request on each of several GPUs alone."""

    request: PlanRequest
    gpus: tuple[str, ...]

    @property
    def as_of(self) -> date | None:
        """The day by whose end the prices must have been stored; None for those of now."""
        return self.request.as_of

    @property
    def key(self) -> str:
        """What tells this task from every other on the same prices."""
        return _digest("compare", self.request.model_dump_json(), *self.gpus)

    def run(self, answerer: Answerer, seconds: float) -> bytes:
        """Return the comparison as JSON."""
        from optimizer.fleet.comparison import compare_gpus

        return _json(compare_gpus(answerer.resolve(self.request), self.gpus, answerer.snapshot, answerer.catalog))


@dataclass(frozen=True, slots=True)
class RobustTask:
    """The plan that is safe against prices being old, beside the one at listed prices, on a day."""

    request: PlanRequest
    quantile: float
    day: date

    @property
    def as_of(self) -> date | None:
        """The day by whose end the prices must have been stored; None for those of now."""
        return self.request.as_of

    @property
    def key(self) -> str:
        """What tells this task from every other on the same prices; ages are of a day."""
        return _digest("robust", self.request.model_dump_json(), repr(self.quantile), self.day.isoformat())

    def run(self, answerer: Answerer, seconds: float) -> bytes:
        """Return both plans as JSON."""
        from api.robust import answer_robust, drift_of

        drift = drift_of(answerer)
        return _json(answer_robust(answerer, self.request, drift, quantile=self.quantile, seconds=seconds))


@dataclass(frozen=True, slots=True)
class DifferenceTask:
    """What changed from a saved plan to another, or to a request on prices by name; `then` names the prices of before.

    Prices other than those of now are opened by the solver.
    """

    saved: Plan
    other: Plan | None
    request: PlanRequest | None
    now: str
    then: str | None

    @property
    def as_of(self) -> date | None:
        """None: the prices of the moment are one side unless others are named."""
        return None

    @property
    def key(self) -> str:
        """What tells this task from every other on the same prices."""
        documents = (to_plain(one) if one is not None else None for one in (self.saved, self.other, self.request))
        return _digest("diff", *map(json.dumps, documents), self.now, repr(self.then))

    def run(self, answerer: Answerer, seconds: float) -> bytes:
        """Return the difference as JSON."""
        from api.differing import Against, answer_difference
        from api.prices_named import NamedPrices, prices_named

        against = Against(
            prices=NamedPrices(answerer.snapshot) if self.now == "now" else prices_named(self.now),
            plan=self.other,
            request=self.request,
            then=None if self.then is None else prices_named(self.then),
        )
        return _json(answer_difference(self.saved, against, answerer.catalog, seconds=seconds))


@dataclass(frozen=True, slots=True)
class BudgetTask:
    """A budget over months, in one of its forms; `issued` is the day that a FOCUS-shaped forecast is of."""

    asked: BudgetRequest
    form: BudgetForm
    issued: date

    @property
    def as_of(self) -> date | None:
        """The day by whose end the prices must have been stored; None for those of now."""
        return self.asked.as_of

    @property
    def key(self) -> str:
        """What tells this task from every other on the same prices."""
        return _digest("budget", self.asked.model_dump_json(), self.form, self.issued.isoformat())

    def run(self, answerer: Answerer, seconds: float) -> bytes:
        """Return the budget in its form."""
        from api.exports import budget_csv, budget_workbook, focus_csv
        from api.exports.budgeting import answer_budget

        budget = answer_budget(answerer, self.asked, seconds=seconds)
        match self.form:
            case "json":
                return _json(budget)
            case "csv":
                return budget_csv(budget)
            case "xlsx":
                return budget_workbook(budget)
            case "focus.csv":
                return focus_csv(budget, datetime.combine(self.issued, time(), UTC))


def _json(document: object) -> bytes:
    return json.dumps(to_plain(document), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:32]
