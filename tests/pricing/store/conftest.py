"""Every test of the store runs on SQLite and on a real PostgreSQL."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from pricing.store.merging import EMPTY, Baseline
from pricing.store.price_store import PriceStore
from tests.pricing.store.cluster import MISSING, running_cluster, url_of
from tests.pricing.store.offering import Clock

_POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.skipif(bool(MISSING), reason=MISSING))


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    with running_cluster() as folder:
        yield folder


@pytest.fixture(params=["sqlite", _POSTGRESQL])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database that is still empty."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'data' / 'prices.db'}"
    folder = request.getfixturevalue("cluster")
    with psycopg.connect(host=folder, user="postgres", autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    return url_of(folder)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_store(url: str, clock: Clock) -> Iterator[Callable[..., PriceStore]]:
    """Open the test's database, as often as a test likes."""
    opened: list[PriceStore] = []

    def open_one(baseline: Baseline = EMPTY) -> PriceStore:
        opened.append(PriceStore.open(url, baseline, clock))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[..., PriceStore]) -> PriceStore:
    """A store without a baseline."""
    return open_store()
