"""A comparison as a table: a column a side, a row a question."""

from collections.abc import Callable

from api.render import words
from api.render.tables import table_text
from optimizer.fleet.comparison import Compared, Comparison
from optimizer.performance.estimates import Estimate

NOTHING = "-"


def comparison_text(comparison: Comparison) -> str:
    """Return the sides beside each other, then which is cheapest."""
    sides = comparison.sides
    rows = [(name, *(show(side) for side in sides)) for name, show in _ROWS]
    table = table_text(("", *(side.label for side in sides)), rows)
    reasons = [f"{side.label}: nothing fits ({'; '.join(side.why_not[:3])})" for side in sides if not side.lines]
    return "\n\n".join([table, *reasons, _verdict(comparison)])


def _verdict(comparison: Comparison) -> str:
    dearer = [side for side in comparison.sides if side.lines and side.label != comparison.cheapest]
    if comparison.cheapest is None:
        return "None of them can do it."
    if not dearer:
        return f"Only {comparison.cheapest} can do it."
    others = ", ".join(f"{side.label} costs {side.times_the_cheapest or 1:.2f} times as much" for side in dearer)
    return f"{comparison.cheapest} is cheapest; {others}."


def _cost(side: Compared) -> str:
    return "nothing fits" if side.cost_usd_per_hour is None else words.money(side.cost_usd_per_hour, "/h")


def _per_month(side: Compared) -> str:
    return NOTHING if side.cost_usd_per_month is None else words.money(side.cost_usd_per_month)


def _per_million(side: Compared) -> str:
    price = side.usd_per_million_output_tokens
    return NOTHING if price is None else words.money(price)


def _estimate(estimate: Estimate | None, unit: str) -> str:
    if estimate is None:
        return NOTHING
    value, low, high = (words.number(part) for part in (estimate.value, estimate.low, estimate.high))
    return f"{value} {unit} ({low} to {high})"


def _fraction(fraction: float | None) -> str:
    return NOTHING if fraction is None else f"{fraction:.0%}"


def _joined(side: Compared, parts: list[str]) -> str:
    return " + ".join(dict.fromkeys(parts)) or NOTHING


_ROWS: tuple[tuple[str, Callable[[Compared], str]], ...] = (
    ("cost", _cost),
    ("per month", _per_month),
    ("per million tokens", _per_million),
    ("instances", lambda side: _joined(side, [f"{line.count} x {line.instance_type}" for line in side.lines])),
    ("from", lambda side: _joined(side, [f"{line.provider} {line.region}" for line in side.lines])),
    ("GPUs", lambda side: _joined(side, [words.gpu(line.gpu) for line in side.lines])),
    ("how many", lambda side: str(side.gpus) if side.lines else NOTHING),
    ("format", lambda side: _joined(side, [words.weight_format(line.quantization) for line in side.lines])),
    ("quality", lambda side: _joined(side, [line.quality_tier for line in side.lines])),
    ("engine", lambda side: _joined(side, [words.engine(line.engine) for line in side.lines])),
    ("speed", lambda side: _estimate(side.tok_per_s_per_user, "tok/s")),
    ("first token", lambda side: _estimate(side.ttft_s, "s")),
    ("full", lambda side: _fraction(side.utilization)),
    ("memory used", lambda side: _fraction(side.memory_fraction)),
    ("evidence", lambda side: _joined(side, [line.evidence.kind for line in side.lines])),
)
