"""A workbook under construction: formats, named inputs, tables; the same content gives the same bytes."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from itertools import zip_longest
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]  # it ships no types

INPUT_COLOUR = "#0000FF"
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
FORMATS: dict[str, dict[str, str]] = {
    "usd": {"num_format": "$#,##0.00"},
    "rate": {"num_format": "$#,##0.0000"},
    "number": {"num_format": "#,##0.####"},
    "percent": {"num_format": "0.0%"},
    "day": {"num_format": "yyyy-mm-dd"},
    "month": {"num_format": "mmm yyyy"},
    "text": {"align": "left"},
}

BOLD = 1.15  # a bold letter against the digit that a column's width is counted in


class Book:
    """One workbook. Cells are written as what they are: a text never becomes a formula, a link or a number."""

    def __init__(self, file: Any, title: str, created: date) -> None:
        self.book = xlsxwriter.Workbook(file, OPTIONS)
        self.book.set_properties({"title": title, "created": moment(created)})
        self.bold = self.book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self.note = self.book.add_format({"italic": True, "indent": 1})
        self.formats = {name: self.book.add_format(form) for name, form in FORMATS.items()}
        self.inputs = {
            name: self.book.add_format({**form, "font_color": INPUT_COLOUR}) for name, form in FORMATS.items()
        }

    def __enter__(self) -> "Book":
        """Return the open workbook."""
        return self

    def __exit__(self, *_: object) -> None:
        """Finish the file."""
        self.book.close()

    def sheet(self, name: str, header: Sequence[str], widths: Sequence[int]) -> Any:
        """Return a new sheet with a frozen bold header; a column is wide enough for its name."""
        sheet = self.book.add_worksheet(name)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        for place, (width, text) in enumerate(zip_longest(widths, header, fillvalue="")):
            sheet.set_column(place, place, max(width or 0, round(len(text) * BOLD) + 1))
        if header:
            sheet.freeze_panes(1, 1)
            for place, text in enumerate(header):
                sheet.write_string(0, place, text, self.bold)
        return sheet

    def cell(self, sheet: Any, row: int, place: int, value: object, form: str = "text", given: bool = False) -> None:
        """Write one value; an input of the user's (`given`) is blue. None leaves the cell empty."""
        style = (self.inputs if given else self.formats)[form]
        if value is None:
            sheet.write_blank(row, place, None, style)
        elif isinstance(value, bool):
            sheet.write_boolean(row, place, value, style)
        elif isinstance(value, int | float):
            sheet.write_number(row, place, value, style)
        elif isinstance(value, date):
            sheet.write_datetime(row, place, moment(value), style)
        else:
            sheet.write_string(row, place, str(value), style)

    def formula(self, sheet: Any, row: int, place: int, text: str, value: float | None, form: str) -> None:
        """Write a formula with the value it has now, so that a viewer that cannot calculate shows it too."""
        sheet.write_formula(row, place, text, self.formats[form], "" if value is None else value)

    def table(
        self,
        name: str,
        header: Sequence[str],
        rows: Iterable[Sequence[object]],
        widths: Sequence[int],
        forms: Sequence[str] = (),
    ) -> None:
        """Write a sheet of plain values."""
        sheet = self.sheet(name, header, widths)
        for number, row in enumerate(rows, start=1):
            for place, value in enumerate(row):
                self.cell(sheet, number, place, value, forms[place] if forms else "text")


def moment(day: date) -> datetime:
    """Return a day as the date-time a spreadsheet holds, which knows no zones."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC).replace(tzinfo=None)
