"""A plan as an XLSX workbook with live totals: change a price, a count or the hours, and it recomputes."""

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]  # it ships no types

from optimizer.fleet.plan import Plan

USD, RATE, INPUT_COLOUR = "$#,##0.00", "$#,##0.0000", "#0000FF"
PLAN_HEADER = (
    "provider", "region", "instance_type", "term", "count", "usd_per_hour", "line_usd_per_hour", "gpu",
    "gpus_per_instance", "quantization", "engine", "tensor_parallel", "pipeline_parallel", "replicas",
    "tok_per_s_per_user", "ttft_s", "utilization", "observed_at", "source_url",
)  # fmt: skip


def plan_workbook(plan: Plan) -> bytes:
    """Return the workbook of a plan; the same plan gives the same bytes."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": f"gpumix plan {plan.plan_id}", "created": _day(plan.snapshot.newest_observed_at)})
        _Sheets(book, plan).write()
    return buffer.getvalue()


class _Sheets:
    """Writes the sheets of one plan."""

    def __init__(self, book: xlsxwriter.Workbook, plan: Plan) -> None:
        self.book, self.plan = book, plan
        self.bold = book.add_format({"bold": True})
        self.usd = book.add_format({"num_format": USD})
        self.rate = book.add_format({"num_format": RATE})
        self.rate_input = book.add_format({"num_format": RATE, "font_color": INPUT_COLOUR})
        self.input = book.add_format({"font_color": INPUT_COLOUR})
        self.day = book.add_format({"num_format": "yyyy-mm-dd"})

    def write(self) -> None:
        """Write every sheet, the summary first."""
        summary = self.book.add_worksheet("Summary")
        self._assumptions()
        self._plan_lines()
        self._summary(summary)
        self._table("Alternatives", ("label", "cost_usd_per_hour", "summary"), self._alternatives(), {1: self.usd})
        self._table("Rejected", ("reason", "offers"), self.plan.explanation.rejected.items())
        self._about()

    def _summary(self, sheet: Any) -> None:
        plan = self.plan
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 1, 60)
        rows: list[tuple[str, object, Any]] = [
            ("status", plan.status, None),
            ("read as", plan.interpretation, None),
        ]
        for number, (label, value, form) in enumerate(rows):
            sheet.write_string(number, 0, label, self.bold)
            sheet.write(number, 1, value, form)
        if plan.cost_usd_per_hour is None:
            changes = dict.fromkeys(conflict.smallest_change for conflict in plan.conflicts)
            for number, change in enumerate(changes, len(rows)):
                sheet.write_string(number, 0, "smallest change that fits", self.bold)
                sheet.write_string(number, 1, change)
            return
        formulas = (
            ("cost_usd_per_hour", "=SUM(plan_lines[line_usd_per_hour])", plan.cost_usd_per_hour),
            ("cost_usd_per_month", "=B3*hours_per_month", plan.cost_usd_per_month),
            ("cost_usd_per_year", "=B4*12", (plan.cost_usd_per_month or 0) * 12),
        )
        for number, (label, formula, value) in enumerate(formulas, len(rows)):
            sheet.write_string(number, 0, label, self.bold)
            sheet.write_formula(number, 1, formula, self.usd, value)

    def _assumptions(self) -> None:
        sheet = self.book.add_worksheet("Assumptions")
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, 90)
        sheet.write_string(0, 0, "hours_per_month", self.bold)
        sheet.write_number(0, 1, self.plan.request.hours_per_month, self.input)
        self.book.define_name("hours_per_month", "=Assumptions!$B$1")
        for number, note in enumerate(self.plan.assumptions, 2):
            sheet.write_string(number, 0, "assumed", self.bold)
            sheet.write_string(number, 1, note)

    def _plan_lines(self) -> None:
        """Write the lines as a table named `plan_lines`, the hourly price of each a formula."""
        sheet = self.book.add_worksheet("Plan")
        sheet.freeze_panes(1, 0)
        rows = [self._line(number) for number in range(len(self.plan.lines))]
        if not rows:
            sheet.write_row(0, 0, PLAN_HEADER, self.bold)
            return
        columns: list[dict[str, Any]] = [{"header": name} for name in PLAN_HEADER]
        columns[6]["formula"] = "=[@count]*[@[usd_per_hour]]"
        sheet.add_table(0, 0, len(rows), len(PLAN_HEADER) - 1, {"name": "plan_lines", "columns": columns})
        for number, row in enumerate(rows, 1):
            for place, value in enumerate(row):
                self._cell(sheet, number, place, value)
        sheet.set_column(0, len(PLAN_HEADER) - 1, 18)

    def _line(self, number: int) -> list[object]:
        line = self.plan.lines[number]
        speed = line.performance
        own = {
            "line_usd_per_hour": line.usd_per_hour * line.count,
            "tok_per_s_per_user": speed.tok_per_s_per_user.value,
            "ttft_s": speed.ttft_s.value,
            "utilization": speed.utilization,
            "observed_at": date.fromisoformat(line.observed_at),
        }
        return [own[name] if name in own else getattr(line, name) for name in PLAN_HEADER]

    def _cell(self, sheet: Any, row: int, place: int, value: object) -> None:
        match PLAN_HEADER[place]:
            case "line_usd_per_hour":
                sheet.write_formula(row, place, f"=E{row + 1}*F{row + 1}", self.rate, value)
            case "usd_per_hour":
                sheet.write(row, place, value, self.rate_input)
            case "count":
                sheet.write(row, place, value, self.input)
            case "observed_at":
                sheet.write_datetime(row, place, value, self.day)
            case _:
                sheet.write(row, place, value)

    def _alternatives(self) -> Iterable[tuple[object, ...]]:
        return ((other.label, other.cost_usd_per_hour, other.summary) for other in self.plan.alternatives)

    def _table(
        self, name: str, header: Sequence[str], rows: Iterable[Sequence[object]], forms: dict[int, Any] | None = None
    ) -> None:
        sheet = self.book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, header, self.bold)
        sheet.set_column(0, len(header) - 1, 30)
        for number, row in enumerate(rows, 1):
            for place, value in enumerate(row):
                sheet.write(number, place, value, (forms or {}).get(place))

    def _about(self) -> None:
        plan, proof = self.plan, self.plan.certificate
        facts: tuple[tuple[str, object], ...] = (
            ("plan_id", plan.plan_id),
            ("question", plan.question),
            ("model", plan.request.model),
            ("snapshot_id", plan.snapshot.id),
            ("oldest price", plan.snapshot.oldest_observed_at),
            ("newest price", plan.snapshot.newest_observed_at),
            ("catalog_id", plan.catalog_id),
            ("calibration_id", plan.calibration_id),
            ("proved_optimal", proof.proved_optimal),
            ("verified", proof.verified),
            ("bound_usd_per_hour", proof.bound_usd_per_hour),
        )
        self._table("About", ("fact", "value"), facts)


def _day(text: str) -> datetime:
    day = date.fromisoformat(text)
    return datetime(day.year, day.month, day.day, tzinfo=UTC).replace(tzinfo=None)
