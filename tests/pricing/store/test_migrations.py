"""Migrations under load: programs that have the database open go on while others bring it up to date."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Event

import pytest
from sqlalchemy import Engine, inspect

from pricing.store.connections import connect, write_transaction
from pricing.store.errors import StoreBusyError, StoreUnreadableError
from pricing.store.merging import EMPTY
from pricing.store.migrations import MIGRATIONS, migrate
from pricing.store.opening import open_database
from pricing.store.price_store import PriceStore
from tests.pricing.store.offering import NOON, Clock, batch, offer

WRITERS, NEWCOMERS = 3, 6
NEXT = "CREATE TABLE next_step (name {text} PRIMARY KEY); ALTER TABLE batches ADD COLUMN next_step {text}"
STEPS = (*MIGRATIONS, NEXT)


def write_until(store: PriceStore, provider: str, done: Event) -> int:
    """Write batch after batch and look at each; return how many."""
    number = 0
    while not done.is_set() or number < 2:
        number += 1
        at = NOON + timedelta(hours=number)
        store.add_batch(batch(at, *(offer(str(number), region=f"r{n}") for n in range(30)), provider=provider))
        seen = {one.usd_per_hour for one in store.snapshot().offers if one.provider == provider}
        assert {Decimal(number)} == seen
    return number


def test_programs_go_on_while_others_bring_the_database_up_to_date(
    url: str, open_store: Callable[..., PriceStore], clock: Clock
) -> None:
    old = [open_store() for _ in range(WRITERS)]
    done = Event()
    with ThreadPoolExecutor(WRITERS + NEWCOMERS) as threads:
        writing = [threads.submit(write_until, store, f"cloud{n}", done) for n, store in enumerate(old)]
        newcomers = [threads.submit(open_database, url, clock, STEPS) for _ in range(NEWCOMERS)]
        try:
            engines = [newcomer.result() for newcomer in newcomers]
        finally:
            done.set()
        written = [writer.result() for writer in writing]
    new = PriceStore(engines[0], EMPTY, clock)
    assert {new.snapshot().snapshot_id} == {store.snapshot().snapshot_id for store in old}
    assert sum(written) == max(record.batch_id for record in new.batches())
    assert inspect(engines[0]).has_table("next_step")
    with pytest.raises(StoreUnreadableError, match="has schema"):
        open_store()
    for engine in engines:
        engine.dispose()


def test_a_step_that_has_to_wait_gives_up_and_leaves_the_database_as_it_was(
    url: str, open_store: Callable[..., PriceStore]
) -> None:
    store = open_store()
    server = url.startswith("postgresql")
    other, engine = connect(url), connect(url if server else f"{url}?timeout=0.05")
    with other.connect() as holding:
        holding.exec_driver_sql("LOCK TABLE batches IN ACCESS SHARE MODE" if server else "BEGIN IMMEDIATE")
        with pytest.raises(StoreBusyError, match="locked"):
            take_steps(engine)
        assert () == store.snapshot().offers
    assert not inspect(other).has_table("next_step")
    for one in (other, engine):
        one.dispose()


def take_steps(engine: Engine) -> None:
    with write_transaction(engine) as connection:
        migrate(connection, NOON, STEPS, lock_timeout="50ms")
