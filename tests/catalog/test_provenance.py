"""Every fact says where it was read, and what in it was not."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

import pytest

from catalog import Catalog, Model, load_catalog
from tests.catalog.conftest import Texts

TABLES: dict[str, Iterable[Any]] = {
    "gpus": load_catalog().gpus.values(),
    "links": load_catalog().links.values(),
    "instances": load_catalog().instances.values(),
    "models": load_catalog().models.values(),
    "quantizations": load_catalog().quantizations.values(),
    "engines": load_catalog().engines.values(),
    "kernels": load_catalog().kernels,
    "interruptions": load_catalog().interruptions.values(),
}


def guessed(row: object) -> tuple[str, ...]:
    """Return the columns of a row that were not read in its sources."""
    columns = getattr(row, "assumed_fields" if isinstance(row, Model) else "estimated_fields", ())
    return tuple(columns)


def test_every_source_is_used(texts: Texts) -> None:
    cells = {
        cell.strip()
        for name, text in texts.items()
        if name != "sources"
        for cell in text.replace("\n", ",").replace(";", ",").replace('"', "").split(",")
    }
    assert not set(load_catalog().sources) - cells


@pytest.mark.parametrize("table", TABLES)
def test_estimated_fields_name_columns(table: str) -> None:
    for row in TABLES[table]:
        assert set(guessed(row)) <= {field.name for field in fields(row)} | {"all"}


@pytest.mark.parametrize("table", TABLES)
def test_a_row_from_general_knowledge_says_what_is_estimated(catalog: Catalog, table: str) -> None:
    for row in TABLES[table]:
        if catalog.sources[row.source_id].kind == "estimate":
            assert guessed(row), row


@pytest.mark.parametrize("table", TABLES)
def test_an_estimated_field_has_a_value(table: str) -> None:
    for row in TABLES[table]:
        for name in set(guessed(row)) - {"all"}:
            assert getattr(row, name) not in (None, ""), (row, name)
