"""Files for SkyPilot, Kubernetes, Terraform and the benchmark: each is read back by a parser of its format."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from api.launch import TARGETS, export_plan
from api.launch.bench import metadata_of
from api.launch.clouds import NAMES
from api.launch.replicas import replicas_of
from catalog import InvalidInputError, load_catalog
from optimizer.fleet.plan import Plan
from tests.api.launch.plans import (
    EVERY,
    LLAMA,
    ONE,
    SGLANG,
    SHARED,
    STANDBY,
    TRT,
    TWO_NODES,
    alternative,
    line,
    plan,
    request,
)

GOLDEN = Path(__file__).parents[2] / "golden"
CATALOG = load_catalog()
LEADER_WORKER_SET = json.loads(Path(__file__).with_name("leaderworkerset.schema.json").read_text())


def files(found: Plan, target: str) -> dict[str, str]:
    """Return the artefacts of a plan by name."""
    return {artefact.name: artefact.text for artefact in export_plan(found, target, CATALOG)}


def sky(found: Plan) -> Any:
    return yaml.safe_load(files(found, "skypilot")["line-1.skypilot.yaml"])


def objects(found: Plan) -> list[Any]:
    """Return the Kubernetes objects of a plan."""
    return [item for item in yaml.safe_load_all(files(found, "kubernetes")["kubernetes.yaml"]) if item]


@pytest.mark.parametrize(
    ("name", "target", "golden"),
    [
        ("one", "skypilot", "launch_skypilot.yaml"),
        ("one", "kubernetes", "launch_kubernetes.yaml"),
        ("two_nodes", "kubernetes", "launch_kubernetes_nodes.yaml"),
        ("two_nodes", "skypilot", "launch_skypilot_nodes.yaml"),
        ("shared", "terraform", "launch_terraform.tfvars.json"),
        ("shared", "bench", "launch_bench.sh"),
    ],
)
def test_an_artefact_is_the_golden_one(
    name: str, target: str, golden: str, check_golden: Callable[[Path, str], None]
) -> None:
    check_golden(GOLDEN / golden, "".join(files(EVERY[name], target).values()))


@pytest.mark.parametrize("target", TARGETS.keys() - {"vllm", "sglang", "llama.cpp", "trt-llm"})
def test_every_artefact_ends_with_a_line_feed(target: str) -> None:
    assert all(text.endswith("\n") for text in files(ONE, target).values())


def test_skypilot_rents_what_the_plan_rents() -> None:
    document = sky(TWO_NODES)
    expected = {"infra": "aws/us-east-1", "accelerators": "H100:8", "instance_type": "p5.48xlarge", "use_spot": False}
    assert expected.items() <= document["resources"].items()
    assert (2, 2) == (document["num_nodes"], document["service"]["replicas"])


def test_skypilot_falls_back_on_alternatives_that_run_the_same_command() -> None:
    choices = sky(ONE)["resources"]["any_of"]
    assert ["aws/us-east-1", "runpod", "azure/eastus"] == [choice["infra"] for choice in choices]
    assert {"H100:8", "H100-SXM:8"} == {choice["accelerators"] for choice in choices}


@pytest.mark.parametrize(
    "limits",
    [{"allow": {"providers": ["aws"]}}, {"deny": {"gpus": ["H100"]}}, {"allow": {"continents": ["na"]}}],
    ids=str,
)
def test_skypilot_does_not_fall_back_on_what_the_request_forbids(limits: dict[str, Any]) -> None:
    other = alternative(88.0, provider="azure", region="eastus", instance_type="Standard_ND96isr_H100_v5")
    assert "any_of" not in sky(plan(line(), asked=request(**limits), alternatives=(other,)))["resources"]


def test_an_eight_bit_cache_needs_a_gpu_with_eight_bit_arithmetic() -> None:
    other = alternative(30.0, region="us-west-2", instance_type="p4de.24xlarge", gpu="A100-SXM-80GB")
    assert "any_of" in sky(plan(line(), alternatives=(other,)))["resources"]
    assert "any_of" not in sky(plan(line(kv_dtype="fp8"), alternatives=(other,)))["resources"]


def test_a_provider_that_skypilot_lacks_is_a_node_pool_of_the_users_own() -> None:
    found = plan(line(provider="hyperstack", region="CANADA-1", instance_type="n3-RTX-A6000x8", gpu="RTX-A6000-48GB"))
    assert {"infra": "ssh/hyperstack", "accelerators": "A6000:8"}.items() <= sky(found)["resources"].items()
    assert "SkyPilot does not rent from hyperstack" in files(found, "skypilot")["line-1.skypilot.yaml"]


def test_replicas_that_share_an_instance_stand_behind_one_port_where_the_engine_can() -> None:
    document = sky(SGLANG)
    assert document["service"]["replicas"] == 1
    assert "--data-parallel-size 2" in document["run"]


@pytest.mark.parametrize(
    "found",
    [SHARED, plan(line(engine="trt-llm", tensor_parallel=4, replicas=2)),
     plan(line(engine="trt-llm", count=2, nodes_per_replica=2, pipeline_parallel=2))],
)  # fmt: skip
def test_skypilot_refuses_what_one_port_cannot_serve(found: Plan) -> None:
    with pytest.raises(InvalidInputError):
        export_plan(found, "skypilot", CATALOG)


def test_each_line_is_a_file_of_its_own_for_skypilot() -> None:
    assert ["line-1.skypilot.yaml", "line-2.skypilot.yaml"] == list(files(STANDBY, "skypilot"))


def test_every_gpu_that_skypilot_spells_otherwise_is_in_the_catalog() -> None:
    assert set(NAMES) <= set(CATALOG.gpus)


def test_kubernetes_runs_each_replica_on_its_gpus() -> None:
    deployment, service = objects(ONE)
    pod = deployment["spec"]["template"]["spec"]
    assert {"nvidia.com/gpu": "8"} == pod["containers"][0]["resources"]["limits"]
    assert {"node.kubernetes.io/instance-type": "p5.48xlarge"} == pod["nodeSelector"]
    assert deployment["spec"]["selector"]["matchLabels"] == service["spec"]["selector"]
    assert deployment["spec"]["template"]["metadata"]["labels"] == service["spec"]["selector"]


def test_kubernetes_spans_nodes_with_a_leader_worker_set() -> None:
    workload, service = objects(TWO_NODES)
    template = workload["spec"]["leaderWorkerTemplate"]
    assert ("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet") == (workload["apiVersion"], workload["kind"])
    assert (2, 2) == (workload["spec"]["replicas"], template["size"])
    assert service["spec"]["selector"].items() <= template["leaderTemplate"]["metadata"]["labels"].items()
    assert "$LWS_LEADER_ADDRESS" in template["workerTemplate"]["spec"]["containers"][0]["args"][0]


@pytest.mark.parametrize("found", [TWO_NODES, EVERY["sglang_nodes"]], ids=("vllm", "sglang"))
def test_every_field_of_a_leader_worker_set_is_one_that_it_has(found: Plan) -> None:
    jsonschema.validate(objects(found)[0], LEADER_WORKER_SET)


def test_kubernetes_carries_the_weights_of_the_router() -> None:
    services = [item for item in objects(SHARED) if item["kind"] == "Service"]
    weights = [json.loads(item["metadata"]["annotations"]["gpumix/router-weights"]) for item in services]
    assert [[1.0, 0.0], [0.0, 1.0]] == weights


def test_kubernetes_selects_a_gpu_where_the_listing_names_no_instance_type() -> None:
    (deployment, _) = objects(plan(line(provider="runpod", instance_type="8x H100-SXM-80GB")))
    assert {"gpumix/gpu": "H100-SXM-80GB"} == deployment["spec"]["template"]["spec"]["nodeSelector"]


def test_kubernetes_refuses_what_mpi_starts() -> None:
    with pytest.raises(InvalidInputError, match="started from its head"):
        export_plan(plan(line(engine="trt-llm", count=2, nodes_per_replica=2)), "kubernetes", CATALOG)


def test_a_container_finds_the_programs_of_its_image() -> None:
    (deployment, _) = objects(LLAMA)
    script = deployment["spec"]["template"]["spec"]["containers"][0]["args"][0]
    assert script.startswith("PATH=$PATH:/app\nllama-server")


def test_terraform_has_a_variable_for_every_line() -> None:
    variables = json.loads(files(SHARED, "terraform")["gpumix.auto.tfvars.json"])
    lines = variables["gpumix_lines"]
    assert [(2, "line-1"), (0, "line-1")] == [(item["instance_count"], item["runs_on"]) for item in lines.values()]
    assert "vllm serve" in lines["line-1"]["launch_script"]


def test_the_benchmark_puts_one_replica_under_its_share() -> None:
    first, second = (block for block in files(SHARED, "bench")["bench.sh"].split("\n\n") if block.startswith("vllm"))
    words = shlex.split(first.replace("\\\n", " "))
    assert "1" == words[words.index("--request-rate") + 1]
    assert "512" == words[words.index("--random-input-len") + 1]
    assert "--random-input-len 8000" in second


def test_the_benchmark_says_what_its_result_file_would_not() -> None:
    (replicas,) = replicas_of(TRT, CATALOG)
    metadata = dict(metadata_of(replicas))
    assert ("H100-SXM-80GB", 8, 8, "fp8", "trt-llm") == tuple(
        metadata[key] for key in ("gpu", "gpu_count", "tp", "quantization", "engine")
    )
