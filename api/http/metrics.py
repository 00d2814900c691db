"""What Prometheus scrapes: requests, solves, the queue, and how old the prices of each provider are."""

import os
from collections.abc import Callable, Iterator
from datetime import date

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from pricing import Snapshot

MULTIPROCESS_SETTING = "PROMETHEUS_MULTIPROC_DIR"
SECONDS_PER_DAY = 86_400
REGISTRY = CollectorRegistry()

REQUESTS = Counter("gpumix_requests_total", "Requests by route and status.", ("route", "status"), registry=REGISTRY)
REQUEST_SECONDS = Histogram(
    "gpumix_request_seconds", "Seconds until a response was sent, by route.", ("route",), registry=REGISTRY,
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)  # fmt: skip
SOLVES = Counter("gpumix_solves_total", "Plans by outcome: a plan's status, or a problem's code.", ("outcome",),
                 registry=REGISTRY)  # fmt: skip
SOLVE_SECONDS = Histogram(
    "gpumix_solve_seconds", "Seconds to make a plan, waiting included.", registry=REGISTRY,
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)  # fmt: skip
QUEUE = Gauge(
    "gpumix_plans_in_progress", "Plans being solved or waiting.", registry=REGISTRY, multiprocess_mode="livesum"
)


class PriceAges(Collector):
    """The age of the newest price of each provider, as of the scrape."""

    def __init__(self, snapshot: Callable[[], Snapshot | None], today: Callable[[], date]) -> None:
        self._snapshot, self._today = snapshot, today

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield one gauge a provider, and the number of offers."""
        snapshot, today = self._snapshot(), self._today()
        newest: dict[str, date] = {}
        for offer in snapshot.offers if snapshot else ():
            newest[offer.provider] = max(newest.get(offer.provider, offer.observed_at), offer.observed_at)
        ages = GaugeMetricFamily(
            "gpumix_price_age_seconds", "Age of a provider's newest price, by the day.", labels=("provider",)
        )
        for provider, day in sorted(newest.items()):
            ages.add_metric((provider,), (today - day).days * SECONDS_PER_DAY)
        yield ages
        yield GaugeMetricFamily(
            "gpumix_offers", "Offers in the snapshot.", value=len(snapshot.offers) if snapshot else 0
        )


def metrics_text(ages: PriceAges) -> bytes:
    """Return every metric, of all workers where there are several."""
    shown = CollectorRegistry()
    shown.register(ages)
    if os.environ.get(MULTIPROCESS_SETTING):
        MultiProcessCollector(shown)  # type: ignore[no-untyped-call]  # the library annotates none of it
        return generate_latest(shown)
    return generate_latest(REGISTRY) + generate_latest(shown)
