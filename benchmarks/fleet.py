"""Time the optimizer: fifty varied requests, mixes that survive the loss of a provider, and growth with offers.

Each figure is the processor time of the way from a request to its proved fleet (candidates, pruning, solve), without
the explanation: all of it is one thread, and what else the machine does is left out.
"""

import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from catalog import load_catalog
from optimizer.fleet.candidates import find_candidates
from optimizer.fleet.cheapest import cheapest_fleet
from optimizer.fleet.columns import columns_of
from optimizer.request import read_request
from pricing import load_snapshot
from pricing.offers import Snapshot

GROWTH = (1_500, 5_000, 15_000, 50_000)
BUCKETS = tuple(
    {"input_tokens": prompt, "output_tokens": answer, "share": share}
    for prompt, answer, share in (
        (128, 128, 0.2), (512, 256, 0.25), (1500, 300, 0.25), (4000, 300, 0.15), (8000, 500, 0.1), (24000, 800, 0.05),
    )
)  # fmt: skip
QUOTAS = {"A100": {"A100-SXM-80GB": 16}, "H100": {"H100-SXM-80GB": 16, "runpod": 4}, "B200": {"B200-SXM-180GB": 4}}


@dataclass(frozen=True)
class Timing:
    """Seconds of processor from a request to its fleet, those of the solve, and what was found."""

    seconds: float
    solve_seconds: float
    outcome: str
    columns: int


def main() -> None:
    """Print one table for each part."""
    catalog, snapshot = load_catalog(), load_snapshot()
    _fifty(snapshot, catalog)
    _survivors(snapshot, catalog)
    _growth(snapshot, catalog)


def suite() -> Iterator[dict[str, Any]]:
    """Yield fifty requests: users and rates, small and large, with and without limits and losses."""
    models = ("llama-3.1-8b", "llama-3.1-70b", "llama-4-405b")
    for model in models:
        for users, speed, context in ((1, 10, 8192), (8, 20, 8192), (50, 15, 4096), (200, 10, 16384)):
            yield {"model": model, "workload": _users(users, speed, context)}
            yield {"model": model, "workload": _users(users, speed, context), "slo": {"ttft_s": 5}}
        for rate in (0.5, 4, 30):
            yield {"model": model, "workload": _rate(rate)}
    for quotas in QUOTAS.values():
        yield {"model": "llama-3.1-70b", "workload": _users(200, 15, 8192), "limits": {"quotas": quotas}}
    for limits in ({"max_kinds": 1}, {"max_instances": 6}, {"max_provider_fraction": 0.6}, {"min_replicas": 6}):
        yield {"model": "llama-3.1-70b", "workload": _users(60, 20, 8192), "limits": limits}
    for loss in ("replica", "instance", "zone", "provider"):
        yield {"model": "llama-3.1-70b", "workload": _users(60, 20, 8192), "survive_loss": loss}
    for rate in (1, 3, 10):
        mix = {"request_rate_per_s": rate, "buckets": list(BUCKETS)}
        yield {"model": "llama-3.1-70b", "workload": mix}
        yield {"model": "llama-3.1-70b", "workload": mix, "confidence": 0.9}


def _users(users: int, speed: float, context: int) -> dict[str, Any]:
    return {"users": users, "tok_per_s_per_user": speed, "context_tokens": context}


def _rate(rate: float) -> dict[str, Any]:
    return {"request_rate_per_s": rate, "input_tokens": 2000, "output_tokens": 300}


def timed(document: dict[str, Any], snapshot: Snapshot, catalog: Any) -> Timing:
    """Return how long a request takes to its fleet, ties broken."""
    request = read_request(document)
    started = time.process_time()
    candidates = find_candidates(request, snapshot, catalog)
    columns = columns_of(candidates, request)
    before = time.process_time()
    fleet = cheapest_fleet(columns.problem)
    ended = time.process_time()
    return Timing(ended - started, ended - before, fleet.outcome, len(columns.problem.columns))


def _fifty(snapshot: Snapshot, catalog: Any) -> None:
    found = [timed(document, snapshot, catalog) for document in suite()]
    seconds, solves = [one.seconds for one in found], [one.solve_seconds for one in found]
    proved = sum(one.outcome in ("optimal", "infeasible") for one in found)
    print(f"{len(found)} requests on {len(snapshot.offers):,} offers, {proved} proved")
    print(f"  to the fleet   median {statistics.median(seconds):.3f} s, slowest {max(seconds):.2f} s")
    print(f"  of it solving  median {statistics.median(solves):.3f} s, {sum(solves) / sum(seconds):.0%} of the time")


def survivors() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return two requests under quotas that survive the loss of a provider: 200 users, and a mix of six sizes."""
    rest = {"model": "llama-3.1-70b", "survive_loss": "provider", "limits": {"quotas": QUOTAS["H100"]}}
    mix = {"request_rate_per_s": 3, "buckets": list(BUCKETS)}
    return {**rest, "workload": _users(200, 15, 8192)}, {**rest, "workload": mix}


def _survivors(snapshot: Snapshot, catalog: Any) -> None:
    print("\nwith quotas, surviving the loss of a provider")
    for name, document in zip(("200 users", "6 sizes, 3 requests/s"), survivors(), strict=True):
        one = timed(document, snapshot, catalog)
        print(f"  {name:<24}{one.columns:>6,} columns  {one.outcome}, {one.seconds:.2f} s")


def _growth(snapshot: Snapshot, catalog: Any) -> None:
    print("\ngrowth: the same two requests on more and more offers, prices of the real ones varied by up to 30%")
    for count in GROWTH:
        prices = grown(snapshot, count)
        users = timed({"model": "llama-3.1-70b", "workload": _users(200, 15, 8192)}, prices, catalog)
        mix = {"request_rate_per_s": 3, "buckets": list(BUCKETS)}
        sizes = timed({"model": "llama-3.1-70b", "workload": mix}, prices, catalog)
        print(f"  {count:>7,} offers   200 users {users.seconds:6.2f} s   6 sizes {sizes.seconds:6.2f} s")


def grown(snapshot: Snapshot, count: int) -> Snapshot:
    """Return a snapshot of `count` offers: the real ones, then copies in made-up regions at varied prices."""
    chance, real = random.Random(7), snapshot.offers  # noqa: S311  # a benchmark, not a secret
    copies = [
        replace(
            real[number % len(real)],
            region=f"{real[number % len(real)].region}-copy-{number // len(real)}",
            usd_per_hour=round(real[number % len(real)].usd_per_hour * Decimal(f"{chance.uniform(0.7, 1.3):.3f}"), 4),
        )
        for number in range(len(real), count)
    ]
    return Snapshot(f"grown-{count}", (*real, *copies)[:count], {})


if __name__ == "__main__":
    main()
