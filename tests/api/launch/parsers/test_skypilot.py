"""SkyPilot's own loader takes the files, and reads in them what was planned.

It knows a place or a machine by its catalogue, which it downloads: that they exist is not checked here.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from api.launch.clouds import CLOUDS
from tests.api.launch.parsers.verdicts import Verdict, exported, verdicts
from tests.api.launch.plans import EVERY, ONE, line, plan

PLANS = {name: found for name, found in EVERY.items() if name != "shared"} | {
    "several": plan(line(count=3, replicas=3)),
    "spot": plan(line(term="spot")),
    "reserved": plan(line(term="reserved_1y")),
}
ANYWHERE = {"region": "default", "instance_type": "8x H100-SXM-80GB"}
BROKEN = {
    "num_nodes": {"num_nodes": "two"},
    "infra": {"resources": {"infra": "nocloud/us-east-1", "accelerators": "H100:8"}},
    "readines_probe": {"service": {"readines_probe": "/v1/models", "replicas": 1}},
    "replicas": {"service": {"readiness_probe": "/v1/models", "replicas": "many"}},
    "gpus": {"gpus": 8},
}
PRODUCTS = {
    "A10-24GB": "NVIDIA-A10",
    "A100-PCIe-40GB": "NVIDIA-A100-PCIE-40GB",
    "A100-SXM-80GB": "NVIDIA-A100-SXM4-80GB",
    "A800-SXM-80GB": "NVIDIA-A800-SXM4-80GB",
    "H100-NVL-94GB": "NVIDIA-H100-NVL",
    "H100-SXM-80GB": "NVIDIA-H100-80GB-HBM3",
    "H20-SXM-96GB": "NVIDIA-H20",
    "H200-SXM-141GB": "NVIDIA-H200",
    "L40S-48GB": "NVIDIA-L40S",
    "RTX-4090-24GB": "NVIDIA-GeForce-RTX-4090",
    "RTX-6000-Ada-48GB": "NVIDIA-RTX-6000-Ada-Generation",
    "RTX-A4000-16GB": "NVIDIA-RTX-A4000",
    "RTX-A5000-24GB": "NVIDIA-RTX-A5000",
    "RTX-A6000-48GB": "NVIDIA-RTX-A6000",
    "RTX-PRO-6000-96GB": "NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition",
    "V100-SXM-16GB": "Tesla-V100-SXM2-16GB",
}
"""What the driver calls a GPU, which is how a node of one's own is labelled."""
OWN = plan(line(provider="hyperstack"))
TEXTS = exported("skypilot", PLANS | {"own": OWN, **{name: plan(line(provider=name, **ANYWHERE)) for name in CLOUDS}})


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    document = yaml.safe_load(exported("skypilot", {"one": ONE})["one/line-1.skypilot.yaml"])
    broken = {name: yaml.safe_dump({**document, **change}) for name, change in BROKEN.items()}
    return verdicts("skypilot", TEXTS | broken, tmp_path_factory.mktemp("skypilot"))


@pytest.mark.parametrize("name", TEXTS)
def test_a_file_is_taken(name: str, found: dict[str, Verdict]) -> None:
    assert found[name].refused is None


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_file_is_refused(broken: str, found: dict[str, Verdict]) -> None:
    assert found[broken].refused is not None


@pytest.mark.parametrize("name", PLANS)
def test_it_is_read_as_planned(name: str, found: dict[str, Verdict]) -> None:
    for number, planned in enumerate(PLANS[name].lines, 1):
        read: dict[str, Any] = found[f"{name}/line-{number}.skypilot.yaml"].read
        groups = planned.count // planned.nodes_per_replica
        assert (planned.nodes_per_replica, groups) == (read["nodes"], read["replicas"])
        assert (planned.term == "spot") == read["spot"]
        machine = [CLOUDS[planned.provider], planned.region, planned.instance_type, planned.gpus_per_instance]
        assert machine in read["rented"]


@pytest.mark.parametrize("provider", CLOUDS)
def test_it_knows_the_cloud(provider: str, found: dict[str, Verdict]) -> None:
    read = found[f"{provider}/line-1.skypilot.yaml"].read
    assert [[CLOUDS[provider], None, None, 8]] == read["rented"]


def test_it_reads_every_fall_back(found: dict[str, Verdict]) -> None:
    assert {"aws", "azure", "runpod"} == {choice[0] for choice in found["one/line-1.skypilot.yaml"].read["rented"]}


def test_machines_of_ones_own_are_a_node_pool(found: dict[str, Verdict]) -> None:
    assert [["ssh", "ssh-hyperstack", None, 8]] == found["own/line-1.skypilot.yaml"].read["rented"]


def test_it_finds_a_gpu_on_a_node_that_has_it(tmp_path: Path) -> None:
    asked = {_asked_of_own_nodes(gpu): product for gpu, product in PRODUCTS.items()}
    missing = {**asked, "H200": "NVIDIA-L4"}
    texts = {"asked": yaml.safe_dump(asked), "missing": yaml.safe_dump(missing)}
    found = verdicts("skypilot-nodes", texts, tmp_path)
    assert (Verdict(None, []), Verdict(None, ["H200"])) == (found["asked"], found["missing"])


def _asked_of_own_nodes(gpu: str) -> str:
    (text,) = exported("skypilot", {"": plan(line(provider="hyperstack", gpu=gpu))}).values()
    return str(yaml.safe_load(text)["resources"]["accelerators"]).partition(":")[0]


def test_a_golden_file_is_taken(tmp_path: Path) -> None:
    golden = Path(__file__).parents[3] / "golden"
    texts = {path.name: path.read_text("utf-8") for path in golden.glob("launch_skypilot*.yaml")}
    assert dict.fromkeys(texts) == {name: item.refused for name, item in verdicts("skypilot", texts, tmp_path).items()}
