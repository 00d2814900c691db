"""Quotas: each form of key counts what it names, and the fleet keeps to it."""

import pytest

from catalog import UnknownNameError
from optimizer.fleet.plan import Plan
from optimizer.fleet.quotas import check_quota_keys, quotas_of
from pricing.offers import Offer
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


P5 = offer("10", instance_type="p5.48xlarge", vcpus=192)
P5_SPOT = offer("4", instance_type="p5.48xlarge", vcpus=192, term="spot")
P5_YEAR = offer("6", instance_type="p5.48xlarge", vcpus=192, term="reserved_1y")
P5_BLOCK = offer("7", instance_type="p5.48xlarge", vcpus=192, term="capacity_block")
P4D = offer("9", "A100-SXM-40GB", instance_type="p4d.24xlarge", vcpus=96)
G6 = offer("1", "L4-24GB", 1, instance_type="g6.4xlarge", vcpus=16)
GR6 = offer("1", "L4-24GB", 1, instance_type="gr6.4xlarge", vcpus=16)
P5_WEST = offer("10", instance_type="p5.48xlarge", vcpus=192, region="us-west-2")
FAMILIES = (P5, P5_SPOT, P5_YEAR, P5_BLOCK, P4D, G6, GR6, P5_WEST)
P_ON_DEMAND = "aws/us-east-1/P/on_demand vCPUs"


@pytest.mark.parametrize(
    ("key", "counted"),
    [
        (P_ON_DEMAND, {0, 2, 4}),
        ("aws/us-east-1/P/spot vCPUs", {1}),
        ("aws/us-east-1/P5/on_demand vCPUs", {0, 2}),
        ("aws/us-east-1/P4+P3/on_demand vCPUs", {4}),
        ("aws/us-east-1/G+VT/on_demand vCPUs", {5}),
        ("aws/us-east-1/G+GR/on_demand vCPUs", {5, 6}),
        ("aws/us-west-2/P/on_demand vCPUs", {7}),
        ("aws/us-east-1/P48/on_demand vCPUs", set()),
    ],
)
def test_a_key_in_vcpus_counts_families_on_one_market(key: str, counted: set[int]) -> None:
    quota = quotas_of({key: 1}, FAMILIES, catalog())[key]
    assert (quota.offers, quota.unit) == (counted, "vcpus")


def test_an_account_may_have_quotas_of_families_that_nobody_offers() -> None:
    check_quota_keys({"aws/us-east-1/TRN/on_demand vCPUs": 1}, FAMILIES, catalog())


def test_a_key_in_vcpus_of_nobody_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="quota"):
        check_quota_keys({"awz/us-east-1/P/on_demand vCPUs": 1}, FAMILIES, catalog())


def crowd(most: int, *offers: Offer) -> Plan:
    """Return the plan of a load that takes several instances, under a quota of P instances."""
    asked = request({**CHAT, "users": 700}, limits={"quotas": {P_ON_DEMAND: most}})
    return plan(asked, offers)


@pytest.mark.parametrize("most", [191, 192, 288, 480])
def test_types_of_a_family_share_its_vcpus(most: int) -> None:
    far = offer("30", instance_type="far", region="us-west-2")
    made = crowd(most, P5, P4D, far)
    vcpus = {"p5.48xlarge": 192, "p4d.24xlarge": 96, "far": 0}
    assert made.certificate.verified
    assert sum(line.count * vcpus[line.instance_type] for line in made.lines) <= most


def test_without_its_quota_the_family_would_take_more() -> None:
    made = crowd(10_000, P5, P4D, offer("30", instance_type="far", region="us-west-2"))
    assert sum(line.count for line in made.lines if line.instance_type == "p5.48xlarge") * 192 > 480


def test_an_instance_whose_vcpus_nobody_tells_is_not_rented_under_a_quota_of_vcpus() -> None:
    unknown = offer("1", instance_type="p5.48xlarge")
    made = crowd(100_000, unknown, offer("30", instance_type="far", region="us-west-2"))
    assert {line.instance_type for line in made.lines} == {"far"}


def test_quotas_of_vcpus_are_what_keeps_a_plan_from_being_cheaper() -> None:
    made = crowd(192, P5, offer("30", instance_type="far", region="us-west-2"))
    (binding,) = (limit for limit in made.explanation.binding if limit.limit == "vCPU quotas of aws")
    assert (binding.change, binding.saving_usd_per_hour) == ("192 vCPUs more", 20)


def test_a_conflict_says_to_how_many_vcpus_which_quota_must_be_raised() -> None:
    made = crowd(191, P5)
    (conflict,) = (found for found in made.conflicts if found.limit == "vCPU quotas of aws")
    needed = int(conflict.needed.split()[0])
    assert (conflict.needed, needed % 192) == (f"{needed} in aws/us-east-1/P/on_demand", 0)
    assert crowd(needed, P5).lines
    assert crowd(needed - 1, P5).lines == ()
