"""CSV as spreadsheets want it: UTF-8, CRLF, a header row, one table, and no text that Excel would run as a formula."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")


def csv_bytes(columns: Sequence[str], rows: Iterable[Mapping[str, Any]], *, bom: bool = False) -> bytes:
    """Return the rows as CSV; a column that a row lacks is empty. `bom` is for a double click in Excel."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([cell(row.get(column)) for column in columns] for row in rows)
    return text.getvalue().encode("utf-8-sig" if bom else "utf-8", "replace")


def cell(value: object) -> str:
    """Return a value as the text of a cell: nothing for None, plain digits for numbers, guarded text for the rest."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, list | tuple):
        value = ";".join(str(part) for part in value)
    return guarded(str(value))


def guarded(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: a dangerous start is quoted (OWASP ASVS 1.2.10)."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def number_text(value: float) -> str:
    """Return a number in plain digits, as short as it can be read back exactly; nothing where there is no number."""
    if isinstance(value, int):
        return str(value)
    if value != value or value in (float("inf"), float("-inf")):
        return ""
    return format(Decimal(repr(value)).normalize(), "f")
