"""Whatever the order of batches: the store tells the same as dictionaries that are copied after each."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from pricing.offers import Offer
from pricing.store.batches import Batch, held_keys, offer_key
from pricing.store.price_store import PriceStore
from pricing.store.schema import BATCHES, FACTS, OFFERS, PRICES, REJECTIONS, SNAPSHOTS
from tests.pricing.store.offering import Clock, baseline, batch, offer, quarantined

REGIONS = ("us-east-1", "us-west-2", "eu-west-1")
PROVIDERS = ("aws", "gcp")
BASELINE = baseline(
    *(
        offer("70", provider=name, region=region, observed_at=date(2026, 10, 1))
        for name in PROVIDERS
        for region in sorted(REGIONS)[:2]
    )
)
Key = tuple[str, ...]


@dataclass
class Model:
    """The same rules in the plainest words."""

    feeds: dict[tuple[str, str], dict[Key, Offer]] = field(default_factory=dict)
    complete: set[str] = field(default_factory=set)

    def add(self, added: Batch) -> None:
        if added.status == "failed":
            return
        held = held_keys(added.rejections)
        known = self.feeds.setdefault((added.feed, added.provider), {})
        for key in list(known):
            asked = added.regions is None or key[0] in added.regions
            if added.status == "ok" and asked and key not in held:
                del known[key]
        known |= {offer_key(each): each for each in added.offers}
        if added.feed == "live" and added.status == "ok" and added.regions is None:
            self.complete.add(added.provider)

    def offers(self) -> tuple[Offer, ...]:
        best: dict[Key, tuple[Any, Offer]] = {}
        rows = [(feed, each) for (feed, _), known in self.feeds.items() for each in known.values()]
        rows += [("shipped", each) for each in BASELINE.offers]
        for feed, each in rows:
            if each.provider in self.complete and feed not in ("live", "contract"):
                continue
            key = (each.provider, *offer_key(each))
            rank = (feed == "contract", each.observed_at, ("shipped", "skypilot", "live", "contract").index(feed))
            if key not in best or rank > best[key][0]:
                best[key] = (rank, each)
        return tuple(best[key][1] for key in sorted(best))


@st.composite
def steps(draw: st.DrawFn) -> tuple[float, Callable[..., Batch]]:
    """A pause in days, and a batch that is given its moment."""
    regions = draw(st.lists(st.sampled_from(REGIONS), unique=True))
    offers = [offer(draw(st.sampled_from(["10", "20"])), region=region) for region in regions]
    asked = draw(st.none() | st.frozensets(st.sampled_from(REGIONS), min_size=1))
    held = draw(st.sampled_from(REGIONS))
    changes = {
        "provider": draw(st.sampled_from(PROVIDERS)),
        "status": draw(st.sampled_from(["ok", "ok", "partial", "failed"])),
        "feed": draw(st.sampled_from(["live", "live", "contract", "skypilot"])),
        "regions": asked,
        "seen": draw(st.none() | st.just(date(2026, 9, 1))),
        "rejections": draw(st.sampled_from([(), (quarantined(offer(region=held)),)])) if held not in regions else (),
    }
    kept = [] if changes["status"] == "failed" else [each for each in offers if asked is None or each.region in asked]
    return draw(st.sampled_from([0.25, 1])), lambda moment: batch(moment, *kept, **changes)


@pytest.fixture
def empty_store(url: str) -> Callable[[Clock], PriceStore]:
    """Empty the test's database, which each example uses anew."""

    def emptied(clock: Clock) -> PriceStore:
        store = PriceStore.open(url, BASELINE, clock)
        with store._engine.begin() as connection:
            for table in (SNAPSHOTS, REJECTIONS, PRICES, FACTS, OFFERS, BATCHES):
                connection.execute(delete(table))
        return store

    return emptied


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(steps(), min_size=1, max_size=8))
def test_any_sequence_of_batches_tells_the_same_as_the_model(empty_store, sequence):
    clock, model = Clock(), Model()
    store = empty_store(clock)
    moments = []
    for days, make in sequence:
        added = make(clock.days(days))
        store.add_batch(added)
        model.add(added)
        moments.append((clock(), model.offers(), store.snapshot().snapshot_id))
    for moment, offers, identity in moments:
        snapshot = store.snapshot(moment)
        assert offers == snapshot.offers
        assert identity == snapshot.snapshot_id
    store.close()
