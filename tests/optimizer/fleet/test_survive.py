"""Plans that survive a loss: what is left after every possible loss still serves everything."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.documents import to_plain
from optimizer.fleet.cheapest import cheapest_fleet
from optimizer.fleet.document import candidates_document
from optimizer.fleet.plan import Line, Plan
from optimizer.fleet.problem import FleetProblem
from optimizer.performance import Layouts, max_rate
from optimizer.request import LossScope, PlanRequest
from tests.optimizer.fleet.market import CHAT, ONE_SIZE, TWO_SIZES, catalog, cost, offer, plan, request, snapshot
from tests.optimizer.fleet.outsider import cheapest
from tests.optimizer.fleet.problems import small_problems

MARKET = (
    offer("14.5", "A100-SXM-80GB", 4, zone="us-east-1a"),
    offer("15.0", "A100-SXM-80GB", 4, zone="us-east-1b"),
    offer("7.9", gpus=2, provider="lambda", tier="neocloud", region="us-west-2"),
    offer("3.9", gpus=1, provider="gcp", region="us-east1"),
)
SCOPES = ("replica", "instance", "zone", "provider")
WORKLOADS = {"users": {**CHAT, "users": 30}, "one size": ONE_SIZE, "two sizes": TWO_SIZES}
every_scope = pytest.mark.parametrize("scope", SCOPES)
every_workload = pytest.mark.parametrize("name", WORKLOADS)


def asked(name: str, scope: str) -> PlanRequest:
    return request(WORKLOADS[name], survive_loss=scope)


@cache
def made(name: str, scope: str) -> Plan:
    return plan(asked(name, scope), MARKET)


def left_after_each_loss(lines: tuple[Line, ...], scope: str) -> Iterator[list[int]]:
    """Yield the replicas left on each line, for every single loss."""
    counts = [line.replicas for line in lines]
    if scope == "replica":
        for lost in range(len(lines)):
            yield [count - (number == lost) for number, count in enumerate(counts)]
        return
    places = [_place(line, scope) for line in lines]
    for lost_place in sorted(set(places)):
        yield [
            count if place != lost_place else max(0, count - _on_one(line)) if scope == "instance" else 0
            for line, count, place in zip(lines, counts, places, strict=True)
        ]


def _place(line: Line, scope: str) -> tuple[str, ...]:
    zone = (line.provider, line.region, line.zone or "")
    return {"instance": (*zone, line.instance_type), "zone": zone, "provider": (line.provider,)}[scope]


def _on_one(line: Line) -> int:
    return line.gpus_per_instance // (line.tensor_parallel * line.pipeline_parallel)


def requests_per_s(line: Line) -> float:
    """Return the rate of the only size that one replica of a line serves."""
    layouts = Layouts.one(
        catalog(),
        model="llama-3.1-70b",
        gpu=line.gpu,
        quantization=line.quantization,
        engine=line.engine,
        kv_dtype="bf16" if line.kv_dtype == "auto" else line.kv_dtype,
        link=line.link,
        tp=line.tensor_parallel,
        pp=line.pipeline_parallel,
    )
    return float(max_rate(layouts, 1000, 200, percentile=95)[0])


@every_scope
@every_workload
def test_a_plan_that_survives_is_verified(name: str, scope: str) -> None:
    assert made(name, scope).certificate.verified


@every_scope
@every_workload
def test_surviving_never_costs_less(name: str, scope: str) -> None:
    assert (made(name, scope).cost_usd_per_hour or 0) >= cost(request(WORKLOADS[name]), MARKET) - 1e-6


@every_scope
@every_workload
def test_an_outsider_finds_the_cost_of_a_plan_that_survives(name: str, scope: str) -> None:
    document = to_plain(candidates_document(asked(name, scope), snapshot(*MARKET), catalog()))
    assert made(name, scope).cost_usd_per_hour == pytest.approx(cheapest(document), abs=1e-6)


def document_of(problem: FleetProblem) -> dict[str, Any]:
    """Return a fleet problem in the words of a candidates document."""
    no_limits = dict.fromkeys(("max_usd_per_hour", "max_instances", "max_kinds")) | {"quotas": {}}
    columns = [
        {
            "offer": {
                "provider": row.provider,
                "region": "",
                "zone": row.zone,
                "instance_type": row.offer_id,
                "term": "spot" if row.is_spot else "on_demand",
                "usd_per_hour": row.usd_per_hour,
                "gpus": row.gpus,
                "there_fraction": row.there_fraction,
            },
            "instances_per_replica": column.instances_per_replica,
            "gpus_per_replica": column.gpus_per_replica,
            "max_rate_per_s": column.capacity,
        }
        for column in problem.columns
        for row in [problem.offers[column.offer]]
    ]
    buckets = [{"rate_per_s": amount} for amount in problem.demand]
    spot = {"losses": problem.limits.spot_losses}
    return {
        "columns": columns,
        "buckets": buckets,
        "limits": no_limits,
        "survive_loss": problem.survive_loss,
        "spot": spot,
    }


@every_scope
@pytest.mark.parametrize("buckets", [1, 2, 3])
@given(data=st.data())
@settings(max_examples=12)
def test_an_outsider_finds_the_cost_of_surviving_any_problem(
    scope: LossScope, buckets: int, data: st.DataObject
) -> None:
    problem = data.draw(small_problems(buckets=buckets, survive_loss=scope))
    assert cheapest_fleet(problem).cost_usd_per_hour == pytest.approx(cheapest(document_of(problem)), abs=1e-6)


@every_scope
def test_every_user_is_served_after_any_loss(scope: str) -> None:
    lines = made("users", scope).lines
    for left in left_after_each_loss(lines, scope):
        assert sum(n * line.performance.max_concurrency for n, line in zip(left, lines, strict=True)) >= 30


@every_scope
def test_the_whole_rate_is_served_after_any_loss(scope: str) -> None:
    lines = made("one size", scope).lines
    for left in left_after_each_loss(lines, scope):
        assert sum(n * requests_per_s(line) for n, line in zip(left, lines, strict=True)) >= 2 * (1 - 1e-6)


def test_surviving_a_provider_takes_two_providers() -> None:
    assert len({line.provider for line in made("users", "provider").lines}) >= 2


def test_surviving_a_zone_takes_two_zones() -> None:
    assert len({(line.provider, line.region, line.zone) for line in made("users", "zone").lines}) >= 2


def test_one_provider_cannot_survive_its_own_loss() -> None:
    lonely = plan(request(survive_loss="provider"), [offer("40")])
    assert "survive loss" in {conflict.limit for conflict in lonely.conflicts}


@every_scope
def test_one_user_survives_too(scope: str) -> None:
    assert plan(request({**CHAT, "users": 1}, survive_loss=scope), MARKET).certificate.verified


def test_a_wider_loss_never_costs_less() -> None:
    costs = [made("users", scope).cost_usd_per_hour or 0.0 for scope in ("replica", "instance", "zone")]
    assert costs == sorted(costs)


def test_the_request_keeps_what_it_must_survive() -> None:
    kept: dict[str, Any] = made("users", "zone").request.model_dump()
    assert "zone" == kept["survive_loss"]
