"""The chart of prices over time: what is drawn, in which unit, under which names."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from api.charts.price_history import MOST_LINES, price_history_chart, shown_lines
from pricing.spans import PriceSpan

THEN = PriceSpan(
    provider="aws",
    region="us-east-1",
    zone=None,
    instance_type="p5.48xlarge",
    term="on_demand",
    series="",
    gpu_id="H100-SXM-80GB",
    gpu_count=8,
    usd_per_hour=Decimal("98.32"),
    first_seen=date(2023, 7, 31),
    last_seen=date(2025, 6, 4),
    source="AWS Price List API",
)
NOW = replace(THEN, usd_per_hour=Decimal("55.04"), first_seen=date(2025, 6, 5), last_seen=date(2026, 8, 22))
SMALL = replace(NOW, instance_type="p5.4xlarge", gpu_count=1, usd_per_hour=Decimal("6.88"))


def drawn(*spans):
    """Return (title, unit, rows) of the chart of spans."""
    chart = price_history_chart(spans).to_dict()
    layer = chart["layer"][0]
    (values,) = chart["datasets"].values() if "datasets" in chart else (chart["data"]["values"],)
    return chart["title"]["text"], layer["encoding"]["y"]["title"], values


def test_a_price_is_drawn_from_its_first_day_to_its_last():
    _, _, rows = drawn(THEN, NOW)
    assert [(row["day"], row["usd"]) for row in rows] == [
        ("2023-07-31", 98.32),
        ("2025-06-04", 98.32),
        ("2025-06-05", 55.04),
        ("2026-08-22", 55.04),
    ]


def test_one_offer_is_named_in_the_title_and_its_prices_on_the_line():
    title, unit, rows = drawn(THEN, NOW)
    assert (title, unit) == ("aws p5.48xlarge us-east-1 on demand", "USD per instance-hour")
    assert [row["label"] for row in rows] == ["$98.32", "", "$55.04", ""]


def test_a_price_seen_once_is_one_dot():
    _, _, rows = drawn(replace(NOW, first_seen=NOW.last_seen))
    assert [row["day"] for row in rows] == ["2026-08-22"]


def test_several_instance_types_are_drawn_per_gpu_and_named_by_what_differs():
    title, unit, rows = drawn(NOW, SMALL)
    assert (title, unit) == ("aws us-east-1 on demand", "USD per GPU-hour")
    assert {(row["offer"], row["usd"]) for row in rows} == {("p5.48xlarge", 6.88), ("p5.4xlarge", 6.88)}


def test_where_a_gpu_count_is_not_known_they_are_drawn_per_instance():
    assert drawn(NOW, replace(SMALL, gpu_count=None))[1] == "USD per instance-hour"


def test_of_many_offers_those_seen_last_are_drawn():
    many = [replace(NOW, region=f"region{number:02}", last_seen=date(2026, 1, 1 + number)) for number in range(12)]
    lines = shown_lines(many)
    assert [line[0].region for line in lines] == [f"region{number:02}" for number in range(12 - MOST_LINES, 12)]
