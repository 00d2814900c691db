"""Fixtures that every part of the suite uses."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# No test reads or writes the prices, measurements or settings of whoever runs it; commands it starts inherit this.
_HOME = tempfile.TemporaryDirectory(prefix="gpumix-tests-")
os.environ.update(dict.fromkeys(("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), _HOME.name))
for _name in [name for name in os.environ if name.startswith("GPUMIX_")]:
    del os.environ[_name]

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
