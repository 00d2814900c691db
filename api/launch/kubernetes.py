"""Target `kubernetes`: a Deployment for each line, or a LeaderWorkerSet where a replica spans nodes. Never applied."""

import json
import re
from collections.abc import Sequence
from typing import Any

from api.launch.artefact import Artefact, comment, yaml_text
from api.launch.commands import heading
from api.launch.engines import Site, starter
from api.launch.formats import image_notes
from api.launch.replicas import FIRST_PORT, Replicas
from catalog import InvalidInputError
from optimizer.fleet.plan import Plan

RESOURCES = {"NVIDIA": "nvidia.com/gpu", "AMD": "amd.com/gpu", "Intel": "habana.ai/gaudi"}
LABEL = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
LEADER, RANK = "$LWS_LEADER_ADDRESS", "$LWS_WORKER_INDEX"
START_SECONDS = 3600
PERIOD_SECONDS = 10


def kubernetes_artefacts(plan: Plan, lines: Sequence[Replicas]) -> tuple[Artefact, ...]:
    """Return one file with a workload and a Service for each line. Raises InvalidInputError where MPI is needed."""
    head = [
        f"plan {plan.plan_id}: {plan.interpretation}",
        "the annotation gpumix/router-weights of a Service is the share of each size of request that its line serves",
        "the secret hf-token (key token) is read where it exists; images have no version: pin the one you tested",
    ]
    documents = [
        comment([*heading(replicas), *image_notes(replicas), *_label_note(replicas)]) + _documents(replicas)
        for replicas in lines
    ]
    return (Artefact("kubernetes.yaml", comment(head) + "---\n" + "---\n".join(documents)),)


def _documents(replicas: Replicas) -> str:
    workload = _leader_worker_set(replicas) if replicas.line.nodes_per_replica > 1 else _deployment(replicas)
    return f"{yaml_text(workload)}---\n{yaml_text(_service(replicas))}"


def _deployment(replicas: Replicas) -> dict[str, Any]:
    labels = {"app": _name(replicas)}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": _name(replicas), "labels": labels},
        "spec": {
            "replicas": replicas.line.replicas,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": _pod(replicas, starter(replicas).head(replicas, Site()), True),
            },
        },
    }


def _leader_worker_set(replicas: Replicas) -> dict[str, Any]:
    found, site = starter(replicas), Site(address=LEADER, rank=RANK)
    if not found.workers_join:
        raise InvalidInputError(
            f"line {replicas.number}: {replicas.line.engine} over several nodes is started from its head, "
            "which a LeaderWorkerSet does not do",
            f"gpumix export --to {replicas.line.engine} gives its commands",
        )
    labels = {"app": _name(replicas)}
    return {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "metadata": {"name": _name(replicas), "labels": labels},
        "spec": {
            "replicas": replicas.line.replicas,
            "leaderWorkerTemplate": {
                "size": replicas.line.nodes_per_replica,
                "restartPolicy": "RecreateGroupOnPodRestart",
                "leaderTemplate": {
                    "metadata": {"labels": {**labels, "role": "leader"}},
                    "spec": _pod(replicas, found.head(replicas, site), True),
                },
                "workerTemplate": {
                    "metadata": {"labels": labels},
                    "spec": _pod(replicas, found.worker(replicas, site), False),
                },
            },
        },
    }


def _pod(replicas: Replicas, script: tuple[str, ...], serves: bool) -> dict[str, Any]:
    container: dict[str, Any] = {
        "name": "engine",
        "image": starter(replicas).image,
        "command": ["/bin/sh", "-c"],
        "args": [starter(replicas).in_container(script)],
        "env": [
            {
                "name": "HF_TOKEN",
                "valueFrom": {"secretKeyRef": {"name": "hf-token", "key": "token", "optional": True}},
            }
        ],
        "resources": {"limits": {RESOURCES[replicas.gpu.vendor]: str(replicas.gpus_per_node)}},
        "volumeMounts": [{"name": "shared-memory", "mountPath": "/dev/shm"}],  # noqa: S108  # NCCL shares memory there
    }
    if serves:
        probe = {"httpGet": {"path": "/health", "port": "http"}, "periodSeconds": PERIOD_SECONDS}
        container["ports"] = [{"name": "http", "containerPort": FIRST_PORT}]
        container["startupProbe"] = {**probe, "failureThreshold": START_SECONDS // PERIOD_SECONDS}
        container["readinessProbe"] = probe
    return {
        "nodeSelector": _selector(replicas),
        "containers": [container],
        "volumes": [{"name": "shared-memory", "emptyDir": {"medium": "Memory"}}],
    }


def _service(replicas: Replicas) -> dict[str, Any]:
    chosen = {"app": _name(replicas)}
    if replicas.line.nodes_per_replica > 1:
        chosen["role"] = "leader"
    weights = json.dumps(list(replicas.line.routing))
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": _name(replicas), "annotations": {"gpumix/router-weights": weights}},
        "spec": {"selector": chosen, "ports": [{"name": "http", "port": FIRST_PORT, "targetPort": "http"}]},
    }


def _selector(replicas: Replicas) -> dict[str, str]:
    if LABEL.fullmatch(replicas.line.instance_type):
        return {"node.kubernetes.io/instance-type": replicas.line.instance_type}
    return {"gpumix/gpu": replicas.gpu.gpu_id}


def _label_note(replicas: Replicas) -> tuple[str, ...]:
    if LABEL.fullmatch(replicas.line.instance_type):
        return ()
    return (f"note: the listing names no instance type; label its nodes gpumix/gpu={replicas.gpu.gpu_id}",)


def _name(replicas: Replicas) -> str:
    return f"gpumix-{replicas.name}"
