"""A budget as an XLSX workbook: change an assumption, and every month is recomputed.

What is live: the demand of every hour class, what is rented by the hour for it (the cheapest rent for any amount is a
staircase on the sheet Steps), commitments, prices, hours, discounting. What is not: which commitments to buy, and the
percentiles; for these run gpumix again.
"""

import io
from collections.abc import Iterator
from datetime import date
from typing import Any

from api.exports.book import Book
from api.exports.live_sheets import LiveSheets, forecast_cells
from optimizer.forecast import Budget
from optimizer.forecast.budget import HistoryReport, RiskReport

TITLES = {"usd_on_demand": "on demand", "usd_spot": "spot", "usd_committed": "committed"}


def budget_workbook(budget: Budget) -> bytes:
    """Return the workbook of a budget; the same budget gives the same bytes."""
    buffer = io.BytesIO()
    created = date.fromisoformat(budget.snapshot.newest_observed_at)
    with Book(buffer, f"gpumix budget {budget.budget_id}", created) as book:
        summary = book.sheet("Summary", (), (34, 24, 60))
        summary.fit_to_pages(1, 1)
        if budget.months:
            live = LiveSheets(book, budget)
            live.write()
            _summary(book, summary, budget)
            _charts(book, summary, budget)
        else:
            summary.write_string(0, 0, "Nothing fits: see Rejected", book.bold)
            book.sheet("Assumptions", (), ())
        _plan(book, budget)
        _prices(book, budget)
        if budget.risk is not None:
            _risk(book, budget.risk)
        if budget.history is not None:
            _history(book, budget, budget.history)
        book.table("Rejected", ("reason", "offers"), budget.rejected.items(), (60, 12), ("text", "number"))
        book.table("About", ("fact", "value"), _about(budget), (26, 90))
    return buffer.getvalue()


def _summary(book: Book, sheet: Any, budget: Budget) -> None:
    total, proof = budget.total, budget.certificate
    assert total is not None
    assert proof is not None
    saving = None if total.all_on_demand is None else 1 - total.usd_amortised / total.all_on_demand
    discounted = sum(cell.discounted for cell in forecast_cells(budget))
    rows: tuple[tuple[str, str | None, object, str], ...] = (
        ("model", None, budget.model, "text"),
        ("months", None, f"{len(budget.months)} from {budget.request.start}", "text"),
        ("total, amortised", "=SUM(forecast_total)", total.usd_amortised, "usd"),
        ("total, cash", "=SUM(forecast_cash)", total.usd_cash, "usd"),
        ("cash discounted to the start", "=SUM(forecast_discounted)", discounted, "usd"),
        ("all on demand", "=SUM(forecast_on_demand)", total.all_on_demand, "usd"),
        ("saving against it", "=IF(B6=0,0,1-B3/B6)", saving, "percent"),
        ("P10 of the total", None, total.p10, "usd"),
        ("P50 of the total", None, total.p50, "usd"),
        ("P90 of the total", None, total.p90, "usd"),
        ("mean of the total", None, total.expected, "usd"),
        ("CVaR of the total", None, total.cvar, "usd"),
        ("owed after the last month", None, total.usd_after_horizon, "usd"),
        ("proved optimal", None, proof.proved_optimal, "text"),
    )
    for number, (label, formula, value, form) in enumerate(rows):
        sheet.write_string(number, 0, label, book.bold)
        if formula is not None and (value is None or isinstance(value, int | float)):
            book.formula(sheet, number, 1, formula, value, form)
        else:
            book.cell(sheet, number, 1, value, form)
    live = "live: change a blue cell on Assumptions or Purchases"
    if budget.form == "fleets":
        live = (
            "live: prices, commitments, discounting; fixed: what each hour rents within the limits, #N/A above the plan"
        )
    sheet.write_string(2, 2, live, book.note)
    sheet.write_string(7, 2, "of the forecast as it was made; not live", book.note)


def _charts(book: Book, sheet: Any, budget: Budget) -> None:
    """Draw the months as stacked columns, and the fan of scenarios as lines."""
    last = len(budget.months)
    months = f"=Forecast!$A$2:$A${last + 1}"
    columns = book.book.add_chart({"type": "column", "subtype": "stacked"})
    for name, letter in (("committed", "I"), ("on demand", "H"), ("spot", "G")):
        columns.add_series(
            {"name": name, "categories": months, "values": f"=Forecast!${letter}$2:${letter}${last + 1}"}
        )
    columns.set_title({"name": "USD per month, amortised", "name_font": {"size": 12}})
    fan = book.book.add_chart({"type": "line"})
    series = [("forecast", "J")] if budget.months[0].p10 is None else [("P10", "P"), ("P50", "Q"), ("P90", "R")]
    for name, letter in series:
        fan.add_series({"name": name, "categories": months, "values": f"=Forecast!${letter}$2:${letter}${last + 1}"})
    fan.set_title({"name": "USD per month, scenarios", "name_font": {"size": 12}})
    for place, chart in (("A17", columns), ("A39", fan)):
        chart.set_x_axis({"num_format": "mmm yyyy", "date_axis": False})
        chart.set_y_axis({"num_format": "$#,##0"})
        chart.set_legend({"position": "bottom"})
        chart.set_size({"width": 860, "height": 400})
        sheet.insert_chart(place, chart)


def _plan(book: Book, budget: Budget) -> None:
    header = (
        "offer", "gpu", "gpus", "quantization", "kv_dtype", "engine", "tensor_parallel", "pipeline_parallel",
        "instances", "replicas", f"capacity_{budget.unit}", "most_running", "mean_running",
    )  # fmt: skip
    rows = []
    for offer in budget.offers:
        name = offer.offer
        most = max(
            month.committed.get(name, 0) + max(plan.rented.get(name, 0) for plan in month.hours)
            for month in budget.months
        )
        mean = sum(month.instances.get(name, 0.0) for month in budget.months) / len(budget.months)
        rows.append(
            (
                name, offer.gpu, offer.gpus_per_instance, offer.quantization, offer.kv_dtype, offer.engine,
                offer.tensor_parallel, offer.pipeline_parallel, offer.instances, offer.replicas, offer.capacity,
                most, mean,
            )
        )  # fmt: skip
    forms = ("text", "text", "number", "text", "text", "text", *("number",) * 7)
    book.table("Plan", header, rows, (56, 22, *(14,) * 11), forms)


def _prices(book: Book, budget: Budget) -> None:
    header = ("offer", "usd_per_hour", "list_usd_per_hour", "currency", "tier", "observed_at", "source_url")
    rows = [
        (
            offer.offer,
            offer.usd_per_hour,
            offer.list_usd_per_hour,
            offer.currency,
            offer.tier,
            date.fromisoformat(offer.observed_at),
            offer.source_url,
        )
        for offer in budget.offers
    ]
    forms = ("text", "rate", "rate", "text", "text", "day", "text")
    book.table("Prices", header, rows, (56, 14, 16, 10, 14, 14, 80), forms)


def _risk(book: Book, risk: RiskReport) -> None:
    """Write what each decision would buy, and what it costs over the sample."""
    header = (
        "decision for", "chosen", "mean_usd", f"cvar_usd, dearest {1 - risk.alpha:.0%}", "starts", "offer", "count",
    )  # fmt: skip
    rows: list[tuple[object, ...]] = []
    for decision in risk.decisions:
        own = (decision.measure, decision.chosen, decision.expected_usd, decision.cvar_usd)
        rows += [(*own, bought.month, bought.offer, bought.count) for bought in decision.purchases] or [
            (*own, None, "nothing", 0)
        ]
    book.table(
        "Risk", header, rows, (14, 10, 18, 20, 10, 60, 8), ("text", "text", "usd", "usd", "text", "text", "number")
    )


def _history(book: Book, budget: Budget, history: HistoryReport) -> None:
    """Write what was forecast of the load with its interval, and what such forecasts were off by."""
    header = ("month", "demand", "P10", "P90", "", "months ahead", "mean error", "80% interval held", "forecasts")
    tests = () if history.backtest is None else history.backtest.ahead
    rows: list[tuple[object, ...]] = []
    for number in range(max(len(budget.months), len(tests))):
        month = budget.months[number] if number < len(budget.months) else None
        test = tests[number] if number < len(tests) else None
        rows.append(
            (
                *((month.month, month.demand, month.demand_p10, month.demand_p90) if month else (None,) * 4),
                None,
                *((test.months_ahead, test.mape, test.coverage80, test.points) if test else (None,) * 4),
            )
        )
    forms = ("text", "number", "number", "number", "text", "number", "percent", "percent", "number")
    book.table("History", header, rows, (12, 14, 14, 14, 4, 14, 12, 18, 12), forms)


def _about(budget: Budget) -> Iterator[tuple[str, object]]:
    yield "budget_id", budget.budget_id
    yield "status", budget.status
    yield "snapshot_id", budget.snapshot.id
    yield "oldest price", date.fromisoformat(budget.snapshot.oldest_observed_at).isoformat()
    yield "newest price", date.fromisoformat(budget.snapshot.newest_observed_at).isoformat()
    yield "catalog_id", budget.catalog_id
    yield "calibration_id", budget.calibration_id
    if budget.certificate is not None:
        yield "verified", budget.certificate.verified
        yield "bound_usd, discounted", budget.certificate.bound_usd
        yield "cost_usd, discounted", budget.certificate.cost_usd
    yield "scenarios", budget.request.scenarios
    yield "seed", budget.request.seed
    for spread in budget.uncertainty:
        yield f"spread of {spread.name}", f"{spread.fraction:.1%}: {spread.basis}"
    if budget.history is not None:
        history, test = budget.history, budget.history.backtest
        yield "history", f"{history.rows} {history.step}s, {history.first} to {history.last}"
        yield "trend", f"{history.fitted}, of {history.trend_step}s"
        if test is not None:
            yield (
                "back-test",
                f"mean error {test.mape:.1%}, the 80% interval held {test.coverage80:.0%} of {test.points}",
            )
    for note in budget.assumptions:
        yield "assumed", note
