"""Time the price store on SQLite: a refresh from loopback clouds, a snapshot, and a year of history.

python -m benchmarks.prices
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from benchmarks.clouds import ROWS
from pricing import Offer, load_snapshot
from pricing.refresh import refresh_prices
from pricing.spans import HistoryFilter
from pricing.store.batches import Batch
from pricing.store.merging import EMPTY
from pricing.store.price_store import PriceStore

RUNS = 7
CLOUDS = ("azure", "lambda", "runpod", "vast", "verda")
SNAPSHOT_OFFERS = 10_000
HISTORY_OFFERS, DAYS = 5_000, 365
SPOT_SHARE = 5  # one offer in so many is spot, and has another price every day
CHANGE_DAYS = 60  # any other has another price once in so many days
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def main() -> None:
    """Print one row for each figure; wall-clock seconds beside those of the processor alone."""
    print(f"{'prices, on SQLite':<66}{'seconds':>9}{'of CPU':>9}")
    with tempfile.TemporaryDirectory() as folder:
        _refresh(Path(folder))
        _snapshot(Path(folder))
        _year(Path(folder))


def _refresh(folder: Path) -> None:
    """Refresh from five clouds of 2,000 rows each into an empty database, then once more with nothing new."""
    with _served() as address:
        environment = {
            "GPUMIX_DATABASE_URL": f"sqlite:///{folder / 'refreshed.db'}",
            **{f"GPUMIX_{cloud.upper()}_URL": address for cloud in CLOUDS},
            **dict.fromkeys(
                ("GPUMIX_LAMBDA_API_KEY", "GPUMIX_VERDA_CLIENT_ID", "GPUMIX_VERDA_CLIENT_SECRET"), "made-up"
            ),
        }
        for label, day in (("first refresh", NOW), ("a day later", NOW + timedelta(days=1))):
            wall, busy = time.perf_counter(), time.process_time()
            report = refresh_prices(environment, day, names=CLOUDS)
            wall, busy = time.perf_counter() - wall, time.process_time() - busy
            offers = sum(row.offers for row in report.providers)
            rows = f"{len(CLOUDS)} clouds x {ROWS:,} rows, {offers:,} offers"
            _row(
                f"{label}: {rows}",
                wall,
                busy,
                ", ".join(row.error or "failed" for row in report.providers if row.error),
            )


def _snapshot(folder: Path) -> None:
    store = PriceStore.open(f"sqlite:///{folder / 'snapshot.db'}", EMPTY)
    for provider in CLOUDS:
        store.add_batch(Batch(provider, NOW, _offers(provider, SNAPSHOT_OFFERS // len(CLOUDS))))
    found = store.snapshot()
    _row(f"snapshot of {len(found.offers):,} offers", *_median(store.snapshot))
    store.close()


def _year(folder: Path) -> None:
    """Store a batch every day for a year; then say how large it is, and how long the history of one offer takes."""
    file = folder / "year.db"
    moment = NOW
    store = PriceStore.open(f"sqlite:///{file}", EMPTY, lambda: moment)
    offers = _offers("aws", HISTORY_OFFERS)
    spent: list[tuple[float, float]] = []
    for day in range(DAYS):
        moment = NOW + timedelta(days=day)
        offers = tuple(_moved(offer, number, day, moment) for number, offer in enumerate(offers))
        batch = Batch("aws", moment, offers)
        spent.append(_timed(lambda batch=batch: store.add_batch(batch)))
    wanted = HistoryFilter(region=offers[0].region, instance_type=offers[0].instance_type, term=offers[0].term)
    spans = store.history(wanted)
    mib = sum(path.stat().st_size for path in folder.glob("year.db*")) / 2**20
    wall, busy = (statistics.median(column) for column in zip(*spent, strict=True))
    _row(f"one daily batch of {HISTORY_OFFERS:,} offers, median of {DAYS}", wall, busy)
    _row(f"history of one offer with {len(spans)} prices in a year", *_median(lambda: store.history(wanted)))
    _row(f"snapshot of {HISTORY_OFFERS:,} offers after a year", *_median(store.snapshot))
    print(f"a year of daily prices of {HISTORY_OFFERS:,} offers takes {mib:.0f} MiB")
    store.close()


def _offers(provider: str, count: int) -> tuple[Offer, ...]:
    """Return offers of one provider made from shipped ones: as many as wanted, in as many places."""
    known = load_snapshot().offers
    return tuple(
        replace(
            known[number % len(known)],
            provider=provider,
            region=f"region{number // 100}",
            zone=None,
            instance_type=f"type{number % 100}",
            term="on_demand" if number % SPOT_SHARE else "spot",
            observed_at=NOW.date(),
            observed_until=None,
        )
        for number in range(count)
    )


def _moved(offer: Offer, number: int, day: int, moment: datetime) -> Offer:
    changes = offer.term == "spot" or (number + day) % CHANGE_DAYS == 0
    price = offer.usd_per_hour + Decimal("0.01") if changes else offer.usd_per_hour
    return replace(offer, usd_per_hour=price, native_per_hour=price, observed_at=moment.date())


@contextmanager
def _served() -> Iterator[str]:
    """Run the clouds in a process of their own, and yield their address."""
    command = [sys.executable, "-m", "benchmarks.clouds"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def _timed(action: Callable[[], object]) -> tuple[float, float]:
    wall, busy = time.perf_counter(), time.process_time()
    action()
    return time.perf_counter() - wall, time.process_time() - busy


def _median(action: Callable[[], object]) -> tuple[float, float]:
    action()
    walls, busy = zip(*(_timed(action) for _ in range(RUNS)), strict=True)
    return statistics.median(walls), statistics.median(busy)


def _row(label: str, wall: float, busy: float, note: str = "") -> None:
    print(f"{label:<66}{wall:>9.3f}{busy:>9.3f}  {note}")


if __name__ == "__main__":
    main()
