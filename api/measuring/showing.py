"""Imported and stored measurements as text."""

from collections.abc import Sequence

from api.measuring.importing import Imported, ImportedRow, load_words
from api.measuring.rows import Row
from api.render.tables import table_text
from api.render.words import number, plural
from optimizer.performance.estimates import Estimate

MOST_CHANGES = 12


def imported_text(found: Imported) -> str:
    """Return each row beside its prediction, what was assumed, and where to look further."""
    header = ("run", "load", "metric", "measured", "predicted", "80% interval", "error")
    lines = [table_text(header, [_cells(row) for row in found.rows], right=(3, 4, 5, 6))]
    reasons = dict.fromkeys(row.skipped_because for row in found.rows if row.skipped_because)
    lines += [f"not predicted: {reason}" for reason in reasons]
    lines += [f"assumed: {assumption}" for assumption in found.assumptions]
    if found.stored_in is None:
        lines.append(f"{plural(len(found.rows), 'row')} read; nothing is stored (--dry-run)")
    else:
        lines.append(f"{plural(len(found.rows), 'row')} stored in {found.stored_in}")
    lines += [f"without a say in predictions: {reason}" for reason in found.without_say]
    lines += _changes(found)
    return "\n".join(lines)


def _changes(found: Imported) -> list[str]:
    """Return what predictions say of what was measured, before and now."""
    if not found.predictions_changed:
        return ["predictions are as before"]
    now = "would become" if found.stored_in is None else "are now"
    header = ("replica", "load", "figure", "before", "80% interval", "now", "80% interval")
    cells = [
        (
            change.replica, change.load, change.figure, number(change.before.value), _interval(change.before),
            number(change.after.value), _interval(change.after),
        )
        for change in found.changes[:MOST_CHANGES]
    ]  # fmt: skip
    more = len(found.changes) - len(cells)
    lines = [f"predictions and plans {now} these, and move near them:", table_text(header, cells, right=(3, 4, 5, 6))]
    return [*lines, f"... and {more} more, with --json"] if more else lines


def _interval(estimate: Estimate) -> str:
    return f"{number(estimate.low)} to {number(estimate.high)}"


def stored_text(rows: Sequence[Row], path: str) -> str:
    """Return the stored rows."""
    if not rows:
        return f"no measurements of your own; gpumix measure import FILE puts them in {path}"
    header = ("run", "import", "day", "model", "GPUs", "format", "engine", "load", "metric", "value")
    cells = [
        (
            row["experiment_id"], row["source_id"], row["source_date"], row["model"],
            f"{row['num_gpus']} x {row['gpu']}",
            row["weight_quant"], row["engine"], load_words(row), row["metric"], number(float(row["value"])),
        )
        for row in rows
    ]  # fmt: skip
    return f"{table_text(header, cells, right=(9,))}\n{plural(len(rows), 'row')} in {path}"


def _cells(row: ImportedRow) -> tuple[str, ...]:
    start = (row.experiment_id, row.load, row.metric, number(row.measured))
    if row.predicted is None or row.low is None or row.high is None or row.error_fraction is None:
        return (*start, "-", "", "")
    interval = f"{number(row.low)} to {number(row.high)}"
    return (*start, number(row.predicted), interval, f"{row.error_fraction:+.0%}")
