"""A budget as text: the decision first, then the months, then how sure, then why."""

from collections.abc import Iterator

from api.render import words
from api.render.tables import table_text
from optimizer.forecast import Budget
from optimizer.forecast.budget import BudgetMonth, HistoryReport, Purchase, RiskReport, Total

MOST_MONTHS = 36
LABEL_WIDTH = 12
MOST_AHEAD = 12


def forecast_text(budget: Budget) -> str:
    """Return a budget as text."""
    if budget.total is None or budget.certificate is None:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in budget.rejected.items())
        limits = "".join(f"{_labelled('limits', words)}\n" for words in budget.conflicts)
        why = f"{limits}{_labelled('why not', reasons)}"
        return f"Nothing fits: no offers together serve this load in every hour.\n{why}"
    blocks = [
        _headline(budget, budget.total),
        "\n".join(_decision(budget, budget.total)),
        _months(budget),
        "\n".join(_how_sure(budget, budget.total)),
    ]
    return "\n\n".join(blocks)


def _headline(budget: Budget, total: Total) -> str:
    span = f"{words.plural(len(budget.months), 'month')} from {budget.request.start}"
    cash = "" if abs(total.usd_cash - total.usd_amortised) < 1 else f", {words.money(total.usd_cash)} in cash"
    return f"{words.money(total.usd_amortised)} for {span}{cash}   {budget.model}"


def _decision(budget: Budget, total: Total) -> Iterator[str]:
    if not budget.purchases:
        bought = "nothing" if budget.request.purchase_terms else "nothing: no commitment is among the terms"
        yield _labelled("commit to", bought)
    for number, purchase in enumerate(budget.purchases):
        yield _labelled("" if number else "commit to", _purchase(purchase))
    if total.usd_after_horizon > 0:
        yield _labelled("owed after", f"{words.money(total.usd_after_horizon)} of commitments beyond the last month")
    if total.all_on_demand is not None and total.saving_fraction is not None:
        saved = f"{total.saving_fraction:.1%} less than" if total.saving_fraction > 0 else "the same as"
        yield _labelled("against", f"{saved} all on demand, {words.money(total.all_on_demand)}")
    for number, offer in enumerate(budget.offers):
        layout = f"{words.weight_format(offer.quantization)} on {words.engine(offer.engine)}"
        gpus = f"{offer.gpus_per_instance} x {words.gpu(offer.gpu)}"
        price = words.money(offer.usd_per_hour, "/h")
        where = f"{offer.provider} {offer.region} {offer.instance_type}, {words.term(offer.term)}"
        serves = f"{words.number(offer.capacity)} {_unit(budget)}"
        yield _labelled("" if number else "runs on", f"{where}: {gpus}, {layout}, {price}, serves {serves}")


def _purchase(purchase: Purchase) -> str:
    *_, instance_type, _term = purchase.offer.split("/")
    place = " ".join(purchase.offer.split("/")[:2])
    upfront = f", {words.money(purchase.upfront_usd)} up front" if purchase.upfront_usd else ""
    return (
        f"{purchase.month}: {purchase.count} x {instance_type}, {place}, {words.term(purchase.term)}, "
        f"{words.money(purchase.usd_per_hour, '/h')} each{upfront}"
    )


def _months(budget: Budget) -> str:
    shown = budget.months[:MOST_MONTHS]
    chances = shown[0].p10 is not None
    header = ("month", _unit(budget), "peak", "on demand", "committed", "spot", "total", "cash", "$/M tokens")
    rows = [_month(month, chances, budget.history is not None) for month in shown]
    table = table_text((*header, *(("P10", "P50", "P90") if chances else ())), rows, right=range(1, 12))
    left = len(budget.months) - len(shown)
    return table if not left else f"{table}\n... and {words.plural(left, 'month')} more: --csv"


def _month(month: BudgetMonth, chances: bool, likely: bool) -> tuple[str, ...]:
    each = month.usd_per_million_output_tokens
    money = (
        month.usd_on_demand,
        month.usd_committed,
        month.usd_spot,
        month.usd_total_amortised,
        month.usd_cash,
    )
    spread = (month.p10 or 0.0, month.p50 or 0.0, month.p90 or 0.0) if chances else ()
    return (
        month.month,
        f"{words.number(month.demand)}{_likely(month) if likely else ''}",
        words.number(month.demand_peak),
        *(words.money(usd) for usd in money),
        "" if each is None else f"{each:.2f}",
        *(words.money(usd) for usd in spread),
    )


def _likely(month: BudgetMonth) -> str:
    """Return the 80% interval of a month's load."""
    if month.demand_p10 is None or month.demand_p90 is None:
        return ""
    return f" ({words.number(month.demand_p10)} to {words.number(month.demand_p90)})"


def _how_sure(budget: Budget, total: Total) -> Iterator[str]:
    proof = budget.certificate
    assert proof is not None
    proved = "proved cheapest (gap 0%)" if proof.proved_optimal else f"within {proof.gap_fraction:.2%} of the cheapest"
    checked = "checked by a verifier apart" if proof.verified else "NOT confirmed by the verifier"
    yield _labelled("certificate", f"{proved}, {checked}, {proof.solve_seconds:.2f} s of {proof.solver}")
    if total.p10 is not None and total.p50 is not None and total.p90 is not None:
        spread = ", ".join(f"{spread.name} {spread.fraction:.0%}" for spread in budget.uncertainty)
        low, middle, high = words.money(total.p10), words.money(total.p50), words.money(total.p90)
        yield _labelled("total", f"P10 {low}, P50 {middle}, P90 {high} ({budget.request.scenarios:,} scenarios)")
        yield _labelled("spread", f"{spread}; {'; '.join(f'{s.name}: {s.basis}' for s in budget.uncertainty)}")
    if budget.history is not None:
        yield from _history(budget.history)
    if budget.commitments:
        others = [f"{other.factor:g} x {words.money(other.expected_usd)}" for other in budget.commitments]
        yield _labelled("commitments", f"expected cost with {', '.join(others)}")
    if budget.risk is not None and len(budget.risk.decisions) > 1:
        yield from _risk(budget.risk)
    if budget.break_even is not None:
        even = budget.break_even
        level = "no level of this budget" if even.break_even_demand is None else words.number(even.break_even_demand)
        yield _labelled(
            "or an API",
            f"${even.api_usd_per_million:.2f} per million output tokens with their input, here "
            f"${even.self_hosted_usd_per_million:.2f}: {even.cheaper} is cheaper; hosting pays from {level} "
            f"{_unit(budget) if even.break_even_demand is not None else ''}".rstrip(),
        )
    for number, note in enumerate(budget.assumptions):
        yield _labelled("" if number else "assumed", note)
    facts = budget.snapshot
    seen = f"seen {facts.oldest_observed_at} to {facts.newest_observed_at}"
    yield _labelled("prices", f"{facts.offers:,} offers in snapshot {facts.id}, {seen}")


def _history(history: HistoryReport) -> Iterator[str]:
    """Yield how the load was forecast from what it was, and how far off such forecasts were."""
    shapes = [name for name, shape in (("day", history.diurnal), ("week", history.weekly)) if shape]
    shaped = f", shape of {' and '.join(shapes)}" if shapes else ""
    yield _labelled(
        "history",
        f"{history.rows:,} {history.step}s to {history.last}: {history.fitted} of {history.trend_step}s{shaped}",
    )
    test = history.backtest
    if test is None:
        return
    wider = "" if test.added_fraction == 0 else f", so a spread of {test.added_fraction:.0%} is added"
    yield _labelled(
        "back-test",
        f"from {test.origins} earlier moments: mean error {test.mape:.0%}, the 80% interval held "
        f"{test.coverage80:.0%} of {test.points:,}{wider}",
    )
    ahead = ", ".join(f"{each.months_ahead}: {each.mape:.0%}" for each in test.ahead[:MOST_AHEAD])
    yield _labelled("", f"mean error by months ahead: {ahead}")


def _risk(risk: RiskReport) -> Iterator[str]:
    """Yield the figures of the chosen decision, and of those that other measures would take."""
    named = {"forecast": "the forecast", "expected": "the mean", "cvar": f"the dearest {1 - risk.alpha:.0%}"}
    for decision in risk.decisions:
        bought = ", ".join(f"{purchase.count} x {_sku(purchase)}" for purchase in decision.purchases) or "nothing"
        money = f"mean {words.money(decision.expected_usd)}, CVaR {words.money(decision.cvar_usd)}"
        label = f"risk at {risk.alpha:.0%}" if decision.chosen else ""
        yield _labelled(label, f"{'' if decision.chosen else 'or '}for {named[decision.measure]}: {money}; {bought}")


def _sku(purchase: Purchase) -> str:
    return f"{purchase.offer.split('/')[-2]} {words.term(purchase.term)}"


def _unit(budget: Budget) -> str:
    return {"users": "users", "request_rate_per_s": "requests/s", "output_tok_per_s": "tok/s"}[budget.unit]


def _labelled(label: str, text: str) -> str:
    return f"  {label.ljust(LABEL_WIDTH)}{text}"
