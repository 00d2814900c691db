"""Plans against each other over HTTP: the documents of `gpumix diff` and `gpumix compare`."""

import json
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from api.cli import app

from .servers import CHEAP

LARGER = {**CHEAP, "workload": {"users": 64, "tok_per_s_per_user": 20, "context_tokens": 2048}}


def made(client: httpx.Client, request: Any) -> Any:
    return client.post("/v1/plans", json=request).json()


def test_a_plan_by_its_id_against_a_larger_request(client: httpx.Client) -> None:
    saved = made(client, CHEAP)
    found = client.post("/v1/diff", json={"plan_id": saved["plan_id"], "request": LARGER}).json()
    assert saved["cost_usd_per_hour"] == found["before"]["cost_usd_per_hour"]
    assert made(client, LARGER)["cost_usd_per_hour"] == found["now"]["cost_usd_per_hour"]
    assert [["request"]] == [step["exchanged"] for step in found["steps"]]
    assert found["change_usd_per_hour"] == pytest.approx(sum(step["usd_per_hour"] for step in found["steps"]))


def test_a_whole_plan_against_the_prices_of_a_day(client: httpx.Client, tmp_path: Any) -> None:
    saved = made(client, CHEAP)
    found = client.post("/v1/diff", json={"plan": saved, "then": "history:2025-01-20", "now": "shipped"}).json()
    (tmp_path / "plan.json").write_text(json.dumps(saved))
    told = CliRunner().invoke(
        app, ["diff", str(tmp_path / "plan.json"), "--then", "history:2025-01-20", "--now", "shipped", "--json"]
    )
    assert json.loads(told.stdout)["causes"] == found["causes"]


def test_two_plans(client: httpx.Client) -> None:
    ids = [made(client, request)["plan_id"] for request in (CHEAP, LARGER)]
    found = client.post("/v1/diff", json={"plan_id": ids[0], "other_id": ids[1]}).json()
    assert ids == [found["before"]["plan_id"], found["now"]["plan_id"]]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"plan_id": "0123456789abcdef"}, 404),
        ({"plan_id": "0123456789abcdef", "then": "/etc/passwd"}, 422),
        ({"plan_id": "0123456789abcdef", "other_id": "0123456789abcdef", "request": CHEAP}, 422),
    ],
    ids=str,
)
def test_what_cannot_be_held_against_anything_is_refused(body: Any, status: int, client: httpx.Client) -> None:
    assert status == client.post("/v1/diff", json=body).status_code


@pytest.mark.parametrize("prices", [{"now": "0123456789abcdef"}, {"then": "history:1999-01-01"}], ids=str)
def test_prices_that_are_not_here_are_a_problem_of_the_request(prices: Any, client: httpx.Client) -> None:
    answer = client.post("/v1/diff", json={"plan": made(client, CHEAP), **prices})
    assert (422, "invalid_input") == (answer.status_code, answer.json()["code"])


def test_two_gpus_side_by_side(client: httpx.Client) -> None:
    asked = {**LARGER, "allow": {"providers": ["aws"]}}
    found = client.post("/v1/compare", json={"request": asked, "gpus": ["L40S", "H100"]}).json()
    assert ["L40S", "H100"] == [side["label"] for side in found["sides"]]
    costs = {side["label"]: side["cost_usd_per_hour"] for side in found["sides"]}
    assert found["cheapest"] == min(costs, key=lambda label: costs[label])


def test_one_gpu_is_no_comparison(client: httpx.Client) -> None:
    assert 422 == client.post("/v1/compare", json={"request": CHEAP, "gpus": ["L40S"]}).status_code


def test_a_plan_that_is_safe_against_old_prices(client: httpx.Client) -> None:
    found = client.post("/v1/robust", json={"request": LARGER, "quantile": 0.8}).json()
    assert found["listed"]["usd_per_hour_listed"] == made(client, LARGER)["cost_usd_per_hour"]
    assert found["robust"]["usd_per_hour_at_risk"] <= found["listed"]["usd_per_hour_at_risk"]
    assert all(price["series"] > 0 and price["age_days"] > 0 for price in found["prices"])


def test_a_quantile_beyond_the_history_is_refused(client: httpx.Client) -> None:
    assert 422 == client.post("/v1/robust", json={"request": CHEAP, "quantile": 1}).status_code
