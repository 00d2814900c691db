"""The shipped catalog, and its texts to break one cell at a time."""

import csv
import io
from collections.abc import Callable
from importlib.resources import files

import pytest

from catalog import Catalog, load_catalog
from catalog.loading import TABLES

Texts = dict[str, str]
Edit = Callable[..., Texts]


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture
def texts() -> Texts:
    folder = files("catalog") / "data"
    return {name: (folder / f"{name}.csv").read_text("utf-8") for name in TABLES}


@pytest.fixture
def edit() -> Edit:
    """Return a function that gives texts with cells of one row replaced: edit(texts, "gpus", 0, memory_gib="-1")."""

    def edited(texts: Texts, table: str, row: int, **cells: str) -> Texts:
        reader = csv.DictReader(io.StringIO(texts[table]))
        rows = list(reader)
        rows[row].update(cells)
        out = io.StringIO()
        writer = csv.DictWriter(out, list(reader.fieldnames or ()), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return {**texts, table: out.getvalue()}

    return edited
