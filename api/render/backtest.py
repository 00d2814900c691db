"""A back-test as text: a row for each day on which something changed, then what each way cost."""

from collections.abc import Iterator

from api.render import words
from api.render.tables import table_text
from api.sweeps.backtesting import Backtest, BacktestDay, BacktestTotal

MOST_ROWS = 40


def backtest_text(backtest: Backtest) -> str:
    """Return the days, the totals and what was assumed."""
    shown = list(_changes(backtest.days))
    rows = [
        (str(day.day), *map(_money, (day.usd_per_hour, day.held_usd_per_hour, day.hyperscaler_usd_per_hour)), day.fleet)
        for day in shown[:MOST_ROWS]
    ]
    header = ("from", "cheapest $/h", "first held $/h", f"{backtest.hyperscaler} $/h", "cheapest fleet")
    rest = len(shown) - len(rows)
    more = [f"and {words.plural(rest, 'later change')}; --json has every day"] if rest else []
    total = "on no day are all three known" if backtest.total is None else _total(backtest.total, backtest.hyperscaler)
    notes = "\n".join(f"assumed: {note}" for note in backtest.assumptions)
    return "\n\n".join((table_text(header, rows, right=(1, 2, 3)), *more, total, notes))


def _changes(days: tuple[BacktestDay, ...]) -> Iterator[BacktestDay]:
    """Yield the days on which a price or the fleet differs from the day before."""
    before = None
    for day in days:
        now = (day.usd_per_hour, day.held_usd_per_hour, day.hyperscaler_usd_per_hour, day.fleet)
        if now != before:
            yield day
        before = now


def _total(total: BacktestTotal, hyperscaler: str) -> str:
    rows = [
        ("the cheapest of each day", words.money(total.usd_followed), ""),
        ("the first plan, held", words.money(total.usd_held), _more(total.usd_held, total)),
        (f"on demand of {hyperscaler}", words.money(total.usd_hyperscaler), _more(total.usd_hyperscaler, total)),
    ]
    table = table_text((f"over {words.plural(total.days, 'day')}", "USD", ""), rows, right=(1, 2))
    return f"{table}\n{words.plural(total.changes, 'change')} of fleet"


def _more(usd: float, total: BacktestTotal) -> str:
    return f"{usd / total.usd_followed - 1:+.1%}"


def _money(usd: float | None) -> str:
    return "unknown" if usd is None else words.money(usd)
