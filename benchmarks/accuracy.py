"""Write the accuracy tables and the plot of the shipped calibration: README.md and of docs."""

import re
import sys
from pathlib import Path

import numpy as np

from api.charts.accuracy import Point, accuracy_chart
from api.charts.files import save_chart
from benchmarks.limits import with_limits
from catalog import load_catalog
from optimizer.evidence.accuracy import Accuracy
from optimizer.evidence.aliases import shipped_spellings
from optimizer.evidence.cases import cases
from optimizer.evidence.measurements import shipped_measurements
from optimizer.evidence.predicting import predicted
from optimizer.evidence.report import markdown, shipped_accuracy
from optimizer.evidence.validate import validate
from optimizer.performance.coefficients import shipped_coefficients
from optimizer.performance.support import shipped_support

ROOT = Path(__file__).parents[1]
START, END = "<!-- accuracy: make accuracy -->", "<!-- end of accuracy -->"
PLOTTED = "output_tok_s_total"
IN_README = (
    "saturated throughput",
    "saturated throughput of experts",
    "tpot",
    "ttft",
    "tpot of experts",
    "llama.cpp speeds",
)


def main() -> int:
    """Write the files, or with --check return 1 where they differ from what would be written."""
    readme = ROOT / "README.md"
    limits = ROOT / "docs" / "model-limits.md"
    texts = {
        readme: _with_table(readme.read_text(), shipped_accuracy()),
        ROOT / "docs" / "accuracy.md": _page(),
        limits: with_limits(
            limits.read_text(), shipped_accuracy(), shipped_coefficients(), load_catalog(), shipped_support()
        ),
    }
    if "--check" in sys.argv:
        stale = [path.name for path, text in texts.items() if not path.exists() or path.read_text() != text]
        sys.stdout.write(
            f"stale: {', '.join(stale)}; run make accuracy\n" if stale else "accuracy tables are current\n"
        )
        return bool(stale)
    for path, text in texts.items():
        path.write_text(text)
    save_chart(accuracy_chart(_points()), str(ROOT / "docs" / "accuracy.png"))
    return 0


def _with_table(text: str, lines: tuple[Accuracy, ...]) -> str:
    table = markdown(tuple(line for line in lines if line.by in {"all", "part"} and line.metric in IN_README))
    return re.sub(f"{START}.*{END}", lambda _: f"{START}\n{table}{END}", text, flags=re.DOTALL)


def _page() -> str:
    return (
        "# Accuracy\n\n"
        "Every prediction below was made with the rows of its own group (source, GPU kind or engine) left out of the "
        "fit; groups of few rows are left out together. The first sources are those that the model was formed on, the "
        "later ones were predicted before any was fitted (docs/measurements.md). `bias` is the mean of "
        "ln(predicted / measured); `inside 80 %` is the share of measurements within the "
        "stated interval. An interval spans the middle 80 % of measured / predicted over all left-out rows of the same "
        "metric and strength of evidence, mixtures of experts apart; strengths with few rows share those of their "
        "neighbours, and none is narrower than a stronger one. `gpumix calibrate` makes these figures anew, `make "
        f"accuracy` writes this page.\n\n{_uncarried()}\n\n"
        "![predicted against measured](accuracy.png)\n\n"
        f"{markdown(shipped_accuracy())}"
    )


def _uncarried() -> str:
    """Return how many fitted figures have no finite prediction, and so no error to count."""
    batch = cases(shipped_measurements(), load_catalog(), shipped_spellings())
    fitted = np.array([not row.not_fitted for row in batch.measurements])
    endless = fitted & ~np.isfinite(predicted(batch, shipped_coefficients()))
    sources = sorted({row.source_id for row, one in zip(batch.measurements, endless, strict=True) if one})
    return (
        f"Not in the tables: {endless.sum():,} of {fitted.sum():,} figures ({', '.join(sources)}), whose requests come "
        "at a rate that was carried and that the model expects not to be: it predicts no end of waiting, which is "
        "wrong, but has no size. In the strength of evidence they count as wholly wrong."
    )


def _points() -> list[Point]:
    rows = shipped_measurements()
    found = validate(rows, load_catalog(), shipped_spellings())
    return [
        Point(row.metric, rows[row.row].engine, row.measured, row.predicted)
        for row in found.rows
        if row.metric == PLOTTED and row.predicted is not None and not rows[row.row].not_fitted
    ]


if __name__ == "__main__":
    sys.exit(main())
