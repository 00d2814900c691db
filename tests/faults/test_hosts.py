"""Two hosts over one PostgreSQL: they share plans and prices; one is killed, one is cut off and comes back."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from pricing import load_snapshot
from pricing.store.batches import Batch
from pricing.store.price_store import PriceStore
from tests.api.http.servers import CHEAP
from tests.faults.conftest import Database
from tests.faults.hosts import Host, joined, until

HOLD = """
import sys, time
from pricing.store.price_store import PriceStore
store = PriceStore.open(sys.argv[1])
with store.refreshing("aws"):
    print("held", flush=True)
    time.sleep(60)
"""
NOW = datetime.now(UTC)
L40S = next(
    it for it in load_snapshot().offers if (it.provider, it.gpu_id, it.term) == ("aws", "L40S-48GB", "on_demand")
)


@pytest.fixture
def hosts(database: Database) -> Iterator[tuple[Host, Host]]:
    with ExitStack() as stack:
        yield stack.enter_context(joined(database.port)), stack.enter_context(joined(database.port))


@pytest.fixture
def serving(hosts: tuple[Host, Host]) -> tuple[Host, Host]:
    for host in hosts:
        host.serve()
    return hosts


def ask(host: Host, most_instances: int) -> dict[str, Any]:
    with host.client() as client:
        answer = client.post("/v1/plans", json={**CHEAP, "limits": {"max_instances": most_instances}})
    assert 200 == answer.status_code, answer.text
    document: dict[str, Any] = answer.json()
    return document


def solves(host: Host) -> float:
    """Return how many plans a host has solved itself."""
    with host.client() as client:
        lines = client.get("/metrics").text.splitlines()
    return sum(
        float(line.rpartition(" ")[2]) for line in lines if line.startswith('gpumix_solves_total{outcome="solved"')
    )


def is_known(host: Host, plan: dict[str, Any]) -> bool:
    return host.status(f"/v1/plans/{plan['plan_id']}") == 200


def store_price(database: Database, price: str, hours: int) -> str:
    """Store a price of AWS, as a refresh does, and return the snapshot that then holds."""
    store = PriceStore.open(database.url)
    at = NOW + timedelta(hours=hours - 24)
    changed = replace(L40S, usd_per_hour=Decimal(price), native_per_hour=Decimal(price), observed_at=at.date())
    store.add_batch(Batch("aws", at, (changed,)))
    snapshot = store.snapshot().snapshot_id
    store.close()
    return snapshot


def test_a_host_that_is_cut_off_goes_on_and_comes_back(serving: tuple[Host, Host], database: Database) -> None:
    one, other = serving
    before = one.prices()
    one.cut()
    after = store_price(database, "1.5", hours=1)
    until(lambda: other.prices() == after, "refreshed")
    until(lambda: "prices not read" in one.log.read_text(), "noticed")
    assert before == one.prices()
    alone = ask(one, 2)
    assert not is_known(other, alone)
    one.mend()
    until(lambda: one.prices() == after, "back")

    limits = count(10)
    until(lambda: is_known(other, ask(one, next(limits))), "sharing again")


def test_a_plan_is_solved_once_and_outlives_the_host_that_solved_it(serving: tuple[Host, Host]) -> None:
    one, other = serving
    plan = ask(one, 1)
    until(lambda: is_known(other, plan), "shared")
    assert plan == ask(other, 1)
    assert (1, 0) == (solves(one), solves(other))
    one.kill()
    assert "optimal" == ask(other, 2)["status"]
    one.serve()
    assert plan == ask(one, 1)
    assert 0 == solves(one)


def held(host: Host) -> Any:
    """Start a program on a host that holds the lock of a refresh, and wait until it does."""
    program = host.run(sys.executable, "-c", HOLD, host.url, stdout=subprocess.PIPE)
    assert program.stdout is not None
    assert b"held\n" == program.stdout.readline()
    return program


@pytest.mark.parametrize("fault", ["killed", "cut off"])
def test_the_lock_of_a_lost_refresher_is_given_back(hosts: tuple[Host, Host], database: Database, fault: str) -> None:
    if fault == "cut off" and hosts[0].wire is not None:
        pytest.skip("a proxy answers for a host that is gone: needs network namespaces, so root")
    program = held(hosts[0])
    if fault == "killed":
        program.kill()
    else:
        hosts[0].cut()
    store = PriceStore.open(database.url)
    with store.refreshing("aws"):
        pass
    store.close()
    program.kill()
    program.wait()
    program.stdout.close()
