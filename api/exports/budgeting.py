"""Budgets as every front end makes them: a document in, the current prices and their history, a Budget out."""

from collections.abc import Callable, Mapping
from functools import cache
from itertools import groupby
from pathlib import Path

from api.answering import Answerer
from api.exports.traced import HINT_OF_TRACES, with_trace
from api.files import read_text
from catalog import InvalidInputError
from optimizer.forecast import Budget, BudgetRequest, make_budget, read_budget_request
from optimizer.forecast.budget import Spread
from optimizer.forecast.series import read_series_csv
from optimizer.forecast.uncertainty import price_spread
from optimizer.simulation import shipped_trace_text

FILES = ("series", "history")
SHIPPED_TRACE = "conversation"


def answer_budget(
    answerer: Answerer, asked: BudgetRequest, *, seconds: float = 60, progress: Callable[[int], None] | None = None
) -> Budget:
    """Return the budget of a request. Raises InvalidInputError, TimeLimitError."""
    return make_budget(
        asked, answerer.snapshot, answerer.catalog, price=history_spread(), seconds=seconds, progress=progress
    )


def budget_request_of(document: object, beside: str = "-") -> BudgetRequest:
    """Return the request of a document; what `demand` names as a CSV file is read, beside the request's file."""
    if isinstance(document, Mapping) and isinstance(demand := document.get("demand"), Mapping):
        named = {name: demand[name] for name in FILES if isinstance(demand.get(name), str)}
        rows = {name: read_series_csv(_text_beside(file, beside, name), name) for name, file in named.items()}
        document = {**document, "demand": {**demand, **rows}}
        if "trace" in demand:
            document = with_trace(document, demand, _trace_text(demand["trace"], beside))
    return read_budget_request(document)


def _trace_text(trace: object, beside: str) -> str:
    """Return the text of a trace: the shipped one by its name, else a file."""
    if not isinstance(trace, str):
        raise InvalidInputError("demand.trace: is the name of a CSV file, or conversation", HINT_OF_TRACES)
    return shipped_trace_text() if trace == SHIPPED_TRACE else _text_beside(trace, beside, "trace")


def _text_beside(file: str, beside: str, name: str) -> str:
    """Return the text of a file that a request names. Raises InvalidInputError."""
    if beside == "-" and not Path(file).is_absolute():
        raise InvalidInputError(
            f"demand.{name}: {file!r} is relative to a file, but the request is standard input",
            "give the whole path, or the rows themselves",
        )
    return read_text(str(Path(beside).parent / file))


@cache
def history_spread() -> Spread:
    """Return the spread of on-demand prices over a year, from the history that ships with gpumix."""
    from pricing.history import shipped_history
    from pricing.spans import HistoryFilter, join_spans

    spans = join_spans(shipped_history(HistoryFilter(term="on_demand")))
    lines = (list(run) for _, run in groupby(spans, key=lambda span: span.key))
    return price_spread(
        [(span.first_seen, span.last_seen, float(span.usd_per_hour)) for span in line]
        for line in lines
        if not line[0].instance_type.startswith("index_")
    )
