"""dstack files: every field is one that dstack takes, and says what the plan says."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from api.launch import export_plan
from api.launch.dstack import BACKENDS
from catalog import InvalidInputError, load_catalog
from optimizer.fleet.plan import Plan
from tests.api.launch.plans import LLAMA, ONE, SGLANG, STANDBY, TRT, TWO_NODES, line, plan

GOLDEN = Path(__file__).parents[2] / "golden"
SCHEMA = json.loads(Path(__file__).with_name("dstack.schema.json").read_text())


def text(found: Plan) -> str:
    return export_plan(found, "dstack", load_catalog())[0].text


def document(found: Plan) -> Any:
    return yaml.safe_load(text(found))


@pytest.mark.parametrize(("found", "golden"), [(ONE, "launch_dstack.yml"), (TWO_NODES, "launch_dstack_nodes.yml")])
def test_an_artefact_is_the_golden_one(found: Plan, golden: str, check_golden: Callable[[Path, str], None]) -> None:
    check_golden(GOLDEN / golden, text(found))


@pytest.mark.parametrize(
    "found",
    [
        ONE,
        TWO_NODES,
        SGLANG,
        plan(line(provider="hyperstack")),
        plan(line(term="spot")),
        plan(line(term="reserved_1y")),
    ],
    ids=("one", "two nodes", "sglang", "own machines", "spot", "reserved"),
)
def test_every_field_is_one_that_dstack_takes(found: Plan) -> None:
    jsonschema.validate(document(found), SCHEMA)


@pytest.mark.parametrize("gpu", sorted(load_catalog().gpus))
def test_every_gpu_has_a_name(gpu: str) -> None:
    if load_catalog().gpus[gpu].vendor in {"NVIDIA", "AMD", "Intel"}:
        jsonschema.validate(document(plan(line(gpu=gpu))), SCHEMA)


def test_every_backend_is_one_of_dstack() -> None:
    assert set(BACKENDS.values()) == set(SCHEMA["properties"]["backends"]["items"]["enum"])


def test_it_rents_what_the_plan_rents() -> None:
    found = document(ONE)
    assert (["aws"], ["us-east-1"], ["p5.48xlarge"]) == tuple(
        found[name] for name in ("backends", "regions", "instance_types")
    )
    assert {"name": ["H100"], "count": 8}.items() <= found["resources"]["gpu"].items()
    assert ("on-demand", 55.04, 1) == (found["spot_policy"], found["max_price"], found["replicas"])


def test_a_replica_over_nodes_is_a_task() -> None:
    found = document(TWO_NODES)
    assert ("task", 2) == (found["type"], found["nodes"])
    assert "DSTACK_NODE_RANK" in found["commands"][0]


def test_a_provider_that_dstack_lacks_is_a_fleet_of_the_users_own() -> None:
    found = document(plan(line(provider="hyperstack")))
    assert "reuse" == found["creation_policy"]
    assert "backends" not in found
    assert "SSH fleet" in text(plan(line(provider="hyperstack")))


@pytest.mark.parametrize("found", [TRT, LLAMA, STANDBY], ids=("trt-llm nodes", "llama.cpp", "shared"))
def test_what_one_port_cannot_serve_is_refused_as_for_skypilot(found: Plan) -> None:
    def refused(target: str) -> bool:
        try:
            export_plan(found, target, load_catalog())
        except InvalidInputError:
            return True
        return False

    assert refused("skypilot") == refused("dstack")


@pytest.mark.parametrize(("gpu", "said"), [("L20-48GB", True), ("L40-48GB", False)])
def test_a_gpu_that_dstack_does_not_list_is_said(gpu: str, said: bool) -> None:
    assert said == (f"note: {gpu} is not among the GPUs that dstack lists" in text(plan(line(gpu=gpu))))
