"""A program that writes batch after batch until it is killed: every price of batch k is k."""

from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection

from pricing.store.merging import EMPTY
from pricing.store.price_store import PriceStore
from tests.pricing.store.offering import P5, batch, offer

OFFERS = 150
START = datetime(2026, 1, 1, tzinfo=UTC)


def write_for_ever(url: str, first: int, told: Connection) -> None:
    """Write batches from number `first` on, and tell each one that is stored."""
    store = PriceStore.open(url, EMPTY)
    told.send(first - 1)
    number = first
    while True:
        offers = [offer(str(number), instance_type=f"{P5.instance_type}-{place}") for place in range(OFFERS)]
        store.add_batch(batch(START + timedelta(hours=number), *offers))
        told.send(number)
        number += 1


def stored_number(url: str) -> int:
    """Return the number of the one batch that the whole snapshot is of, 0 where there is none."""
    store = PriceStore.open(url, EMPTY)
    offers = store.snapshot().offers
    numbers = {offer.usd_per_hour for offer in offers}
    recorded = [record.offers for record in store.batches()]
    store.close()
    assert len(numbers) <= 1, f"prices of several batches: {numbers}"
    assert [len(offers)] == (recorded or [0]), "a batch is there in part"
    return int(numbers.pop()) if numbers else 0
