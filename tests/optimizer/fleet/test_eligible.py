"""Eligible offers: each filter refuses what it names, and says so."""

from datetime import date
from typing import Any

import pytest

from optimizer.fleet.eligible import eligible_offers
from pricing.offers import Offer
from tests.optimizer.fleet.market import catalog, offer, request, snapshot

AWS = offer("40", zone="us-east-1a")
GCP = offer(
    "15", "A100-SXM-80GB", provider="gcp", region="europe-west4", continent="europe", observed_at=date(2026, 7, 1)
)
LAMBDA = offer("1", "L40S-48GB", 1, provider="lambda", tier="neocloud", region="us-west-2", continent=None)
PCIE = offer("9", "L40S-48GB", 4, provider="vast", tier="marketplace", region="global", continent="asia")
SPOT = offer("12", term="spot")
MARKET = (AWS, GCP, LAMBDA, PCIE, SPOT)
EVERYTHING = {"tiers": [], "terms": []}


def kept(**rest: Any) -> tuple[Offer, ...]:
    return eligible_offers(request(**rest), snapshot(*MARKET), catalog()).offers


def test_by_default_there_is_no_spot_and_no_marketplace() -> None:
    assert kept() == (AWS, GCP, LAMBDA)


def test_an_empty_list_allows_everything() -> None:
    assert kept(allow=EVERYTHING) == MARKET


@pytest.mark.parametrize(
    ("allow", "expected"),
    [
        ({"providers": ["aws"]}, (AWS, SPOT)),
        ({"tiers": ["neocloud"]}, (LAMBDA,)),
        ({"terms": ["spot"]}, (SPOT,)),
        ({"regions": ["europe-west4", "global"]}, (GCP, PCIE)),
        ({"continents": ["europe"]}, (GCP,)),
        ({"gpus": ["A100"]}, (GCP,)),
        ({"gpus": ["A100", "L40S"]}, (GCP, LAMBDA, PCIE)),
        ({"links": ["pcie"]}, (LAMBDA, PCIE)),
        ({"links": ["nvlink"]}, (AWS, GCP, LAMBDA, SPOT)),
        ({"links": ["nvswitch-gen3"]}, (GCP, LAMBDA)),
    ],
    ids=str,
)
def test_allow_keeps_only_what_it_names(allow: dict[str, list[str]], expected: tuple[Offer, ...]) -> None:
    assert kept(allow={**EVERYTHING, **allow}) == expected


@pytest.mark.parametrize(
    ("deny", "expected"),
    [
        ({"providers": ["aws"]}, (GCP, LAMBDA, PCIE)),
        ({"tiers": ["hyperscaler"]}, (LAMBDA, PCIE)),
        ({"terms": ["on_demand"]}, (SPOT,)),
        ({"regions": ["us-east-1"]}, (GCP, LAMBDA, PCIE)),
        ({"continents": ["north-america", "asia"]}, (GCP, LAMBDA)),
        ({"gpus": ["H100"]}, (GCP, LAMBDA, PCIE)),
        ({"links": ["nvswitch"]}, (LAMBDA, PCIE)),
    ],
    ids=str,
)
def test_deny_leaves_out_what_it_names(deny: dict[str, list[str]], expected: tuple[Offer, ...]) -> None:
    assert kept(allow=EVERYTHING, deny=deny) == expected


def test_deny_outweighs_allow() -> None:
    assert kept(allow={"providers": ["aws", "gcp"]}, deny={"providers": ["aws"]}) == (GCP,)


def test_an_offer_without_a_continent_is_on_none() -> None:
    assert LAMBDA not in kept(allow={"continents": ["north-america", "europe", "asia"]})


def test_a_price_seen_later_is_not_yet_known() -> None:
    assert kept(as_of="2026-07-15") == (GCP,)


def test_a_price_is_known_on_the_day_it_was_seen() -> None:
    assert kept(as_of="2026-08-01") == (AWS, GCP, LAMBDA)


def test_an_old_price_is_refused() -> None:
    assert kept(as_of="2026-08-01", max_price_age_days=30) == (AWS, LAMBDA)


def test_a_price_of_just_the_greatest_age_is_kept() -> None:
    assert kept(as_of="2026-08-01", max_price_age_days=31) == (AWS, GCP, LAMBDA)


def test_without_a_day_the_age_counts_from_the_newest_price() -> None:
    assert kept(max_price_age_days=0) == (AWS, LAMBDA)


def test_every_offer_is_kept_or_counted_once() -> None:
    found = eligible_offers(request(deny={"providers": ["gcp"]}), snapshot(*MARKET), catalog())
    assert len(MARKET) == len(found.offers) + sum(found.rejected.values())


def test_a_rejection_names_its_rule() -> None:
    found = eligible_offers(request(), snapshot(*MARKET), catalog())
    assert {"term not allowed": 1, "tier not allowed": 1} == dict(found.rejected)
