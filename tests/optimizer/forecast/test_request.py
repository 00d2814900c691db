"""What a budget request refuses, and in which words."""

from typing import Any

import pytest

from catalog import InvalidInputError
from optimizer.forecast import read_budget_request
from optimizer.forecast.series import read_series_csv
from tests.optimizer.forecast.budgets import WORKLOAD, budget, request


def document(**changes: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "start": "2027-01",
        "months": 2,
        "demand": {"unit": "users", "base": 5},
        "request": {"workload": WORKLOAD},
    }
    return {**usual, **changes}


def series(*rows: tuple[Any, Any]) -> dict[str, Any]:
    return {"unit": "users", "series": [{"time": time, "value": value} for time, value in rows]}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"start": "2027-13"}, "start '2027-13' is no month"),
        ({"months": 0}, "months: "),
        ({"terms": []}, "terms is empty"),
        ({"surprise": 1}, "surprise: "),
        ({"demand": {"unit": "users"}}, "demand: give the load once"),
        ({"demand": {"unit": "users", "base": -1}}, "demand.base: "),
        ({"demand": {"unit": "users", "base": "many"}}, "demand.base: "),
        ({"demand": {"unit": "users", "base": 1, "diurnal": [1, 2]}}, "diurnal has 2 multipliers, not 24"),
        ({"demand": {"unit": "users", "base": 1, "weekly": [0] * 7}}, "weekly is zero everywhere"),
        ({"demand": series(("2027-01", 1))}, "series: 2027-02 is missing (after row 1)"),
        ({"demand": series(("2027-01", 1), ("2027-01", 2), ("2027-02", 1))}, "row 2: 2027-01 stands in row 1 already"),
        ({"demand": series(("2027-01", 1), ("2027-02", 1), ("2027-03", 1))}, "row 3: 2027-03 is outside the horizon"),
        ({"demand": series(("2027-01", 1), ("2027-02", -1))}, "demand.series.1.value"),
        ({"demand": series(("2027-01", 1), ("2027-02", "lots"))}, "demand.series.1.value"),
        ({"demand": series(("2027-01-01T00:00:00", 1))}, "row 1: '2027-01-01T00:00:00' has no time zone"),
        ({"demand": series(("2027-01-01T00:30:00Z", 1))}, "row 1: '2027-01-01T00:30:00Z' is no whole hour"),
        ({"demand": series(("yesterday", 1))}, "row 1: 'yesterday' is no time"),
        ({"demand": series(("2027-01", 1), ("2027-02-01", 1))}, "day and month rows are mixed"),
        ({"request": {"workload": {**WORKLOAD, "users": 5}}}, "request.workload.users: the load is given by demand"),
        ({"request": {"workload": WORKLOAD, "allow": {"terms": "spot"}}}, "request.allow.terms: is a list"),
        ({"request": {"workload": [1]}}, "request.workload: is a mapping"),
        ({"request": {"workload": {}}}, "request.workload: give the size once"),
        ({"model": "llama-3.1-70b", "request": {"model": "llama-3.1-8b", "workload": WORKLOAD}}, "request.model"),
        (
            {"terms": ["on_demand"], "request": {"workload": WORKLOAD, "allow": {"terms": ["reserved_1y"]}}},
            "request.allow.terms: reserved_1y",
        ),
    ],
)
def test_bad_requests_name_the_field_or_the_row(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_budget_request(document(**changes))
    assert words in caught.value.message


def test_a_load_without_end_is_named() -> None:
    with pytest.raises(InvalidInputError, match="demand: grows to"):
        budget(request(months=120, monthly_growth=1))


def test_times_of_other_zones_are_the_same_moments() -> None:
    rows = [(f"2027-02-{day:02}T{hour:02}:00:00+00:00", 1) for day in range(1, 29) for hour in range(24)]
    rows[0] = ("2027-02-01T05:30:00+05:30", 1)
    assert read_budget_request(document(start="2027-02", months=1, demand=series(*rows))).months == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [("when,value\n", "not time and value"), ("time,value\n2027-01,5\n2027-02,none\n", "series row 2: 'none'")],
)
def test_a_csv_series_says_which_row_is_wrong(text: str, words: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_series_csv(text)
    assert words in caught.value.message


def test_a_csv_series_is_rows_of_time_and_value() -> None:
    assert [{"time": "2027-01", "value": 5.0}] == read_series_csv("\ufefftime,value\n2027-01,5\n")


def test_an_existing_commitment_of_an_unknown_offer_is_named() -> None:
    asked = request(existing=[{"offer": "aws/nowhere/-/x/reserved_1y", "count": 1, "months_left": 3}])
    with pytest.raises(InvalidInputError, match=r"existing\.0\.offer"):
        budget(asked)
