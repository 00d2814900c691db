"""One server for all tests that only read."""

from collections.abc import Iterator

import httpx
import pytest

from .servers import Server, serving


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with serving(GPUMIX_HEAD_SECONDS="1", GPUMIX_BODY_SECONDS="1") as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client
