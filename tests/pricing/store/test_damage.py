"""What is wrong with a database is said in a sentence that names it and what to do."""

import sqlite3

import pytest
from sqlalchemy import inspect, text

from catalog import InvalidInputError
from pricing import load_snapshot
from pricing.store.connections import connect
from pricing.store.current import current_snapshot
from pricing.store.errors import StoreBusyError, StoreUnreadableError
from pricing.store.location import database_url, may_hold_prices
from pricing.store.merging import EMPTY
from pricing.store.price_store import PriceStore
from pricing.store.schema import METADATA
from tests.pricing.store.offering import Clock, batch, offer


@pytest.fixture
def file(tmp_path):
    return tmp_path / "prices.db"


def filled(file):
    clock = Clock()
    store = PriceStore.open(f"sqlite:///{file}", EMPTY, clock)
    store.add_batch(batch(clock(), *(offer(region=f"region{number}") for number in range(500))))
    store.close()


def test_a_file_that_is_no_database_is_named_with_what_to_do(file):
    file.write_text("these are not the prices you are looking for" * 100)
    with pytest.raises(StoreUnreadableError, match=r"prices\.db is damaged: file is not a database") as raised:
        PriceStore.open(f"sqlite:///{file}", EMPTY)
    assert f"mv {file}* {file.parent}/damaged/" in raised.value.hint


def test_a_file_with_a_hole_in_it_is_named_with_what_to_do(file):
    filled(file)
    size = file.stat().st_size
    with file.open("r+b") as raw:
        raw.seek(4096)
        raw.write(b"\xff" * (size - 4096))
    with pytest.raises(StoreUnreadableError, match=r"prices\.db is damaged"):
        PriceStore.open(f"sqlite:///{file}", EMPTY).snapshot()


def test_a_file_that_was_cut_short_is_named_with_what_to_do(file):
    filled(file)
    with file.open("r+b") as raw:
        raw.truncate(3 * 4096)
    with pytest.raises(StoreUnreadableError, match=r"prices\.db is damaged"):
        PriceStore.open(f"sqlite:///{file}", EMPTY).snapshot()


def test_a_locked_file_is_waited_for_and_then_named(file):
    filled(file)
    store = PriceStore.open(f"sqlite:///{file}?timeout=0.01", EMPTY)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    late = batch(Clock().days(1), offer())
    with pytest.raises(StoreBusyError, match="database is locked"):
        store.add_batch(late)
    other.close()
    store.close()


def test_a_server_that_does_not_answer_is_named_without_its_password(tmp_path):
    with pytest.raises(StoreBusyError, match="does not answer") as raised:
        PriceStore.open(f"postgresql://user:hunter2@/prices?host={tmp_path}", EMPTY)
    assert "hunter2" not in raised.value.message


@pytest.mark.parametrize("url", ["mysql://user:hunter2@host/prices", "hunter2", "sqlite"])
def test_a_url_of_nothing_we_know_is_refused_without_being_printed(url):
    with pytest.raises(InvalidInputError, match="no SQLite or PostgreSQL") as raised:
        connect(url)
    assert "hunter2" not in raised.value.message + raised.value.hint


def test_a_newer_schema_is_not_touched(url, store):
    engine = connect(url)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO schema_versions VALUES (99, '2030-01-01')"))
    engine.dispose()
    with pytest.raises(StoreUnreadableError, match="schema 99"):
        PriceStore.open(url, EMPTY)


def test_the_migrations_make_the_tables_that_queries_name(url, store):
    engine = connect(url)
    made = {table: {column["name"] for column in inspect(engine).get_columns(table)} for table in METADATA.tables}
    engine.dispose()
    assert made == {name: set(table.columns.keys()) for name, table in METADATA.tables.items()}


def test_without_a_file_the_prices_are_the_shipped_ones_and_no_file_is_made(file):
    assert current_snapshot(f"sqlite:///{file}") is load_snapshot()
    assert not file.exists()


def test_with_batches_the_current_prices_are_the_stored_ones(url, store, clock):
    store.add_batch(batch(clock(), offer("1.5")))
    (aws,) = [each for each in current_snapshot(url).offers if each.provider == "aws"]
    assert str(aws.usd_per_hour) == "1.5"


@pytest.mark.parametrize(("url", "may"), [("postgresql://host/name", True), ("sqlite:////nowhere/prices.db", False)])
def test_a_server_may_hold_prices_and_a_missing_file_does_not(url, may):
    assert may_hold_prices(url) == may


def test_the_setting_says_which_database():
    assert database_url({"GPUMIX_DATABASE_URL": "postgresql://host/name"}) == "postgresql://host/name"
    assert database_url({}).endswith("gpumix/prices.db")
