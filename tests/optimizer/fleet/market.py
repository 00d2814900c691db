"""Small markets for tests: a handful of offers, and what the planner makes of them."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from catalog import Catalog, load_catalog
from optimizer.fleet.candidates import find_candidates
from optimizer.fleet.choosing import choose
from optimizer.fleet.plan import Line, Plan
from optimizer.fleet.planning import Reading, make_plan
from optimizer.request import PlanRequest, read_request
from pricing.offers import Offer, Snapshot

LINKS = {"H100-SXM-80GB": "nvswitch-gen4", "A100-SXM-80GB": "nvswitch-gen3"}
CHAT = {"users": 8, "tok_per_s_per_user": 20, "context_tokens": 8192}
ONE_SIZE = {"request_rate_per_s": 2, "input_tokens": 1000, "output_tokens": 200}
TWO_SIZES = {
    "request_rate_per_s": 2,
    "buckets": [
        {"input_tokens": 1000, "output_tokens": 200, "share": 0.75},
        {"input_tokens": 8000, "output_tokens": 400, "share": 0.25},
    ],
}


@cache
def catalog() -> Catalog:
    return load_catalog()


def offer(usd_per_hour: float | str, gpu: str = "H100-SXM-80GB", gpus: int = 8, **changes: Any) -> Offer:
    """Return an on-demand offer of AWS in us-east-1, changed."""
    price = Decimal(str(usd_per_hour))
    usual: dict[str, Any] = {
        "provider": "aws",
        "tier": "hyperscaler",
        "region": "us-east-1",
        "zone": None,
        "continent": "north-america",
        "instance_type": f"{gpus}x-{gpu}",
        "term": "on_demand",
        "usd_per_hour": price,
        "currency": "USD",
        "native_per_hour": price,
        "observed_at": date(2026, 8, 1),
        "observed_until": None,
        "source": "a test",
        "source_url": "https://example.com/prices",
        "gpu_id": gpu,
        "gpu_count": gpus,
        "intra_link_id": LINKS.get(gpu, "pcie-gen4") if gpus > 1 else None,
        "inter_link_id": None,
        "link_basis": "listing" if gpus > 1 else "single gpu",
        "vcpus": None,
        "ram_gib": None,
        "note": "",
    }
    return Offer(**{**usual, **changes})


def snapshot(*offers: Offer) -> Snapshot:
    return Snapshot("a-test-snapshot", offers, {})


def three_clouds() -> tuple[Offer, ...]:
    """Eight H100 at AWS, eight A100 at GCP, one L40S and two H100 at Lambda; the spot twin of the first."""
    return (
        offer("40.00"),
        offer("16.20", term="spot"),
        offer("14.50", "A100-SXM-80GB", provider="gcp", region="europe-west4", continent="europe"),
        offer("1.10", "L40S-48GB", 1, provider="lambda", tier="neocloud", region="us-west-2"),
        offer("5.98", gpus=2, provider="lambda", tier="neocloud", region="us-west-2"),
    )


def request(workload: dict[str, Any] | None = None, **rest: Any) -> PlanRequest:
    """Return a request for Llama 3.1 70B, eight users reading at 20 tok/s unless another workload is given."""
    return read_request({"model": "llama-3.1-70b", "workload": CHAT if workload is None else workload, **rest})


def fresh_plan(asked: PlanRequest, offers: Sequence[Offer] | None = None) -> Plan:
    """Return a plan that is made now."""
    prices = snapshot(*(three_clouds() if offers is None else offers))
    return make_plan(asked, prices, catalog(), Reading("", ""))


def plan(asked: PlanRequest, offers: Sequence[Offer] | None = None) -> Plan:
    """Return the plan of a request; one that was made before is not made again."""
    return _plan(asked.model_dump_json(), None if offers is None else tuple(offers))


@cache
def _plan(asked: str, offers: tuple[Offer, ...] | None) -> Plan:
    return fresh_plan(PlanRequest.model_validate_json(asked), offers)


def lines(asked: PlanRequest, offers: Sequence[Offer] | None = None) -> tuple[Line, ...]:
    """Return the lines of a plan, of which there must be some."""
    made = plan(asked, offers)
    assert made.lines
    return made.lines


def cost(asked: PlanRequest, offers: Sequence[Offer] | None = None) -> float:
    """Return what the cheapest fleet costs, infinite where there is none; faster than a whole plan."""
    prices = snapshot(*(three_clouds() if offers is None else offers))
    return choose(find_candidates(asked, prices, catalog())).cost_usd_per_hour
