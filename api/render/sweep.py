"""A finished sweep as text: what came of its points, and what plans cost along each thing that was varied."""

from api.render import words
from api.render.tables import table_text
from api.sweeps.summary import Group, SweepSummary

MOST_ERRORS = 5


def sweep_text(summary: SweepSummary) -> str:
    """Return the summary, a table for each varied column with few values."""
    ends = ", ".join(f"{count:,} {status}" for status, count in summary.statuses.items())
    blocks = [f"{words.plural(summary.points, 'point')}: {ends}", *map(_block, summary.columns.items())]
    if summary.errors:
        errors = list(summary.errors.items())[:MOST_ERRORS]
        rest = len(summary.errors) - len(errors)
        more = [f"and {words.plural(rest, 'other error')}"] if rest else []
        blocks.append("\n".join([*(f"{count:,} x {error}" for error, count in errors), *more]))
    return "\n\n".join((*blocks, f"{_work(summary)}\n{summary.output}"))


def _work(summary: SweepSummary) -> str:
    if not summary.solved:
        return "every point was finished before"
    before = f"; {summary.found_before:,} were finished before" if summary.found_before else ""
    rate = summary.solved / summary.seconds
    return f"{summary.solved:,} solved in {summary.seconds:,.1f} s, {rate:,.1f} a second{before}"


def _block(column: tuple[str, tuple[Group, ...]]) -> str:
    name, groups = column
    most = max((group.middle or 0.0 for group in groups), default=0.0)
    rows = [
        (
            "none" if group.value is None else str(group.value),
            f"{group.plans:,} of {group.points:,}",
            *(_money(usd) for usd in (group.least, group.middle, group.most)),
            "▇" * round(24 * (group.middle or 0.0) / most) if most else "",
        )
        for group in groups
    ]
    return table_text((name, "plans", "least $/h", "median $/h", "most $/h", ""), rows, right=(0, 1, 2, 3, 4))


def _money(usd: float | None) -> str:
    return "" if usd is None else words.money(usd)
