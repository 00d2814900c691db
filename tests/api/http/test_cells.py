"""Cells: one number as text."""

import httpx
import pytest

from .servers import CHEAP, CHEAP_QUERY

REPLICA = "gpu=H100-SXM-80GB&quantization=fp8&gpus=8&context=8192"


def cell(client: httpx.Client, path: str) -> float:
    found = client.get(f"/v1/cell/{path}")
    assert "text/plain; charset=utf-8" == found.headers["content-type"], found.text
    return float(found.text)


def test_a_price_is_of_the_cheapest_offer(client: httpx.Client) -> None:
    items = client.get("/v1/offers?gpu=H100&provider=aws&term=on_demand&limit=1000").json()["items"]
    per_gpu = min(item["usd_per_hour"] / item["gpus_per_instance"] for item in items)
    assert per_gpu == cell(client, "price?gpu=H100&provider=aws")


def test_a_price_may_be_of_an_instance(client: httpx.Client) -> None:
    items = client.get("/v1/offers?gpu=H100&provider=aws&term=on_demand&limit=1000").json()["items"]
    assert min(item["usd_per_hour"] for item in items) == cell(client, "price?gpu=H100&provider=aws&per=instance")


def test_costs_are_those_of_the_plan(client: httpx.Client) -> None:
    plan = client.post("/v1/plans", json=CHEAP).json()
    assert plan["cost_usd_per_hour"] == cell(client, f"cost?{CHEAP_QUERY}")
    assert plan["cost_usd_per_month"] == cell(client, f"month_cost?{CHEAP_QUERY}")


def test_a_speed_is_that_of_the_plan(client: httpx.Client) -> None:
    speeds = [
        line["performance"]["tok_per_s_per_user"]["value"]
        for line in client.post("/v1/plans", json=CHEAP).json()["lines"]
    ]
    assert min(speeds) == cell(client, f"tok_per_s?{CHEAP_QUERY}")


def test_a_speed_may_be_that_of_a_replica(client: httpx.Client) -> None:
    body = {"gpu": "H100-SXM-80GB", "quantization": "fp8", "gpus": 8, "input_tokens": 7680, "output_tokens": 512,
            "concurrency": 4}  # fmt: skip
    predicted = client.post("/v1/predictions", json=body).json()
    assert predicted["tok_per_s_per_user"]["value"] == cell(client, f"tok_per_s?{REPLICA}&concurrency=4")
    assert predicted["ttft_s"]["value"] == cell(client, f"tok_per_s?{REPLICA}&concurrency=4&metric=ttft_s")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("price?gpu=H100&provider=aws&term=spot&region=nowhere", "unknown_name"),
        ("price?gpu=H100&provider=aws&as_of=2001-01-01", "not_found"),
        (f"cost?{CHEAP_QUERY}&max_usd_per_hour=0.001", "nothing_fits"),
        ("tok_per_s?gpu=L4-24GB&quantization=fp8&gpus=1&context=8192", "nothing_fits"),
        ("tok_per_s?gpu=L4,H100&quantization=fp8&gpus=1&context=8192", "invalid_input"),
        ("tok_per_s?gpus=1&context=8192", "invalid_input"),
        ("cost?users=1", "invalid_input"),
    ],
)
def test_a_cell_without_a_number_says_why(client: httpx.Client, path: str, code: str) -> None:
    found = client.get(f"/v1/cell/{path}")
    assert code == found.json()["code"]
    assert 400 <= found.status_code < 500
    assert len(found.text) < 32_767
