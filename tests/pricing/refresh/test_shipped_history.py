"""The history that ships: what it holds, and that it can be believed."""

import csv
import io
from datetime import date
from decimal import Decimal
from importlib.resources import files
from itertools import pairwise

import pytest

from catalog import load_catalog
from pricing import load_snapshot
from pricing.history import COLUMNS, price_history, shipped_history
from pricing.references import load_references
from pricing.spans import HistoryFilter, join_spans

SPANS = tuple(shipped_history(HistoryFilter()))
NOWHERE = "sqlite:////nowhere/prices.db"


def test_the_published_columns_are_as_listed():
    text = (files("pricing") / "data" / "price_history.csv").read_text("utf-8")
    assert next(csv.reader(io.StringIO(text))) == list(COLUMNS)


def test_it_has_four_years_of_prices():
    assert len(SPANS) > 11_000
    assert min(span.first_seen for span in SPANS) == date(2022, 2, 9)


def test_the_cut_of_june_2025_is_there():
    wanted = HistoryFilter("aws", "us-east-1", "p5.48xlarge", term="on_demand")
    assert [(str(span.usd_per_hour), span.first_seen, span.last_seen) for span in price_history(wanted, NOWHERE)] == [
        ("98.32", date(2023, 7, 31), date(2025, 6, 4)),
        ("55.04", date(2025, 6, 5), date(2026, 8, 22)),
    ]


def test_prices_went_up_too():
    wanted = HistoryFilter("gcp", "us-central1", "a3-highgpu-8g", term="spot")
    prices = [span.usd_per_hour for span in price_history(wanted, NOWHERE)]
    assert min(prices) < Decimal(21) < Decimal(50) < prices[-1]


def test_every_row_has_a_price_a_source_and_days_in_order():
    bad = [span for span in SPANS if span.usd_per_hour <= 0 or not span.source or span.first_seen > span.last_seen]
    assert bad == []


def test_rows_stand_by_offer_and_then_by_time():
    assert [(span.key, span.first_seen) for span in SPANS] == sorted((span.key, span.first_seen) for span in SPANS)


def test_every_gpu_is_in_the_catalog():
    assert {span.gpu_id for span in SPANS if span.gpu_id} <= load_catalog().gpus.keys()


def test_offers_of_the_big_clouds_are_named_as_in_the_snapshot():
    named = {(offer.provider, offer.instance_type) for offer in load_snapshot().offers}
    found = {(span.provider, span.instance_type) for span in SPANS}
    assert {(provider, name) for provider, name in named if provider in ("aws", "azure")} & found >= {
        ("aws", "p5.48xlarge"),
        ("azure", "Standard_ND96isr_H100_v5"),
    }


def test_providers_are_ids():
    ids = load_references().providers.keys()
    assert {span.provider for span in SPANS} >= {"aws", "azure", "gcp", "runpod", "massed-compute"}
    spellings = {spelling for row in load_references().providers.values() for spelling in row.spellings}
    assert {span.provider for span in SPANS} & (spellings - ids) == set()


def test_payment_options_are_kept_apart():
    reserved = {span.series for span in SPANS if span.provider == "aws" and span.term == "reserved_1y"}
    assert reserved == {"no upfront", "all upfront"}


@pytest.mark.parametrize("name", ["AWS", "aws"])
def test_names_are_compared_without_case(name):
    assert len(list(shipped_history(HistoryFilter(provider=name)))) == 1117


def test_equal_prices_that_follow_each_other_are_one():
    joined = join_spans(SPANS)
    assert [now for then, now in pairwise(joined) if (now.key, now.usd_per_hour) == (then.key, then.usd_per_hour)] == []
