"""One sweep, solved once in one process, that others are compared with."""

from pathlib import Path

import pytest

from tests.api.sweeps.sweeping import swept, written


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("sweep"))


@pytest.fixture(scope="session")
def alone(file: Path) -> Path:
    """Return the Parquet file of the small sweep, by one worker."""
    output = file.with_name("alone.parquet")
    done = swept(file, output, "--workers", "1")
    assert (0, "") == (done.returncode, done.stderr)
    return output
