"""Hours collapse to classes that lose nothing."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.forecast.load import MOST_CLASSES, month_loads
from tests.optimizer.forecast.budgets import OFFICE, request

RATE = {"request": {"workload": {"input_tokens": 1000, "output_tokens": 200}}, "unit": "request_rate_per_s"}
multipliers = st.floats(0.1, 3).map(lambda value: round(value, 2))


def test_a_flat_load_is_one_class_of_every_hour() -> None:
    (month,) = month_loads(request(base=5, months=1), 730)
    assert [(5.0, 5.0, 730.0)] == [(hours.demand, hours.amount, hours.hours) for hours in month.classes]


def test_office_hours_are_fifty_of_a_week() -> None:
    (month,) = month_loads(request(base=5, months=1, **OFFICE), 168)
    assert [(5.0, 50.0), (0.0, 118.0)] == [(hours.amount, hours.hours) for hours in month.classes]


def test_growth_compounds_and_users_are_whole() -> None:
    months = month_loads(request(base=8, months=3, monthly_growth=0.1), 730)
    assert [8.0, 9.0, 10.0] == [month.peak for month in months]
    assert months[2].level == pytest.approx(8 * 1.1**2)


@given(st.lists(multipliers, min_size=24, max_size=24), st.lists(multipliers, min_size=7, max_size=7))
def test_classes_keep_the_hours_and_the_mean_of_a_week(day: list[float], week: list[float]) -> None:
    (month,) = month_loads(request(base=3.5, months=1, diurnal=day, weekly=week, **RATE), 730)
    every = [3.5 * hour * weekday for weekday in week for hour in day]
    assert math.fsum(hours.hours for hours in month.classes) == pytest.approx(730)
    assert month.mean == pytest.approx(math.fsum(every) / 168)
    assert month.peak == pytest.approx(max(every))
    assert len(month.classes) <= MOST_CLASSES
    assert all(hours.amount >= hours.demand * (1 - 1e-12) for hours in month.classes)


def test_a_monthly_series_takes_the_shape_of_the_week() -> None:
    rows = [{"time": "2027-01", "value": 4}, {"time": "2027-02", "value": 6}]
    months = month_loads(request(base=None, months=2, series=rows, **OFFICE), 730)
    assert [4.0, 6.0] == [month.peak for month in months]
    assert [4.0, 6.0] == [month.level for month in months]


def test_an_hourly_series_has_the_classes_of_its_values() -> None:
    rows = [
        {"time": f"2027-02-{day:02}T{hour:02}:00:00Z", "value": 9 if hour < 6 else 3}
        for day in range(1, 29)
        for hour in range(24)
    ]
    (month,) = month_loads(request(base=None, months=1, start="2027-02", series=rows), 720)
    assert [(9.0, 180.0), (3.0, 540.0)] == [(hours.amount, hours.hours) for hours in month.classes]
