"""dstack's own parser takes the files, and reads in them what was planned."""

from typing import Any

import pytest
import yaml

from api.launch.dstack import BACKENDS, UNLISTED, VENDORS
from tests.api.launch.parsers.verdicts import CATALOG, Verdict, exported, verdicts
from tests.api.launch.plans import EVERY, ONE, line, plan

PLANS = {name: found for name, found in EVERY.items() if name != "shared"} | {
    "several": plan(line(count=3, replicas=3)),
    "spot": plan(line(term="spot")),
    "reserved": plan(line(term="reserved_1y")),
}
OWN = plan(line(provider="hyperstack"))
GPUS = {name: plan(line(gpu=name)) for name, gpu in CATALOG.gpus.items() if gpu.vendor in VENDORS}
BROKEN: dict[str, dict[str, Any]] = {
    "replicas": {"replicas": "many"},
    "backends": {"backends": ["nocloud"]},
    "spot_policy": {"spot_policy": "cheap"},
    "max_price": {"max_price": -1},
    "nodes": {"nodes": 2},
    "probes": {"probes": [{"type": "tcp"}]},
}
TEXTS = exported("dstack", PLANS | {"own": OWN, **{name: plan(line(provider=name)) for name in BACKENDS}, **GPUS})


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    document = yaml.safe_load(exported("dstack", {"one": ONE})["one/line-1.dstack.yml"])
    broken = {name: yaml.safe_dump({**document, **change}) for name, change in BROKEN.items()}
    return verdicts("dstack", TEXTS | broken, tmp_path_factory.mktemp("dstack"))


@pytest.mark.parametrize("name", TEXTS)
def test_a_file_is_taken(name: str, found: dict[str, Verdict]) -> None:
    assert found[name].refused is None


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_file_is_refused(broken: str, found: dict[str, Verdict]) -> None:
    assert f"service.{broken}" in str(found[broken].refused)


@pytest.mark.parametrize("name", PLANS)
def test_it_is_read_as_planned(name: str, found: dict[str, Verdict]) -> None:
    for number, planned in enumerate(PLANS[name].lines, 1):
        read: dict[str, Any] = found[f"{name}/line-{number}.dstack.yml"].read
        nodes = planned.nodes_per_replica
        size = {"nodes": nodes} if nodes > 1 else {"replicas": {"min": planned.count, "max": planned.count}}
        kind = {"type": "task" if nodes > 1 else "service", "gpus": planned.gpus_per_instance}
        place = {"backends": [BACKENDS[planned.provider]], "regions": [planned.region]}
        expected = {**kind, **size, **place, "instance_types": [planned.instance_type]}
        assert expected == {key: read[key] for key in expected}


def test_machines_of_ones_own_have_no_backend(found: dict[str, Verdict]) -> None:
    assert "backends" not in found["own/line-1.dstack.yml"].read


def test_it_lists_every_other_gpu_with_its_memory(found: dict[str, Verdict]) -> None:
    unlisted = {gpu for gpu in GPUS if found[f"{gpu}/line-1.dstack.yml"].read["unlisted"]}
    assert unlisted == UNLISTED
