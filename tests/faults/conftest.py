"""A PostgreSQL over TCP, empty for each test that asks for it."""

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest

from tests.faults.hosts import NETWORK, free_port
from tests.pricing.store.cluster import MISSING, running_cluster


@dataclass(frozen=True, slots=True)
class Database:
    """A running PostgreSQL: its port, and its URL on this machine."""

    port: int

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"


@pytest.fixture(scope="session")
def _running() -> Iterator[Database]:
    if MISSING:
        pytest.skip(MISSING)
    port = free_port()
    with running_cluster(port, NETWORK):
        yield Database(port)


@pytest.fixture
def database(_running: Database) -> Database:
    with psycopg.connect(_running.url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    return _running
