"""A cloud that lies: its prices a hundredth or many times what they were, most of its offers gone, or all the same."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from tests.pricing.providers.replay import Answer, Replay, Request, payload

H100 = "Standard_ND96isr_H100_v5"
Items = list[dict[str, Any]]
Lie = Callable[[Items], Items]


def lied(lie: Lie) -> Callable[[Request], Answer]:
    """Return the answers of Azure with its items changed."""

    def answer(request: Request) -> Answer:
        page = json.loads(payload("azure/eastus_2.json" if "$skip" in request.query else "azure/eastus_1.json"))
        return Answer.json({**page, "Items": lie(page["Items"])})

    return answer


def times(factor: float) -> Lie:
    return lambda items: [{**item, "retailPrice": item["retailPrice"] * factor} for item in items]


class Azure:
    """The command line on a database of its own, and the cloud that it asks."""

    def __init__(self, folder: Path) -> None:
        self._url = f"sqlite:///{folder / 'prices.db'}"

    def run(self, *arguments: str, lie: Lie = lambda items: items) -> dict[str, Any]:
        with Replay(lied(lie)) as server:
            settings = {"GPUMIX_DATABASE_URL": self._url, "GPUMIX_AZURE_URL": server.address}
            done = CliRunner().invoke(app, [*arguments, "--json"], env=settings)
        assert 0 == done.exit_code, done.exception
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    def refresh(self, lie: Lie = lambda items: items, *options: str) -> dict[str, Any]:
        asked = ("prices", "refresh", "--provider", "azure", *options)
        (report,) = self.run(*asked, lie=lie)["providers"]
        return dict(report)

    def prices(self) -> dict[tuple[str, str], float]:
        """Return what can only come from the cloud itself: for reserved terms there are shipped rates as well."""
        rows = self.run("prices", "list", "--provider", "azure")["items"]
        terms = ("on_demand", "spot")
        return {(row["instance_type"], row["term"]): row["usd_per_hour"] for row in rows if row["term"] in terms}


@pytest.fixture
def azure(tmp_path: Path) -> Azure:
    one = Azure(tmp_path)
    one.refresh()
    return one


@pytest.mark.parametrize("factor", [0.001, 0.01, 0.1, 9, 50, 1000])
def test_wrong_prices_are_quarantined_and_the_right_ones_stay(factor: float, azure: Azure) -> None:
    before = azure.prices()
    report = azure.refresh(times(factor))
    assert 0 == report["gone"]
    assert before.keys() <= {(row["instance_type"], row["term"]) for row in report["quarantined"]}
    assert before == azure.prices()
    kept_apart = azure.run("prices", "status")["quarantined"]
    assert before.keys() <= {(row["instance_type"], row["term"]) for row in kept_apart if row["provider"] == "azure"}


def test_a_price_that_was_only_doubled_is_believed(azure: Azure) -> None:
    before = azure.prices()
    azure.refresh(times(2))
    assert {offer: pytest.approx(2 * usd) for offer, usd in before.items()} == azure.prices()


def test_offers_that_are_suddenly_gone_stay_until_somebody_accepts_it(azure: Azure) -> None:
    def one(items: Items) -> Items:
        return [item for item in items if item["armSkuName"] == "Standard_NC40ads_H100_v5"]

    before = azure.prices()
    report = azure.refresh(one)
    assert ("partial", 0) == (report["status"], report["gone"])
    assert "1 offers after" in report["error"]
    assert before == azure.prices()
    azure.refresh(one, "--accept")
    assert [("Standard_NC40ads_H100_v5", "on_demand")] == list(azure.prices())


def test_the_truth_is_believed_again_at_once(azure: Azure) -> None:
    before = azure.prices()
    azure.refresh(times(0.01))
    report = azure.refresh()
    assert ("ok", 0, []) == (report["status"], report["gone"], report["quarantined"])
    assert before == azure.prices()


@pytest.mark.parametrize("value", [-1, 0, "NaN", "1e999", None, "free"])
def test_what_is_no_price_is_left_out_and_the_stored_one_stays(value: object, azure: Azure) -> None:
    def odd(items: Items) -> Items:
        return [{**item, "retailPrice": value} if item["armSkuName"] == H100 else item for item in items]

    before = azure.prices()
    azure.refresh(odd)
    now = azure.prices()
    assert {offer: usd for offer, usd in now.items() if offer[0] == H100}.items() <= before.items()
    assert {offer: usd for offer, usd in before.items() if offer[0] != H100}.items() <= now.items()
    assert all(usd > 0 for usd in now.values())
