"""`gpumix forecast`: what a load costs over months, and what to commit to."""

import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.options import AsJson
from api.exits import Exit
from catalog import InvalidInputError

if TYPE_CHECKING:
    from optimizer.forecast import Budget


class FocusVersion(StrEnum):
    """The version of FOCUS whose columns are written."""

    v1_2 = "1.2"
    v1_4 = "1.4"


def forecast(
    file: Annotated[
        str, typer.Option("--file", "-f", metavar="FILE", help="A BudgetRequest in YAML or JSON; - is standard input.")
    ],
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print one row a month as CSV.")] = False,
    focus: Annotated[bool, typer.Option("--focus", help="Print a FOCUS-shaped forecast as CSV.")] = False,
    focus_version: Annotated[FocusVersion, typer.Option(help="FOCUS columns.")] = FocusVersion.v1_2,
    xlsx: Annotated[bool, typer.Option("--xlsx", help="Write a workbook with live formulas to -o FILE.")] = False,
    output: Annotated[str | None, typer.Option("--output", "-o", metavar="FILE", help="Write to this file.")] = None,
    png: Annotated[str | None, typer.Option(metavar="FILE", help="Draw the chart to a .png or .svg file.")] = None,
    seconds: Annotated[float, typer.Option(min=1, max=3600, help="Time limit of the solver.")] = 20,
) -> None:
    """Budget a load over months: which commitments to buy, what to rent by the hour, and how sure that is.

    gpumix forecast -f budget.yaml

    gpumix forecast -f budget.yaml --xlsx -o budget.xlsx --png budget.png

    docs/budget.md describes the file.
    """
    from api.answering import Answerer
    from api.exports.budgeting import answer_budget, budget_request_of
    from api.files import read_document
    from api.progress import counting

    if sum((as_json, as_csv, focus, xlsx)) > 1:
        raise InvalidInputError("--json, --csv, --focus and --xlsx are one choice", "name one of them")
    if xlsx and output is None:
        raise InvalidInputError("--xlsx needs a file", "add -o budget.xlsx")
    asked = budget_request_of(read_document(file), file)
    with counting("months of scenarios", asked.months) as progress:
        budget = answer_budget(Answerer.current(asked.as_of), asked, seconds=seconds, progress=progress)
    if png is not None and budget.months:
        from api.charts.budget import budget_chart
        from api.charts.files import save_chart

        save_chart(budget_chart(budget), png)
    _write(_document(budget, as_json, as_csv, focus_version.value if focus else None, xlsx), output)
    if budget.status == "infeasible":
        raise typer.Exit(Exit.NOTHING_FITS)


def _document(budget: "Budget", as_json: bool, as_csv: bool, focus: str | None, xlsx: bool) -> bytes:
    """Return a budget in the form that was asked for, text by default."""
    if as_json:
        from api.documents import to_json

        return f"{to_json(budget)}\n".encode()
    if as_csv:
        from api.exports import budget_csv

        return budget_csv(budget)
    if focus is not None:
        from api.exports import focus_csv

        return focus_csv(budget, datetime.now(UTC), "1.4" if focus == "1.4" else "1.2")
    if xlsx:
        from api.exports import budget_workbook

        return budget_workbook(budget)
    from api.render.forecast import forecast_text

    return f"{forecast_text(budget)}\n".encode()


def _write(document: bytes, output: str | None) -> None:
    """Write to a file, or to standard output. Raises InvalidInputError where the file cannot be written."""
    if output is None:
        sys.stdout.write(document.decode())
        return
    from api.files import write_file

    write_file(output, document)
