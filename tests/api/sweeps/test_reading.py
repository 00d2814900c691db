"""A sweep file: its points, and what is refused by the name of its field."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from api.sweeps import reading
from api.sweeps.points import Sweep
from api.sweeps.reading import read_sweep
from catalog import InvalidInputError
from tests.api.sweeps.sweeping import GRID, REQUEST, SMALL

REFUSED: list[tuple[object, str]] = [
    ([], "a sweep file is a mapping"),
    ({"grid": GRID}, "request: Field required"),
    ({"request": REQUEST, "gird": GRID}, "gird: "),
    ({"request": REQUEST, "grid": {}}, "grid: "),
    ({"request": REQUEST, "grid": {"workload.users": []}}, "grid.workload.users: "),
    ({"request": REQUEST, "grid": {"workload.users": 5}}, "grid.workload.users: "),
    ({"request": REQUEST, "grid": {"workload.user": [1]}}, "unknown field in grid 'workload.user'"),
    ({"request": REQUEST, "grid": {"load.users": [1]}}, "unknown field in grid 'load'"),
    ({"request": REQUEST, "grid": {"workload.users.count": [1]}}, "workload.users has no fields"),
    ({"request": REQUEST, "grid": {"workload.users": [1, "many"]}}, "grid.workload.users[1]: workload.users: "),
    ({"request": REQUEST, "grid": {"workload.users": [1, 2, 0]}}, "grid.workload.users[2]: workload.users: "),
    ({"request": REQUEST, "grid": {"workload.users": [1, 1]}}, "grid.workload.users: 1 is given twice"),
    ({"request": REQUEST, "grid": {"as_of": ["2026-07-01"]}}, "grid: the days are no field to vary"),
    ({"request": REQUEST, "as_of": []}, "as_of: "),
    ({"request": REQUEST, "as_of": ["July"]}, "as_of.0: "),
    ({"request": REQUEST, "as_of": ["2026-07-01", "2026-07-01"]}, "as_of: 2026-07-01 is given twice"),
    ({"request": {**REQUEST, "as_of": "July"}}, "request.as_of: 'July' is no day"),
    ({"request": {**REQUEST, "models": "x"}}, "request: models: "),
    ({"request": REQUEST, "grid": GRID, "table": "points.csv"}, "grid and table are one choice"),
    ({"request": REQUEST, "table": "nowhere.csv"}, "there is no file"),
    ({"request": REQUEST, "scenarios": {"more": {"workload.user": 2}}}, "unknown field in scenarios.more"),
    ({"request": REQUEST, "scenarios": {"a": {}, "b": {"model": 3}}}, "scenarios.b: model: "),
]


@pytest.mark.parametrize(("document", "said"), REFUSED, ids=lambda part: part if isinstance(part, str) else "")
def test_a_mistake_is_refused_by_name(document: object, said: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read_sweep(document, tmp_path)
    assert said in refused.value.message
    assert refused.value.hint


def test_too_many_points_are_refused_with_their_count() -> None:
    values = list(range(1, 1001))
    document = {
        "request": REQUEST,
        "grid": {"workload.users": values, "limits.max_instances": values},
        "as_of": ["2026-07-01", "2026-07-02"],
    }
    with pytest.raises(InvalidInputError, match=f"2,000,000 points .* at most {reading.MOST_POINTS:,}"):
        read_sweep(document)


TABLES = [
    ("workload.users\n", "has no rows"),
    ("workload.users,workload.users\n1,2\n", "given twice"),
    ("workload.users\n1\n1,2\n", "row 3: 2 cells under 1 columns"),
    ("workload.users\n1\nmany\n", "row 3: workload.users"),
    ("workload.usres\n1\n", "unknown field in table points.csv"),
]


@pytest.mark.parametrize(("text", "said"), TABLES, ids=lambda part: part.replace("\n", " "))
def test_a_mistake_in_a_table_is_refused_by_row(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text(text)
    with pytest.raises(InvalidInputError, match=said):
        read_sweep({"request": REQUEST, "table": "points.csv"}, tmp_path)


def users(sweep: Sweep) -> list[Any]:
    return [sweep.document(point)["workload"]["users"] for point in range(len(sweep))]


def test_a_grid_is_every_combination_with_the_last_field_fastest() -> None:
    sweep = read_sweep(SMALL)
    assert 20 == len(sweep)
    assert [*GRID["workload.users"], *GRID["workload.users"]] == users(sweep)
    assert ("workload.context_tokens", "workload.users") == sweep.columns
    assert (4096, 1) == sweep.shown(10)


def test_a_table_is_a_point_a_row_and_an_empty_cell_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text('workload.users,model,allow.gpus\n7,,\n,llama-3.1-70b,"[""H100""]"\n')
    sweep = read_sweep({"request": REQUEST, "table": "points.csv"}, tmp_path)
    assert [7, 1] == users(sweep)
    assert ({"gpus": ["H100"]}, "llama-3.1-70b") == (sweep.document(1)["allow"], sweep.document(1)["model"])
    assert (7, None, None) == sweep.shown(0)
    assert (None, "llama-3.1-70b", '["H100"]') == sweep.shown(1)


def test_days_and_scenarios_multiply() -> None:
    days = [date(2026, 7, 1), date(2026, 7, 2)]
    scenarios = {"as is": {}, "doubled": {"workload.users": 2, "limits.quotas.aws/us-east-1/p5.48xlarge": 3}}
    sweep = read_sweep({"request": REQUEST, "scenarios": scenarios, "as_of": days})
    assert [1, 2, 1, 2] == users(sweep)
    assert ["2026-07-01", "2026-07-01", "2026-07-02", "2026-07-02"] == [sweep.document(n)["as_of"] for n in range(4)]
    assert {"quotas": {"aws/us-east-1/p5.48xlarge": 3}} == sweep.document(1)["limits"]
    assert ("doubled",) == sweep.shown(3)


def test_the_request_that_is_varied_stays_as_it_was() -> None:
    sweep = read_sweep(SMALL)
    assert [sweep.document(point) for point in range(3)] == [sweep.document(point) for point in range(3)]
    assert 1 == REQUEST["workload"]["users"]


def test_the_same_sweep_in_another_layout_has_the_same_id() -> None:
    other = {"grid": dict(GRID), "request": {"workload": dict(reversed(REQUEST["workload"].items()))}}
    assert read_sweep(SMALL).sweep_id == read_sweep(other).sweep_id
    assert read_sweep(SMALL).sweep_id != read_sweep({"request": REQUEST}).sweep_id
