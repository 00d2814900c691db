"""Skip where the programs are not installed: `make check` installs them, `make test` does not need them."""

import pytest

from tests.api.launch.parsers.verdicts import ENVIRONMENT


@pytest.fixture(autouse=True, scope="package")
def _installed() -> None:
    if not (ENVIRONMENT / ".installed").exists():
        pytest.skip("SkyPilot, dstack and Kubernetes' schemas are not installed; `make parsers` installs them")
