"""Fixtures that every part of the suite uses."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "default", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("default")


@pytest.fixture
def check_golden() -> Callable[[Path, str], None]:
    """Compare a text with its golden file; GOLDEN=write writes the file instead, for review in the diff."""

    def check(path: Path, text: str) -> None:
        if os.environ.get("GOLDEN") == "write":
            path.write_text(text)
        assert path.exists(), f"{path.name} is missing: run the test with GOLDEN=write and read what it wrote"
        assert text == path.read_text()

    return check
