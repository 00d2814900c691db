"""Histories: what is refused and in which words, what a fit finds again, and how its errors are reported."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import pytest

from catalog import InvalidInputError
from optimizer.forecast import Budget, read_budget_request
from optimizer.forecast.history import Outlook, outlook_of, read_history
from optimizer.forecast.history.backtest import backtest
from optimizer.forecast.series import Point, month_starts, read_series_csv
from tests.optimizer.forecast.budgets import WORKLOAD, budget, offers, request

DAY = [0.5] * 12 + [1.5] * 12
WEEK = [1.2, 1.2, 1.2, 1.2, 1.2, 0.5, 0.5]
FIRST = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday


def hours(days: int, level: Callable[[float], float]) -> list[Point]:
    """Return an hourly history whose level is a function of the days since its first hour."""
    found = []
    for number in range(days * 24):
        moment = FIRST + timedelta(hours=number)
        value = level(number / 24) * DAY[moment.hour] * WEEK[moment.weekday()]
        found.append(Point(time=moment.strftime("%Y-%m-%dT%H:00:00Z"), value=value))
    return found


def months(values: list[float], first: str = "2023-01") -> list[Point]:
    starts = month_starts(first, len(values))
    return [Point(time=f"{moment:%Y-%m}", value=value) for moment, value in zip(starts, values, strict=True)]


def days(count: int, value: float = 5.0) -> list[Point]:
    return [Point(time=f"{FIRST + timedelta(days=number):%Y-%m-%d}", value=value) for number in range(count)]


def outlook(points: list[Point], start: str = "2027-01", count: int = 12) -> Outlook:
    return outlook_of(read_history(points, start), start, count)


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (days(20), "has 20 whole days, a trend needs 70"),
        (months([5.0] * 11), "has 11 months, a trend needs 12"),
        (days(80)[:30] + days(80)[31:], "history: 2026-02-04 is missing (after row 30)"),
        (days(80) + days(1), "history row 81: 2026-01-05 stands in row 1 already"),
        (days(80) + months([1.0], "2026-01"), "day and month rows are mixed"),
        ([*days(80), Point(time="someday", value=1)], "history row 81: 'someday' is no time"),
        ([*days(80), Point(time="2027-01-01", value=1)], "row 81: 2027-01-01 is not before the budget, which starts"),
        (days(70, 0.0), "history: is zero in every row"),
        (months([5.0] * 20, "2022-01"), "ends 2023-09-01, 40 months before the budget"),
        (
            [*hours(72, lambda _: 1.0), Point(time="2026-03-18T05:00:00+05:00", value=1)],
            "history row 1729: 2026-03-18T05:00:00+05:00 is of another time zone than row 1",
        ),
        ([*hours(72, lambda _: 1.0), Point(time="2026-03-18T00:00:00", value=1)], "'2026-03-18T00:00:00' has no time"),
    ],
)  # fmt: skip
def test_a_bad_history_is_refused_with_its_row(points: list[Point], words: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_history(points, "2027-01")
    assert words in caught.value.message


def test_summer_time_is_no_other_zone() -> None:
    points = hours(72, lambda _: 1.0)
    shifted = [
        Point(time=f"{datetime.fromisoformat(p.time) + timedelta(hours=h):%Y-%m-%dT%H:00:00}+0{h}:00", value=p.value)
        for p, h in zip(points, [1] * 700 + [2] * (len(points) - 700), strict=True)
    ]
    assert np.array_equal(read_history(points, "2027-01").values, read_history(shifted, "2027-01").values)


@pytest.mark.parametrize("text", ["time,value\n2026-01,5\n2026-02,-1\n", "time,value\n2026-01,5\n2026-02,many\n"])
def test_negative_and_text_demand_name_their_row(text: str) -> None:
    with pytest.raises(InvalidInputError, match=r"history row 2: .* is no load"):
        read_series_csv(text, "history")


def test_a_week_without_load_is_named() -> None:
    points = [Point(time=p.time, value=0 if 7 <= n < 21 else 5) for n, p in enumerate(days(80))]
    with pytest.raises(InvalidInputError, match="week 2 has no load at all"):
        outlook(points, "2026-04")


@pytest.mark.parametrize(("name", "shape"), [("diurnal", DAY), ("weekly", WEEK)])
def test_a_shape_that_the_history_has_is_not_given_again(name: str, shape: list[float]) -> None:
    demand = {"unit": "users", "history": [p.model_dump() for p in hours(72, lambda _: 1.0)], name: shape}
    document = {"start": "2027-01", "demand": demand, "request": {"workload": WORKLOAD}}
    with pytest.raises(InvalidInputError, match=f"demand.{name}: a history of hours has its own"):
        read_budget_request(document)


def test_the_load_is_given_once() -> None:
    demand = {"unit": "users", "history": [p.model_dump() for p in days(75)], "base": 1}
    with pytest.raises(InvalidInputError, match="give the load once"):
        read_budget_request({"start": "2027-01", "demand": demand, "request": {"workload": WORKLOAD}})


def test_shapes_and_growth_are_found_again() -> None:
    grown = outlook(hours(350, lambda day: 40 * 1.05 ** (day / 30.4)))
    assert pytest.approx(DAY, abs=0.01) == grown.diurnal
    assert pytest.approx(WEEK, abs=0.01) == grown.weekly
    middle = (datetime(2027, 6, 15, tzinfo=UTC) - FIRST).days
    assert grown.levels[5] == pytest.approx(40 * 1.05 ** (middle / 30.4), rel=0.03)
    assert "trend" in grown.fitted.name


def test_an_outlier_does_not_bend_the_shapes() -> None:
    points = hours(70, lambda _: 10.0)
    points[40 * 24 + 3] = Point(time=points[40 * 24 + 3].time, value=5000)
    assert pytest.approx(DAY, abs=0.01) == outlook(points).diurnal


def test_two_years_have_the_season_of_a_year() -> None:
    season = [1 + 0.3 * math.sin(2 * math.pi * month / 12) for month in range(12)]
    noise = np.random.default_rng(0).normal(0, 0.01, 48)
    points = months([100 * season[n % 12] * math.exp(noise[n]) for n in range(48)])
    found = outlook(points)
    assert "season of a year" in found.fitted.name
    assert pytest.approx([100 * factor for factor in season], rel=0.05) == list(found.levels)


def test_days_of_two_years_are_fitted_by_the_month() -> None:
    points = [
        Point(time=f"{datetime(2024, 1, 10, tzinfo=UTC) + timedelta(days=n):%Y-%m-%d}", value=7.0) for n in range(800)
    ]
    found = outlook(points, "2026-06", 3)
    assert "month" == found.step
    assert pytest.approx([7.0] * 3) == list(found.levels)


def test_months_between_history_and_budget_are_forecast_through() -> None:
    points = months([10 * 1.1**n for n in range(24)], "2024-07")
    assert outlook(points, "2026-07", 1).levels[0] == pytest.approx(10 * 1.1**24, rel=0.02)
    assert outlook(points, "2026-10", 1).levels[0] == pytest.approx(10 * 1.1**27, rel=0.03)


def test_simulated_months_surround_the_forecast_and_spread_out() -> None:
    noise = np.random.default_rng(3).normal(0, 0.05, 40).cumsum()
    found = outlook(months([50 * math.exp(step) for step in noise], "2023-09"))
    factors = found.factors(4000, np.random.default_rng(1))
    assert np.median(factors[:, 5]) == pytest.approx(1, abs=0.05)
    assert factors[:, 11].std() > factors[:, 0].std()
    assert np.array_equal(factors, found.factors(4000, np.random.default_rng(1)))


def test_a_back_test_holds_intervals_against_what_came() -> None:
    random = np.random.default_rng(5)
    calm = backtest(np.exp(random.normal(3, 0.05, 60)), monthly=True, horizon=6)
    assert calm is not None
    assert calm.mape == pytest.approx(0.05 * math.sqrt(2 / math.pi), rel=0.5)
    assert calm.coverage80 == pytest.approx(0.8, abs=0.15)
    assert list(range(1, 7)) == [each.months_ahead for each in calm.ahead]
    assert calm.points == sum(each.points for each in calm.ahead)


def test_intervals_that_were_too_narrow_are_widened() -> None:
    jumps = np.where(np.arange(48) < 30, 10.0, 30.0) * np.exp(np.random.default_rng(2).normal(0, 0.01, 48))
    jumpy = backtest(jumps, monthly=True, horizon=12)
    assert jumpy is not None
    assert jumpy.coverage80 < 0.8
    assert jumpy.widened_by > 1
    assert jumpy.added_fraction > 0.1


def test_the_added_spread_makes_the_interval_hold_what_it_should() -> None:
    random = np.random.default_rng(8)
    walk = np.exp(3 + 0.01 * np.arange(70) + random.normal(0, 0.03, 70).cumsum() + random.normal(0, 0.08, 70))
    found = outlook(months(walk.tolist(), "2021-03"))
    assert found.backtest is not None
    plain = found.fitted.paths(12, 4000, np.random.default_rng(1))
    wider = found.fitted.paths(12, 4000, np.random.default_rng(1), 0.2)
    assert np.log(wider).var(axis=0) == pytest.approx(np.log(plain).var(axis=0) + 0.04, rel=0.1)


@cache
def historic() -> Budget:
    points = [p.model_dump() for p in hours(120, lambda day: 40 * 1.05 ** (day / 30.4))]
    return budget(request(base=None, history=points, start="2026-06", months=3, scenarios=100), offers(small=None))


def test_a_budget_of_a_history_is_verified_and_says_how_far_off_it_may_be() -> None:
    found = historic()
    assert found.certificate is not None
    assert found.certificate.verified
    assert found.history is not None
    assert ("hour", "week", "2026-05-04T23:00:00Z") == (
        found.history.step,
        found.history.trend_step,
        found.history.last,
    )
    assert found.history.backtest is not None
    assert found.history.backtest.mape < 0.05
    for month in found.months:
        assert (month.demand_p10 or 0) <= month.demand * 1.02
        assert month.demand <= (month.demand_p90 or 0) * 1.02
    assert "the fit of the history" in found.uncertainty[0].basis


def test_a_stated_spread_replaces_that_of_the_fit() -> None:
    points = [p.model_dump() for p in months([20.0 + n % 3 for n in range(20)], "2025-01")]
    stated = {"demand_fraction_per_year": 0, "price_fraction_per_year": 0, "performance_fraction": 0}
    asked = request(base=None, history=points, months=2, scenarios=10, uncertainty=stated)
    found = budget(asked, offers(small=None)).total
    assert found is not None
    assert found.p10 == pytest.approx(found.p90)
