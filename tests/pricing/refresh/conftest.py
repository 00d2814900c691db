"""A store that is refreshed from providers a test makes up."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pricing.refresh.answers import Refreshing


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[Refreshing]:
    refreshing = Refreshing(tmp_path)
    yield refreshing
    refreshing.store.close()
