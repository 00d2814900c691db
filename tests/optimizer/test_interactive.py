"""The names for Python: what the command plans, by keyword, mapping or request."""

import subprocess
import sys

import pytest

import optimizer
from catalog import InvalidInputError
from optimizer import Plan, PlanRequest, frontier, plan, predict
from tests.optimizer.fleet.market import CHAT, catalog, offer, request, snapshot
from tests.optimizer.fleet.market import plan as planned

OFFERS = (offer("40.00"), offer("45.00", provider="gcp"))
FIELDS = {"model": "llama-3.1-70b", "workload": CHAT}


@pytest.mark.parametrize(
    "given",
    [((request(),), {}), ((FIELDS,), {}), ((), FIELDS)],
    ids=("a request", "a mapping", "keywords"),
)
def test_a_plan_is_that_of_the_command(given: tuple[tuple[PlanRequest], dict[str, object]]) -> None:
    found = plan(*given[0], prices=snapshot(*OFFERS), catalog=catalog(), **given[1])
    expected = planned(request(), OFFERS)
    assert isinstance(found, Plan)
    assert (expected.plan_id, expected.lines) == (found.plan_id, found.lines)


@pytest.mark.parametrize("given", [((), {}), ((FIELDS,), FIELDS)], ids=("nothing", "both"))
def test_a_request_is_given_once(given: tuple[tuple[dict[str, object]], dict[str, object]]) -> None:
    with pytest.raises(InvalidInputError, match="give a request"):
        plan(*given[0], **given[1])


def test_a_bad_field_is_named() -> None:
    with pytest.raises(InvalidInputError, match="tok_per_second"):
        plan(workload={"users": 1, "tok_per_second": 3})


def test_shipped_facts_and_prices_are_the_default() -> None:
    found = plan(model="llama-3.1-8b", workload=CHAT, allow={"providers": ["lambda"]})
    assert {"lambda"} == {line.provider for line in found.lines}


def test_a_frontier_rises() -> None:
    found = frontier(request(), prices=snapshot(*OFFERS), catalog=catalog(), tolerance_fraction=0.2)
    costs = [point.cost_usd_per_hour for point in found.points]
    assert sorted(costs) == costs


def test_a_replica_is_predicted() -> None:
    found = predict(
        model="llama-3.1-70b", gpu="H100-SXM-80GB", quantization="fp8", tp=4, input_tokens=1024, output_tokens=256,
        concurrency=8,
    )  # fmt: skip
    assert found.fits
    assert found.tpot_ms is not None


def test_every_public_name_is_there() -> None:
    assert all(getattr(optimizer, name) for name in optimizer.__all__)
    with pytest.raises(AttributeError, match="no attribute 'plans'"):
        optimizer.plans  # noqa: B018  # asked for, to see it refused


def test_importing_the_package_costs_nothing() -> None:
    code = "import sys, optimizer; sys.exit('numpy' in sys.modules)"
    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode
