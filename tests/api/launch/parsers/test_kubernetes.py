"""Kubernetes' own schemas take the objects, strictly; of a LeaderWorkerSet, which is none of its kinds, the pods."""

from typing import Any

import pytest
import yaml

from tests.api.launch.parsers.verdicts import Verdict, exported, verdicts
from tests.api.launch.plans import EVERY, ONE, TWO_NODES, line, plan

PLANS = EVERY | {
    "several": plan(line(count=3, replicas=3)),
    "unnamed": plan(line(provider="runpod", instance_type="8x H100-SXM-80GB")),
}
TEXTS = exported("kubernetes", PLANS)


def changed(document: Any, path: str, value: object) -> str:
    """Return a document as text, one field of it changed: `path` is its keys."""
    *above, last = path.split(".")
    found = document
    for key in above:
        found = found[int(key) if key.isdigit() else key]
    found[last] = value
    return yaml.safe_dump(document)


def first_of(target_plan: Any) -> Any:
    return next(item for item in yaml.safe_load_all(*exported("kubernetes", {"": target_plan}).values()) if item)


LEADER, WORKER = (f"spec.leaderWorkerTemplate.{role}Template.spec" for role in ("leader", "worker"))
BROKEN = {
    "a number of words": changed(first_of(ONE), "spec.replicas", "two"),
    "a field that is none": changed(first_of(ONE), "spec.replica", 1),
    "a port of words": changed(first_of(ONE), "spec.template.spec.containers.0.ports", [{"containerPort": "http"}]),
    "a label that is no text": changed(first_of(ONE), "spec.template.spec.nodeSelector", {"gpu": 8}),
    "a leader's pod": changed(first_of(TWO_NODES), f"{LEADER}.containers.0.imag", "x"),
    "a worker's pod": changed(first_of(TWO_NODES), f"{WORKER}.containers", "engine"),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    return verdicts("kubernetes", TEXTS | BROKEN, tmp_path_factory.mktemp("kubernetes"))


@pytest.mark.parametrize("name", PLANS)
def test_a_file_is_taken(name: str, found: dict[str, Verdict]) -> None:
    assert found[f"{name}/kubernetes.yaml"].refused is None


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_file_is_refused(broken: str, found: dict[str, Verdict]) -> None:
    assert "ValidationError" in str(found[broken].refused)


@pytest.mark.parametrize("name", PLANS)
def test_each_line_is_a_workload_and_a_service(name: str, found: dict[str, Verdict]) -> None:
    workloads = ["LeaderWorkerSet" if item.nodes_per_replica > 1 else "Deployment" for item in PLANS[name].lines]
    assert [kind for workload in workloads for kind in (workload, "Service")] == found[f"{name}/kubernetes.yaml"].read
