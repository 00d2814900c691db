"""A small market to ask questions against, so that a new price does not change what a question means."""

import pytest

from api.question import QuestionReader
from catalog import load_catalog

HYPERSCALERS = {"aws": ["hyperscaler"], "azure": ["hyperscaler"], "gcp": ["hyperscaler"]}
NEOCLOUDS = {"lambda": ["neocloud"], "together": ["neocloud"], "crusoe": ["neocloud"]}
PROVIDERS = HYPERSCALERS | NEOCLOUDS | {"vast": ["tracker", "marketplace"]}
REGIONS = [
    "us-east-1", "us-west-2", "eu-central-1", "us-east1", "europe-west4", "eastus", "eastus2", "westeurope",
    "germanywestcentral",
    "global", "us", "DE",
]  # fmt: skip


@pytest.fixture(scope="session")
def reader() -> QuestionReader:
    return QuestionReader(load_catalog(), providers=PROVIDERS, regions=[region for region in REGIONS if region != "DE"])
