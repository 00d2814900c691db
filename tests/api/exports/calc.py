"""A real LibreOffice: change cells of a workbook, let it recalculate, read what it shows."""

import io
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import openpyxl
import pytest

Workbook = openpyxl.Workbook
needs_libreoffice = pytest.mark.skipif(
    shutil.which("soffice") is None, reason="LibreOffice is not installed; .ci/run installs it"
)


def recalculated(data: bytes, changes: Mapping[tuple[str, str], object], folder: Path) -> Workbook:
    """Return the workbook as LibreOffice shows it after the cells (sheet, cell) are set. Stored values are dropped."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    for (sheet, cell), value in changes.items():
        book[sheet][cell] = value
    book.save(folder / "changed.xlsx")
    convert(folder / "changed.xlsx", "xlsx", folder / "out")
    return openpyxl.load_workbook(folder / "out" / "changed.xlsx", data_only=True)


def convert(file: Path, kind: str, folder: Path) -> None:
    profile = f"-env:UserInstallation=file://{_profile()}"
    command = ["soffice", "--headless", profile, "--convert-to", kind, "--outdir", str(folder), str(file)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


@cache
def _profile() -> str:
    """Return the folder of a profile of this run's own: the first start makes it, the others are quick."""
    return tempfile.mkdtemp(prefix="libreoffice-")
