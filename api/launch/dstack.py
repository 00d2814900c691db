"""Target `dstack`: a service for each line (`dstack apply`), or a task for each replica that spans nodes.

Fields, backends and variables are named as in dstack 0.22, GPUs as in gpuhunt, where it looks them up.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from api.launch.artefact import Artefact, comment, yaml_text
from api.launch.clouds import NO_REGION
from api.launch.commands import heading
from api.launch.engines import Site, starter
from api.launch.formats import image_notes
from api.launch.replicas import FIRST_PORT, Replicas
from api.launch.sharing import copies_behind_one_port, disk_gib
from catalog import Gpu
from optimizer.fleet.plan import Line, Plan

BACKENDS = {
    "aws": "aws",
    "azure": "azure",
    "crusoe": "crusoe",
    "cudo": "cudo",
    "digitalocean": "digitalocean",
    "gcp": "gcp",
    "hotaisle": "hotaisle",
    "jarvis-labs": "jarvislabs",
    "lambda": "lambda",
    "nebius": "nebius",
    "oci": "oci",
    "runpod": "runpod",
    "tensordock": "tensordock",
    "vast": "vastai",
    "verda": "verda",
    "vultr": "vultr",
}
VENDORS = {"NVIDIA": "nvidia", "AMD": "amd", "Intel": "intel"}
GPU_NAMES = {
    "H100-NVL-94GB": "H100NVL",
    "H200-NVL-141GB": "H200NVL",
    "RTX-A4000-16GB": "A4000",
    "RTX-A5000-24GB": "A5000",
    "RTX-A6000-48GB": "A6000",
    "RTX-6000-Ada-48GB": "RTX6000Ada",
    "RTX-PRO-6000-96GB": "RTXPRO6000",
}
UNLISTED = frozenset(
    {"A30-24GB", "A800-SXM-80GB", "GH200-144GB", "H20-SXM-141GB", "H20-SXM-96GB", "H800-SXM-80GB", "L20-48GB"}
)
"""GPUs of the catalog that gpuhunt does not list, or not with their memory."""
SPOT_POLICIES = {"on_demand": "on-demand", "spot": "spot"}
SLACK_GB = 0.9
"""Part of the memory on its label that a GPU must have: listings round, and some subtract what the driver keeps."""
HEAD, RANK = "$DSTACK_MASTER_NODE_IP", "$DSTACK_NODE_RANK"
PROBE_SECONDS = 60
READY_AFTER = 1


def dstack_artefacts(plan: Plan, lines: Sequence[Replicas]) -> tuple[Artefact, ...]:
    """Return one file for each line. Raises InvalidInputError where dstack's one port cannot serve a line."""
    return tuple(_artefact(plan, replicas) for replicas in lines)


def _artefact(plan: Plan, replicas: Replicas) -> Artefact:
    copies = copies_behind_one_port(replicas, "dstack")
    over_nodes = replicas.line.nodes_per_replica > 1
    document = _task(replicas) if over_nodes else _service(replicas, copies)
    head = [f"plan {plan.plan_id}: {plan.interpretation}", *heading(replicas), *_hints(replicas, copies)]
    return Artefact(f"{replicas.name}.dstack.yml", comment(head) + yaml_text(document))


def _service(replicas: Replicas, copies: int) -> dict[str, Any]:
    line, site = replicas.line, Site(copies=copies)
    return {
        "type": "service",
        **_container(replicas),
        "commands": [starter(replicas).in_container(starter(replicas).head(replicas, site))],
        "port": FIRST_PORT,
        "model": replicas.repository,
        "probes": [{"type": "http", "url": "/health", "interval": f"{PROBE_SECONDS}s", "ready_after": READY_AFTER}],
        "replicas": line.count,
        **_rented(line, replicas),
    }


def _task(replicas: Replicas) -> dict[str, Any]:
    """Return the task of one replica: only tasks have several nodes."""
    found, site = starter(replicas), Site(address=HEAD, rank=RANK)
    script = [f'if [ "{RANK}" = 0 ]; then', *found.head(replicas, site), "else", *found.worker(replicas, site), "fi"]
    return {
        "type": "task",
        **_container(replicas),
        "nodes": replicas.line.nodes_per_replica,
        "commands": [found.in_container(tuple(script))],
        "ports": [FIRST_PORT],
        **_rented(replicas.line, replicas),
    }


def _container(replicas: Replicas) -> dict[str, Any]:
    return {"name": f"gpumix-{replicas.name}", "image": starter(replicas).image, "env": ["HF_TOKEN"]}


def _rented(line: Line, replicas: Replicas) -> dict[str, Any]:
    """Return what is rented: the plan's own machine where dstack rents from its provider, else any with its GPUs."""
    found: dict[str, Any] = {
        "resources": {
            "gpu": _gpu(replicas.gpu, line.gpus_per_instance),
            "disk": f"{disk_gib(replicas)}GB..",
            "shm_size": "16GB",
        }
    }
    if line.provider not in BACKENDS:
        return {**found, "creation_policy": "reuse"}
    found["backends"] = [BACKENDS[line.provider]]
    if line.region not in NO_REGION:
        found["regions"] = [line.region]
    if " " not in line.instance_type:
        found["instance_types"] = [line.instance_type]
    if line.term in SPOT_POLICIES:
        found["spot_policy"] = SPOT_POLICIES[line.term]
        found["max_price"] = line.usd_per_hour
    return found


def _gpu(gpu: Gpu, count: int) -> dict[str, Any]:
    least = int(gpu.memory_gb_marketing * SLACK_GB)
    return {"vendor": VENDORS[gpu.vendor], "name": [_gpu_name(gpu)], "memory": f"{least}GB..", "count": count}


def _gpu_name(gpu: Gpu) -> str:
    make, _, memory = gpu.gpu_id.rpartition("-")
    plain = make if memory.endswith("GB") else gpu.gpu_id
    return GPU_NAMES.get(gpu.gpu_id, plain.removesuffix("-SXM").removesuffix("-PCIe").replace("-", ""))


def _hints(replicas: Replicas, copies: int) -> Iterable[str]:
    line = replicas.line
    yield from image_notes(replicas)
    if line.provider not in BACKENDS:
        yield (
            f"note: dstack does not rent from {line.provider}; rent {line.count} x {line.instance_type} yourself and "
            "add them as an SSH fleet, which this reuses"
        )
    elif line.term not in SPOT_POLICIES:
        yield f"note: dstack rents on demand; the {line.term} price needs that commitment in your account"
    if line.gpu in UNLISTED:
        yield f"note: {line.gpu} is not among the GPUs that dstack lists; it may find no offer"
    if "-SXM" in line.gpu or "-PCIe" in line.gpu:
        yield f"note: dstack does not tell SXM from PCIe; this was planned for {line.gpu}"
    if copies > 1:
        yield f"note: {copies} replicas stand behind the port of each instance"
    if line.nodes_per_replica > 1:
        yield (
            f"note: one replica over {line.nodes_per_replica} nodes, on a fleet with placement: cluster; "
            f"apply it {line.replicas} times, each under a name of its own (-n)"
        )
    yield f"HF_TOKEN=... dstack apply -f {replicas.name}.dstack.yml"
