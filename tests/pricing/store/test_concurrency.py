"""Several refreshes and readers at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

from sqlalchemy import text

from catalog import load_catalog
from pricing.providers import Fetched, ProviderSettings
from pricing.references import load_references
from pricing.refresh import Refresher
from pricing.store.connections import connect
from pricing.store.merging import EMPTY
from pricing.store.price_store import PriceStore
from tests.pricing.quoting import quote
from tests.pricing.refresh.answers import Answering
from tests.pricing.store.offering import NOON, batch, offer

PROVIDERS = [f"cloud{number}" for number in range(4)]
ROUNDS = 6


def write_rounds(store, provider):
    for number in range(1, ROUNDS + 1):
        offers = [offer(str(number), provider=provider, region=f"region{place}") for place in range(20)]
        store.add_batch(batch(NOON + timedelta(hours=number), *offers, provider=provider))


def read_until(store, done):
    """Return every mixture seen: a provider whose offers are of two batches."""
    mixed = set()
    while not done.is_set():
        found = {}
        for each in store.snapshot().offers:
            found.setdefault(each.provider, set()).add(each.usd_per_hour)
        mixed |= {provider for provider, numbers in found.items() if len(numbers) > 1}
    return mixed


def test_writers_and_readers_do_not_disturb_each_other(open_store):
    done = Event()
    with ThreadPoolExecutor(8) as threads:
        readers = [threads.submit(read_until, open_store(), done) for _ in range(2)]
        writers = [threads.submit(write_rounds, open_store(), provider) for provider in PROVIDERS]
        for writer in writers:
            writer.result()
        done.set()
        assert [reader.result() for reader in readers] == [set(), set()]
    records = open_store().batches()
    assert [(record.provider, record.offers) for record in records] == [(provider, 20) for provider in PROVIDERS]
    assert sorted(record.batch_id for record in records)[-1] == len(PROVIDERS) * ROUNDS


def test_one_store_serves_several_threads(store):
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda provider: write_rounds(store, provider), PROVIDERS))
    assert len(store.snapshot().offers) == 20 * len(PROVIDERS)


def test_many_programs_may_make_the_database_at_once(url):
    with ThreadPoolExecutor(8) as threads:
        stores = list(threads.map(lambda _: PriceStore.open(url, EMPTY), range(8)))
    assert {store.snapshot().snapshot_id for store in stores} == {stores[0].snapshot().snapshot_id}
    for store in stores:
        store.close()


def test_a_second_refresh_of_a_provider_waits_on_a_shared_database(url, open_store):
    order = []
    first, second = open_store(), open_store()

    def refresh(store, name):
        with store.refreshing("aws"):
            order.append(name)

    with ThreadPoolExecutor(1) as threads:
        with first.refreshing("aws"):
            waiting = threads.submit(refresh, second, "second")
            if url.startswith("sqlite"):
                waiting.result()
            order.append("first")
        waiting.result()
    assert order == (["second", "first"] if url.startswith("sqlite") else ["first", "second"])


def test_who_waited_for_a_refresh_reports_it_and_does_not_ask_again(url, open_store):
    asked = []
    entered, going_on = Event(), Event()

    class Slow(Answering):
        def fetch(self, settings, progress):
            asked.append(settings.now)
            entered.set()
            going_on.wait(20)
            return super().fetch(settings, progress)

    provider = Slow("aws", Fetched((quote(),)))

    def refresh(hours):
        settings = ProviderSettings(now=NOON + timedelta(hours=hours))
        refresher = Refresher(open_store(), settings, load_references(), load_catalog())
        return refresher.refresh({"aws": provider}, (), lambda name, items: None).providers[0]

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(refresh, 1)
        entered.wait(20)
        second = threads.submit(refresh, 2)
        if url.startswith("postgresql"):
            wait_for_a_waiter(url)
        going_on.set()
        reports = [first.result(), second.result()]
    assert [("ok", 1), ("ok", 1)] == [(report.status, report.offers) for report in reports]
    if url.startswith("postgresql"):
        assert [NOON + timedelta(hours=1)] == asked


def wait_for_a_waiter(url):
    """Wait until a session waits for an advisory lock."""
    engine = connect(url)
    query = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    with engine.connect() as connection:
        while not connection.scalar(query):
            connection.rollback()
    engine.dispose()
