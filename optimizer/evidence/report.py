"""The accuracy table: kept beside the coefficients it belongs to, and printed for readers."""

import csv
import io
from functools import lru_cache
from importlib.resources import files

from optimizer.evidence.accuracy import Accuracy, Summary

COLUMNS = ("scope", "by", "name", "metric", "n", "mape", "median_ape", "bias", "coverage80")


@lru_cache(maxsize=1)
def shipped_accuracy() -> tuple[Accuracy, ...]:
    """Return the left-out accuracy of the shipped calibration."""
    return read_accuracy((files("catalog") / "data" / "calibration_accuracy.csv").read_text("utf-8"))


def read_accuracy(text: str) -> tuple[Accuracy, ...]:
    """Return the lines of an accuracy file."""
    return tuple(
        Accuracy(
            scope=row["scope"],
            by=row["by"],
            name=row["name"],
            metric=row["metric"],
            summary=Summary(
                n=int(row["n"]),
                mape=float(row["mape"]),
                median_ape=float(row["median_ape"]),
                bias=float(row["bias"]),
                coverage80=float(row["coverage80"]),
            ),
        )
        for row in csv.DictReader(io.StringIO(text))
    )


def write_accuracy(lines: tuple[Accuracy, ...]) -> str:
    """Return the CSV text of accuracy lines; the inverse of `read_accuracy`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in lines:
        errors = line.summary
        shares = (errors.mape, errors.median_ape, errors.bias, errors.coverage80)
        writer.writerow([line.scope, line.by, line.name, line.metric, errors.n, *(f"{share:.4f}" for share in shares)])
    return out.getvalue()


def markdown(lines: tuple[Accuracy, ...], by: tuple[str, ...] = ("all", "part", "gpu", "engine", "source")) -> str:
    """Return the accuracy table as Markdown: one row for each scope, group and metric."""
    head = (
        "| predictions | of | metric | n | mean error | median | bias | inside 80 % |",
        "|---|---|---|---:|---:|---:|---:|---:|",
    )
    body = [
        f"| {line.scope} | {line.name} | {line.metric} | {line.summary.n} | {line.summary.mape:.1%} "
        f"| {line.summary.median_ape:.1%} | {line.summary.bias:+.1%} | {line.summary.coverage80:.0%} |"
        for line in lines
        if line.by in by
    ]
    return "\n".join((*head, *body)) + "\n"
