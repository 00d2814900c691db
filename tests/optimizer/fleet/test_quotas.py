"""Quotas: each form of key counts what it names, and the fleet keeps to it."""

import pytest

from catalog import UnknownNameError
from optimizer.fleet.quotas import check_quota_keys, quotas_of
from tests.optimizer.fleet.market import CHAT, catalog, offer, plan, request

EAST = offer("1.0", "L40S-48GB", 1, instance_type="small")
EAST_BIG = offer("4.2", "L40S-48GB", 4, instance_type="big")
WEST = offer("1.2", "L40S-48GB", 1, region="us-west-2", instance_type="small")
GCP = offer("1.5", "L40S-48GB", 1, provider="gcp", region="us-east1", instance_type="g2")
MARKET = (EAST, EAST_BIG, WEST, GCP)


@pytest.mark.parametrize(
    ("key", "counted"),
    [
        ("aws", {0, 1, 2}),
        ("aws/us-east-1", {0, 1}),
        ("aws/us-east-1/small", {0}),
        ("small", {0, 2}),
        ("L40S-48GB", {0, 1, 2, 3}),
    ],
)
def test_a_key_counts_what_it_names(key: str, counted: set[int]) -> None:
    assert counted == quotas_of({key: 1}, MARKET, catalog())[key].offers


def test_a_gpu_is_counted_in_gpus() -> None:
    assert quotas_of({"L40S-48GB": 1}, MARKET, catalog())["L40S-48GB"].unit == "gpus"


@pytest.mark.parametrize("key", ["aws", "aws/us-east-1", "aws/us-east-1/small", "small"])
def test_a_pool_is_counted_in_instances(key: str) -> None:
    assert quotas_of({key: 1}, MARKET, catalog())[key].unit == "instances"


@pytest.mark.parametrize("key", ["aw", "aws/", "aws/us-east", "aws/us-east-1/smal", "us-east-1", "/", ""])
def test_half_a_key_is_refused(key: str) -> None:
    with pytest.raises(UnknownNameError, match="quota"):
        check_quota_keys({key: 1}, MARKET, catalog())


@pytest.mark.parametrize(
    ("key", "most"),
    [("aws", 1), ("aws/us-east-1", 1), ("aws/us-east-1/small", 1), ("small", 1), ("L40S-48GB", 5), ("L40S-48GB", 3)],
)
def test_the_fleet_keeps_to_a_quota(key: str, most: int) -> None:
    asked = request({**CHAT, "users": 12}, model="llama-3.1-8b", limits={"quotas": {key: most}})
    made = plan(asked, MARKET)
    in_gpus = key in catalog().gpus
    pools = [(line, (line.provider, line.region, line.instance_type)) for line in made.lines]
    counted = sum(
        line.count * (line.gpus_per_instance if in_gpus else 1)
        for line, pool in pools
        if line.gpu == key or line.instance_type == key or "/".join(pool[: key.count("/") + 1]) == key
    )
    assert made.certificate.verified
    assert counted <= most


def test_a_quota_of_none_rules_out_what_it_names() -> None:
    asked = request(model="llama-3.1-8b", limits={"quotas": {"aws": 0}})
    assert {"gcp"} == {line.provider for line in plan(asked, MARKET).lines}


def test_two_quotas_hold_together() -> None:
    asked = request(model="llama-3.1-8b", limits={"quotas": {"aws/us-east-1": 0, "small": 0}})
    assert {"g2"} == {line.instance_type for line in plan(asked, MARKET).lines}


def test_a_quota_that_does_not_bind_changes_nothing() -> None:
    asked = request(model="llama-3.1-8b", limits={"quotas": {"aws": 50}})
    assert plan(request(model="llama-3.1-8b"), MARKET).cost_usd_per_hour == plan(asked, MARKET).cost_usd_per_hour
