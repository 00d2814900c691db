"""The user's rates, imported: what holds on which day, and what the next import leaves of them."""

from datetime import UTC, datetime, timedelta

import pytest

from catalog import load_catalog
from pricing.importers import read_contracts
from pricing.importing import store_import
from pricing.references import load_references
from pricing.store.merging import EMPTY
from pricing.store.price_store import PriceStore
from tests.pricing.store.offering import NOON, Clock, batch, offer

HEADER = "provider,region,instance_type,term,usd_per_hour,valid_from,valid_until\n"
THIS_YEAR = "aws,us-east-1,p5.48xlarge,on_demand,41.5,,2026-12-31"
NEXT_YEAR = "aws,us-east-1,p5.48xlarge,on_demand,35,2027-01-01,2027-12-31"
PROMISE = "aws,us-east-1,p5.48xlarge,on_demand,30,2026-12-01,2026-12-15"


class Contracts:
    """A store with a list price of 55.04, and rates that are imported into it a day later each time."""

    def __init__(self, url):
        self.clock = Clock()
        self.store = PriceStore.open(url, EMPTY, self.clock)
        self.store.add_batch(batch(self.clock(), offer("55.04")))

    def rates(self, *rows):
        """Import rates, and return the report of their provider."""
        now = self.clock.days(1)
        fetched = read_contracts("rates.csv", HEADER + "\n".join(rows), now.date())
        (report,) = store_import(self.store, fetched, now, load_references(), load_catalog()).providers
        return report

    def price(self, day):
        """Return the price on a day."""
        (found,) = self.store.snapshot(datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(hours=20)).offers
        return f"{found.usd_per_hour:f}"


@pytest.fixture
def contracts(tmp_path):
    own = Contracts(f"sqlite:///{tmp_path / 'prices.db'}")
    yield own
    own.store.close()


@pytest.mark.parametrize("rows", [(THIS_YEAR, NEXT_YEAR), (NEXT_YEAR, THIS_YEAR)])
def test_rates_follow_each_other_and_then_the_list_price(contracts, rows):
    report = contracts.rates(*rows)
    assert (report.offers, report.new, report.rejected) == (2, 2, {})
    days = ("2026-12-31", "2027-01-01", "2027-12-31", "2028-01-01")
    assert [contracts.price(day) for day in days] == ["41.5", "35", "35", "55.04"]


def test_of_two_rates_that_hold_the_one_that_began_last_is_paid(contracts):
    contracts.rates(THIS_YEAR, PROMISE)
    assert [contracts.price(day) for day in ("2026-11-30", "2026-12-01", "2026-12-16")] == ["41.5", "30", "41.5"]


def test_the_next_import_ends_what_it_no_longer_has(contracts):
    contracts.rates(THIS_YEAR, NEXT_YEAR)
    report = contracts.rates(THIS_YEAR)
    assert (report.offers, report.gone) == (1, 1)
    assert [contracts.price(day) for day in ("2026-12-31", "2027-01-01")] == ["41.5", "55.04"]


def test_the_same_rates_again_change_nothing(contracts):
    contracts.rates(THIS_YEAR, NEXT_YEAR)
    report = contracts.rates(THIS_YEAR, NEXT_YEAR)
    assert (report.new, report.changed, report.gone) == (0, 0, 0)
    assert contracts.price("2027-06-01") == "35"


def test_rates_of_another_provider_stay(contracts):
    contracts.rates(THIS_YEAR, NEXT_YEAR)
    contracts.rates("lambda,us-west-1,gpu_8x_h100_sxm5,on_demand,20,,")
    found = contracts.store.snapshot(NOON + timedelta(days=90)).offers
    assert {each.provider: f"{each.usd_per_hour:f}" for each in found} == {"aws": "35", "lambda": "20"}
