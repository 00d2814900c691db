"""The account's quotas in a plan on stored prices."""

from dataclasses import replace
from datetime import date

import pytest

from api.account import MOST_NAMED, account_assumptions, with_account_quotas
from api.answering import Answerer
from pricing.offers import AccountQuota
from tests.optimizer.fleet.market import CHAT, catalog, offer, request, snapshot

P5 = offer("10", instance_type="p5.48xlarge", vcpus=192)
FAR = offer("30", instance_type="far", provider="gcp", region="us-east1")
QUOTA = AccountQuota("aws", "us-east-1", "P", "on_demand", 192, "Running On-Demand P instances", date(2026, 11, 24))
SPOT = replace(QUOTA, market="spot", name="All P Spot Instance Requests")
WEST = replace(QUOTA, region="us-west-2")
KEY = QUOTA.key
CROWD = {**CHAT, "users": 700}
BOTH = replace(snapshot(P5, FAR), quotas=(QUOTA, SPOT, WEST))


def resolved(prices=BOTH, environment=None, **asked):
    return with_account_quotas(request(CROWD, **asked), prices, catalog(), environment or {})


def test_the_quotas_of_what_may_be_rented_become_limits():
    assert resolved().limits.quotas == {KEY: 192}


def test_a_plan_keeps_to_them_and_says_so():
    made = Answerer(catalog(), BOTH).plan(request(CROWD))
    assert {line.instance_type: line.count for line in made.lines}["p5.48xlarge"] == 1
    assert made.certificate.verified
    assert "account quota of 2026-11-24: Running On-Demand P instances in aws us-east-1, 192 vCPUs" in made.assumptions


def test_spot_has_a_quota_of_its_own():
    spot = replace(P5, term="spot")
    prices = replace(BOTH, offers=(spot, FAR))
    assert resolved(prices, allow={"terms": ["spot", "on_demand"]}).limits.quotas == {SPOT.key: 192}


def test_prices_without_an_account_leave_a_request_as_it_is():
    asked = request(CROWD)
    assert with_account_quotas(asked, snapshot(P5, FAR), catalog(), {}) is asked


def test_the_setting_leaves_them_out():
    assert resolved(environment={"GPUMIX_ACCOUNT_QUOTAS": "0"}).limits.quotas == {}


@pytest.mark.parametrize("key", ["aws", "aws/us-east-1", "aws/us-east-1/p5.48xlarge", "p5.48xlarge", KEY])
def test_a_quota_of_ones_own_replaces_that_of_the_account(key):
    assert resolved(limits={"quotas": {key: 5}}).limits.quotas == {key: 5}


@pytest.mark.parametrize("key", ["gcp", "H100-SXM-80GB", "aws/us-east-1/-/p5.48xlarge/on_demand"])
def test_a_quota_of_something_else_stands_beside_that_of_the_account(key):
    assert resolved(limits={"quotas": {key: 5}}).limits.quotas == {key: 5, KEY: 192}


def test_a_request_that_has_them_already_is_not_changed_by_newer_ones():
    raised = replace(BOTH, quotas=(replace(QUOTA, vcpus=1920),))
    assert with_account_quotas(resolved(), raised, catalog(), {}).limits.quotas == {KEY: 192}


def test_many_quotas_are_told_in_two_sentences():
    places = [f"us-east-{number}" for number in range(MOST_NAMED + 2)]
    prices = replace(
        snapshot(*(replace(P5, region=place) for place in places)),
        quotas=tuple(replace(QUOTA, region=place, vcpus=192 * (place == "us-east-1")) for place in places),
    )
    asked = request(CROWD)
    used = with_account_quotas(asked, prices, catalog(), {})
    assert account_assumptions(asked, used, prices) == (
        "5 account quotas of 2026-11-24 at aws hold, 4 of 0 vCPUs",
        "account quota of 2026-11-24: Running On-Demand P instances in aws us-east-1, 192 vCPUs",
        "GPUMIX_ACCOUNT_QUOTAS=0 leaves account quotas out",
    )


def test_prices_with_other_quotas_are_another_version():
    raised = replace(BOTH, quotas=(replace(QUOTA, vcpus=1920),))
    versions = {Answerer(catalog(), prices).version for prices in (BOTH, raised, snapshot(P5, FAR))}
    assert len(versions) == 3
