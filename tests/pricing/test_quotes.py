"""The raw tables: every price cell is one quote, every bad cell is reported."""

import csv
import io
from datetime import date
from decimal import Decimal
from importlib.resources import files

import pytest

from catalog import InvalidDataError
from pricing.quotes import QUOTE_TABLES, load_quotes, read_quotes

GCP_ROW = {
    "provider": "gcp",
    "region": "us-central1",
    "instance_type": "a3-highgpu-8g",
    "gpu_model": "H100-SXM-80GB",
    "gpu_count": "8",
    "gpu_memory_gib": "80",
    "price_on_demand_usd_hr": "88.49",
    "price_spot_usd_hr": "25.0",
    "price_1y_reserved": "61.38",
    "price_3y_reserved": "38.86",
    "as_of_date": "2026-08-03",
    "source": "karpenter-provider-gcp initial-prices.json (on-demand+spot)",
}


def tables(**rows):
    """Return the raw tables with the shipped headers and the given rows only."""
    texts = {}
    for name in QUOTE_TABLES:
        header = next(csv.reader(io.StringIO((files("pricing") / "data" / f"{name}.csv").read_text("utf-8"))))
        out = io.StringIO()
        writer = csv.DictWriter(out, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows.get(name, ()))
        texts[name] = out.getvalue()
    return texts


def test_a_row_gives_one_quote_for_each_of_its_prices():
    quotes = read_quotes(tables(listings=[GCP_ROW]))
    assert {quote.term: str(quote.usd_per_hour) for quote in quotes} == {
        "on_demand": "88.49",
        "spot": "25.0",
        "reserved_1y": "61.38",
        "reserved_3y": "38.86",
    }


def test_a_row_without_any_price_gives_a_quote_without_one():
    blank = {name: "" for name in GCP_ROW if name.startswith("price")}
    (quote,) = read_quotes(tables(listings=[{**GCP_ROW, **blank}]))
    assert quote.usd_per_hour is None


def test_a_quote_knows_the_line_it_was_listed_in():
    assert {quote.origin for quote in read_quotes(tables(listings=[GCP_ROW]))} == {"listings.csv:2"}


def test_a_range_of_days_keeps_both_ends():
    quotes = read_quotes(tables(listings=[{**GCP_ROW, "as_of_date": "2025-11-18/2026-05-18"}]))
    assert {(q.observed_at, q.observed_until) for q in quotes} == {(date(2025, 11, 18), date(2026, 5, 18))}


def test_the_price_of_a_zone_takes_the_shape_of_a_listing_of_its_type():
    listing = {**GCP_ROW, "provider": "aws", "instance_type": "p5.48xlarge"}
    zone = {"instance_type": "p5.48xlarge", "region": "us-east-1", "az_id": "use1-az1", "on_demand": "55.04"}
    zones = [{**zone, "spot": "20", "as_of": "2026-05-18"}]
    (quote,) = [row for row in read_quotes(tables(listings=[listing], zone_spot=zones)) if row.zone]
    assert (quote.gpu_label, quote.gpu_count, quote.on_demand_usd_per_hour) == (
        "H100-SXM-80GB",
        Decimal(8),
        Decimal("55.04"),
    )


def test_a_zone_without_a_spot_price_is_no_quote():
    zone = {"instance_type": "p5.48xlarge", "region": "us-east-1", "az_id": "use1-az1", "on_demand": "55.04"}
    assert not read_quotes(tables(zone_spot=[{**zone, "as_of": "2026-05-18"}]))


@pytest.mark.parametrize(
    ("commitment", "months", "term"),
    [("reserved", "12", "reserved_1y"), ("reserved", "36", "reserved_3y"), ("capacity_block", "", "capacity_block")],
)
def test_a_commitment_is_a_quote_whose_note_says_how_it_is_paid(commitment, months, term):
    row = {"provider": "aws", "region": "us-east-1", "instance_type_or_gpu": "p5.48xlarge", "source": "somebody"}
    row |= {"commitment": commitment, "term_months": months, "payment": "no_upfront", "as_of": "2026-01-21"}
    (quote,) = read_quotes(tables(commitments=[{**row, "usd_per_hour_effective": "31.46", "note": "standard RI"}]))
    assert (quote.term, quote.note) == (term, f"{commitment.replace('_', ' ')}, no upfront; standard RI")


def test_every_bad_cell_of_every_row_is_reported_at_once():
    first = {**GCP_ROW, "price_spot_usd_hr": "cheap", "as_of_date": "yesterday"}
    second = {**GCP_ROW, "source": ""}
    with pytest.raises(InvalidDataError) as caught:
        read_quotes(tables(listings=[first, second]))
    assert [(problem[1], problem[2]) for problem in caught.value.problems] == [
        (2, "price_spot_usd_hr"),
        (2, "as_of_date"),
        (3, "source"),
    ]


def test_the_shipped_tables_load():
    assert len(load_quotes()) > 3000
