"""The model card's claims of speed and price, decided by the physics and by offers made for the test."""

from functools import cache

import pytest

from catalog.claims import CheckedClaim
from optimizer.claims import checked_claims
from pricing.offers import Offer
from tests.optimizer.fleet.market import catalog, offer, snapshot

CHEAP = (offer("8.00", "A100-SXM-80GB", 4), offer("60.00", "A100-SXM-80GB", 8), offer("30.00"))


@cache
def checked(offers: tuple[Offer, ...] = CHEAP) -> dict[str, CheckedClaim]:
    return {row.claim.claim_id: row for row in checked_claims(catalog(), snapshot(*offers))}


def decided(check: str) -> list[CheckedClaim]:
    """Return the claims of speed, or of price, that were decided."""
    return [row for row in checked().values() if row.claim.check == check and row.computed is not None]


def test_every_claim_of_the_card_is_checked_once() -> None:
    assert list(catalog().claims) == list(checked())


def test_every_claim_has_a_verdict_and_a_reason() -> None:
    for row in checked().values():
        assert row.verdict in {"agrees", "disagrees", "cannot be checked"}
        assert row.because


@pytest.mark.parametrize("check", ["performance", "price"])
def test_speeds_and_prices_are_decided(check: str) -> None:
    assert decided(check)


@pytest.mark.parametrize("check", ["performance", "price"])
def test_a_verdict_follows_from_the_range_that_is_claimed(check: str) -> None:
    for row in decided(check):
        low = row.claim.value or 0.0
        high = row.claim.value_high if row.claim.value_high is not None else low
        inside = row.computed is not None and low <= row.computed <= high
        assert ("agrees" if inside else "disagrees") == row.verdict


def test_prices_of_trackers_decide_nothing() -> None:
    trackers = tuple(
        offer(row.usd_per_hour, row.gpu_id, row.gpu_count, tier="tracker", provider="akash") for row in CHEAP
    )
    assert not [row for row in checked(trackers).values() if row.claim.check == "price" and row.computed is not None]


def test_doubled_prices_double_what_is_computed() -> None:
    double = tuple(offer(2 * row.usd_per_hour, row.gpu_id, row.gpu_count) for row in CHEAP)
    for row in decided("price"):
        assert 2 * (row.computed or 0) == pytest.approx(checked(double)[row.claim.claim_id].computed)
