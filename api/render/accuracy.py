"""The accuracy table as text."""

from collections.abc import Sequence

from api.render.tables import table_text
from optimizer.evidence.accuracy import Accuracy


def accuracy_text(lines: Sequence[Accuracy]) -> str:
    """Return one row per scope, group and metric."""
    rows = [
        (
            line.scope,
            line.by,
            line.name[:40],
            line.metric,
            f"{line.summary.n:,}",
            f"{line.summary.mape:.1%}",
            f"{line.summary.median_ape:.1%}",
            f"{line.summary.bias:+.1%}",
            f"{line.summary.coverage80:.0%}",
        )
        for line in lines
    ]
    header = ("", "by", "", "metric", "n", "mean error", "median", "bias", "inside 80%")
    return table_text(header, rows, right=(4, 5, 6, 7, 8))
