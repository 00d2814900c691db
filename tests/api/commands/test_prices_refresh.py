"""`gpumix prices refresh` against a server that replays a cloud: from the network to what `list` shows."""

import json

import pytest
from typer.testing import CliRunner

from api.cli import app
from tests.pricing.providers.replay import Answer, Replay, payload

ASKED = ("refresh", "--provider", "azure", "--region", "eastus")
H100 = "azure/eastus/Standard_ND96isr_H100_v5/on_demand"


def two_pages(request):
    return payload("azure/eastus_2.json" if "$skip" in request.query else "azure/eastus_1.json")


@pytest.fixture
def gpumix(tmp_path):
    """Run a command on a database of its own, with Azure played by a server; return (exit code, document)."""

    def run(*arguments, answering=two_pages):
        with Replay(answering) as server:
            settings = {
                "GPUMIX_DATABASE_URL": f"sqlite:///{tmp_path / 'prices.db'}",
                "GPUMIX_AZURE_URL": server.address,
                "GPUMIX_FETCH_ATTEMPTS": "1",
            }
            done = CliRunner().invoke(app, ["prices", *arguments, "--json"], env=settings)
        return done.exit_code, json.loads(done.stdout)

    return run


def report(document):
    (row,) = document["providers"]
    return row["status"], row["offers"], row["new"], row["changed"], row["gone"]


def listed(gpumix):
    """Return {offer: price} of Azure's offers in eastus."""
    _, document = gpumix("list", "--provider", "azure", "--region", "eastus")
    return {
        f"{item['provider']}/{item['region']}/{item['instance_type']}/{item['term']}": item["usd_per_hour"]
        for item in document["items"]
    }


def test_what_a_cloud_answers_is_what_is_listed(gpumix):
    code, document = gpumix(*ASKED)
    assert (code, report(document)) == (0, ("ok", 6, 6, 0, 0))
    assert listed(gpumix)[H100] == 98.32


def test_the_report_says_what_was_left_out(gpumix):
    (row,) = gpumix(*ASKED)[1]["providers"]
    assert row["rejected"]["a price of zero or less"] == 1


def test_a_second_refresh_changes_nothing(gpumix):
    gpumix(*ASKED)
    assert report(gpumix(*ASKED)[1]) == ("ok", 6, 0, 0, 0)


def test_a_cloud_that_fails_keeps_its_prices_and_the_command_ends_with_5(gpumix):
    gpumix(*ASKED)
    before = listed(gpumix)
    code, document = gpumix(*ASKED, answering=lambda request: Answer("down", status=500))
    assert (code, report(document)) == (5, ("failed", 0, 0, 0, 0))
    assert listed(gpumix) == before
    (last,) = gpumix("status")[1]["batches"]
    assert (last["status"], last["good_at"] < last["fetched_at"]) == ("failed", True)


def test_a_dry_run_stores_nothing(gpumix):
    before = listed(gpumix)
    assert report(gpumix(*ASKED, "--dry-run")[1]) == ("ok", 6, 6, 0, 0)
    assert listed(gpumix) == before
