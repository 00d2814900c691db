"""Read files with the programs that they are for: a script for the python of `.venv-parsers`, which has them.

Usage: `python reading.py skypilot|skypilot-nodes|dstack|kubernetes FILE...` prints a JSON list: for each file in turn
why it was refused, or else null, and what was read. The network is closed: a program that asks for it is an error.
"""

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

import yaml

NETWORK = frozenset({"socket.connect", "socket.getaddrinfo", "socket.sendto"})


def skypilot(text: str) -> dict[str, Any]:
    from sky import Task

    task = Task.from_yaml_config(yaml.safe_load(text))
    rented = [
        [str(choice.cloud).lower(), choice.region, choice.instance_type, sum(choice.accelerators.values())]
        for choice in task.resources
    ]
    return {
        "name": task.name,
        "nodes": task.num_nodes,
        "replicas": task.service.min_replicas,
        "spot": any(choice.use_spot for choice in task.resources),
        "rented": rented,
    }


def skypilot_nodes(text: str) -> list[str]:
    """Return those accelerators of `accelerator: product label of its node` that SkyPilot would not find there."""
    from sky.provision.kubernetes.utils import GFDLabelFormatter, _accelerator_name_matches

    return [
        name
        for name, label in yaml.safe_load(text).items()
        if not _accelerator_name_matches(name, [GFDLabelFormatter.get_accelerator_from_label_value(label)])
    ]


def dstack(text: str) -> dict[str, Any]:
    from dstack._internal.core.models.configurations import parse_apply_configuration
    from gpuhunt import KNOWN_ACCELERATORS

    found = parse_apply_configuration(yaml.safe_load(text)).model_dump(mode="json")
    gpu = found["resources"]["gpu"]
    listed = {item.name for item in KNOWN_ACCELERATORS if item.memory >= gpu["memory"]["min"]}
    taken = ("name", "type", "nodes", "replicas", "backends", "regions", "instance_types", "spot_policy", "max_price")
    return {
        **{key: found[key] for key in taken if found.get(key) is not None},
        "gpus": gpu["count"]["min"],
        "unlisted": [name for name in gpu["name"] if name not in listed],
    }


def kubernetes(text: str) -> list[str]:
    """Validate each object, strictly: an unknown field is an error. A LeaderWorkerSet is no built-in: its pods are."""
    documents = [item for item in yaml.safe_load_all(text) if item]
    for document in documents:
        if document["kind"] == "LeaderWorkerSet":
            template = document["spec"]["leaderWorkerTemplate"]
            for role in ("leaderTemplate", "workerTemplate"):
                _valid({"apiVersion": "v1", "kind": "PodTemplate", "template": template[role]})
        else:
            _valid(document)
    return [document["kind"] for document in documents]


def _valid(document: dict[str, Any]) -> None:
    import kubernetes_validate

    kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)


def read(target: str, path: str) -> dict[str, Any]:
    """Return what a program makes of a file; whatever it raises is its refusal."""
    try:
        return {"refused": None, "read": READERS[target](Path(path).read_text("utf-8"))}
    except Exception as error:
        return {"refused": f"{type(error).__name__}: {error}", "read": None}


def close_network(event: str, _: tuple[Any, ...]) -> None:
    if event in NETWORK:
        raise ConnectionRefusedError("a file is read without the network")


READERS = {"skypilot": skypilot, "skypilot-nodes": skypilot_nodes, "dstack": dstack, "kubernetes": kubernetes}

if __name__ == "__main__":
    sys.addaudithook(close_network)
    with contextlib.redirect_stdout(sys.stderr):  # the programs may chat
        verdicts = [read(sys.argv[1], path) for path in sys.argv[2:]]
    json.dump(verdicts, sys.stdout)
