"""What a check finds, and when it is worth a word."""

from datetime import UTC, datetime, timedelta

import pytest

from api.answering import Answerer
from api.render.watch import check_text, line_text
from api.watching.alerts import LastAlert, judged, last_alert
from api.watching.checking import Check, check
from optimizer.fleet.plan import Plan
from pricing.offers import Offer
from tests.optimizer.fleet.market import catalog, offer, plan, request, snapshot

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HELD = offer("40.00")


def saved() -> Plan:
    return plan(request(), (HELD,))


def checked(*offers: Offer, threshold: float = 0.05) -> Check:
    return check(saved(), Answerer(catalog(), snapshot(*offers)), NOW, threshold)


def test_a_cheaper_offer_is_a_saving_on_what_the_fleet_costs_today() -> None:
    found = checked(offer("44.00"), offer("33.00", provider="gcp"))
    assert "cheaper" == found.state
    assert (44.0, 33.0, 11.0) == (found.held_usd_per_hour, found.cheapest_usd_per_hour, found.saving_usd_per_hour)
    assert pytest.approx(0.25) == found.saving_fraction
    assert pytest.approx(11.0 * 730) == found.saving_usd_per_month
    assert "gcp us-east-1" in found.cheapest


def test_a_saving_below_the_threshold_is_none() -> None:
    found = checked(HELD, offer("39.00", provider="gcp"))
    assert "same" == found.state
    assert pytest.approx(1.0) == found.saving_usd_per_hour


def test_a_fleet_that_became_cheaper_itself_is_no_reason_to_move() -> None:
    found = checked(offer("30.00"))
    assert ("same", 30.0, 0.0) == (found.state, found.held_usd_per_hour, found.saving_usd_per_hour)


@pytest.mark.parametrize(
    ("offers", "state"),
    [
        ((HELD,), "same"),
        ((offer("50.00"),), "dearer"),
        ((offer("41.00", provider="gcp"),), "gone"),
        ((offer("0.50", "L4-24GB", 1),), "nothing fits"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_state_is_what_happened_to_the_fleet(offers: tuple[Offer, ...], state: str) -> None:
    found = checked(*offers)
    assert state == found.state
    assert found.plan_id in check_text(found)


def told(hours_ago: float, state: str = "cheaper", saving: float = 11.0) -> LastAlert:
    return LastAlert(told_at=NOW - timedelta(hours=hours_ago), state=state, saving_usd_per_hour=saving)


@pytest.mark.parametrize(
    ("last", "alert"),
    [
        (None, True),
        (told(1), False),
        (told(25), True),
        (told(1, saving=10.0), False),
        (told(1, saving=5.0), True),
        (told(1, state="gone"), True),
    ],
    ids=("first", "within the cooldown", "after it", "grown a little", "grown", "another state"),
)
def test_the_same_thing_is_told_again_after_the_cooldown(last: LastAlert | None, alert: bool) -> None:
    found = judged(checked(offer("44.00"), offer("33.00", provider="gcp")), last, DAY, 0.05)
    assert alert == found.alert
    assert found.because
    assert alert == ("ALERT" in line_text(found))


def test_what_is_over_is_forgotten() -> None:
    calm = judged(checked(HELD), told(1), DAY, 0.05)
    assert not calm.alert
    assert last_alert(calm, told(1)) is None


def test_what_was_told_is_remembered_while_it_lasts() -> None:
    cheap = checked(offer("44.00"), offer("33.00", provider="gcp"))
    first = judged(cheap, None, DAY, 0.05)
    remembered = last_alert(first, None)
    assert remembered == told(0)
    assert remembered == last_alert(judged(cheap, remembered, DAY, 0.05), remembered)
