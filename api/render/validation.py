"""Predictions against measurements, as text."""

from api.render.tables import table_text
from optimizer.evidence.accuracy import Summary
from optimizer.evidence.validate import Validation


def validation_text(found: Validation) -> str:
    """Return the errors overall and by metric, engine, GPU, model and source, then why rows were skipped."""
    total = found.summary
    rows = [_row("all", "", Summary(total.n, total.mape, total.median_ape, total.bias, total.coverage80))]
    for kind in ("metric", "engine", "gpu", "model", "source_id"):
        rows += [_row(kind, name, summary) for name, summary in getattr(found.by, kind)]
    header = ("", "", "n", "mean error", "median", "bias", "inside 80%")
    parts = [table_text(header, rows, right=(2, 3, 4, 5, 6))]
    reasons: dict[str, int] = {}
    for row in found.rows:
        if row.skipped_because:
            reasons[row.skipped_because] = reasons.get(row.skipped_because, 0) + 1
    if reasons:
        lines = [f"  {count:>5,}  {reason}" for reason, count in sorted(reasons.items(), key=lambda pair: -pair[1])]
        parts.append(f"{total.skipped:,} rows skipped:\n" + "\n".join(lines))
    return "\n\n".join(parts)


def _row(kind: str, name: str, summary: Summary) -> tuple[str, ...]:
    return (
        kind,
        name[:44],
        f"{summary.n:,}",
        f"{summary.mape:.1%}",
        f"{summary.median_ape:.1%}",
        f"{summary.bias:+.1%}",
        f"{summary.coverage80:.0%}",
    )
