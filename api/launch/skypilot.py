"""Target `skypilot`: a YAML for each line, both a service (`sky serve up`) and a task (`sky launch`)."""

from collections.abc import Iterable, Sequence
from typing import Any

from api.launch.artefact import Artefact, comment, yaml_text
from api.launch.clouds import CLOUDS, resource
from api.launch.commands import heading
from api.launch.engines import Site, starter
from api.launch.formats import image_notes
from api.launch.replicas import FIRST_PORT, Replicas
from api.launch.sharing import copies_behind_one_port, disk_gib
from catalog import Catalog
from optimizer.fleet.plan import Alternative, AlternativeLine, Line, Plan

START_SECONDS = 3600
HEAD = "$HEAD_ADDRESS"
RANK = "$SKYPILOT_NODE_RANK"
RENTED = frozenset({"on_demand", "spot"})
SAME = (
    "engine", "quantization", "tensor_parallel", "pipeline_parallel", "replicas", "count", "gpus_per_instance"
)  # fmt: skip


def skypilot_artefacts(plan: Plan, lines: Sequence[Replicas], catalog: Catalog) -> tuple[Artefact, ...]:
    """Return one file for each line. Raises InvalidInputError where SkyPilot's one port cannot serve a line."""
    return tuple(_artefact(plan, replicas, catalog, len(lines) == 1) for replicas in lines)


def fall_backs(plan: Plan, replicas: Replicas, catalog: Catalog) -> tuple[Alternative, ...]:
    """Return the alternatives that run the same command in as many replicas, the cheapest first, each once.

    They keep to what the request allows, and are left out for llama.cpp, whose memory is taken at the start.
    """
    found = dict[tuple[object, ...], Alternative]()
    if replicas.line.engine == "llama.cpp":
        return ()
    for alternative in sorted(plan.alternatives, key=lambda item: (item.cost_usd_per_hour, item.label)):
        if len(alternative.lines) != 1:
            continue
        other = alternative.lines[0]
        if (
            all(getattr(other, field) == getattr(replicas.line, field) for field in SAME)
            and _place(other) != _place(replicas.line)
            and _allowed(plan, other, catalog)
            and _runs(replicas, other, catalog)
        ):
            found.setdefault(_place(other), alternative)
    return tuple(found.values())


def _allowed(plan: Plan, other: AlternativeLine, catalog: Catalog) -> bool:
    """Whether the request allows an alternative's offer; with places limited, none is taken: it names no continent."""
    allow, deny = plan.request.allow, plan.request.deny
    gpus = {gpu_id for name in allow.gpus for gpu_id in catalog.gpus_named(name)} or set(catalog.gpus)
    gpus -= {gpu_id for name in deny.gpus for gpu_id in catalog.gpus_named(name)}
    return (
        other.provider in CLOUDS
        and other.term in RENTED
        and other.term in allow.terms
        and other.tier in allow.tiers
        and (not allow.providers or other.provider in allow.providers)
        and other.provider not in deny.providers
        and other.gpu in gpus
        and not (allow.regions or allow.continents or deny.regions or deny.continents)
    )


def _runs(replicas: Replicas, other: AlternativeLine, catalog: Catalog) -> bool:
    """Whether an alternative's GPU takes the same command: its maker, and FP8 arithmetic for an FP8 cache."""
    gpu = catalog.gpu(other.gpu)
    return gpu.vendor == replicas.gpu.vendor and (
        not replicas.line.kv_dtype.startswith("fp8") or gpu.tflops_fp8 is not None
    )


def _artefact(plan: Plan, replicas: Replicas, catalog: Catalog, alone: bool) -> Artefact:
    others = fall_backs(plan, replicas, catalog) if alone else ()
    copies = copies_behind_one_port(replicas, "SkyPilot")
    line, found = replicas.line, starter(replicas)
    resources: dict[str, Any] = {"ports": FIRST_PORT, "disk_size": disk_gib(replicas)}
    if not found.install:
        resources["image_id"] = f"docker:{found.image}"
    wanted = resource(line, replicas.gpu)
    choices = [wanted, *(resource(item.lines[0], catalog.gpu(item.lines[0].gpu)) for item in others)]
    resources |= {"any_of": choices} if len(choices) > 1 else wanted
    document = {
        "name": f"gpumix-{replicas.name}",
        "service": {
            "readiness_probe": {"path": "/v1/models", "initial_delay_seconds": START_SECONDS},
            "replicas": line.count // line.nodes_per_replica,
        },
        "resources": resources,
        "num_nodes": line.nodes_per_replica,
        "envs": {"HF_TOKEN": ""},
        **({"setup": found.install} if found.install else {}),
        "run": _run(replicas, copies),
    }
    head = [f"plan {plan.plan_id}: {plan.interpretation}", *heading(replicas), *_hints(replicas, copies, others)]
    return Artefact(f"{replicas.name}.skypilot.yaml", comment(head) + yaml_text(document))


def _run(replicas: Replicas, copies: int) -> str:
    found, site = starter(replicas), Site(address=HEAD, rank=RANK, copies=copies)
    head = found.head(replicas, site)
    if replicas.line.nodes_per_replica == 1:
        return "".join(f"{line}\n" for line in head) if found.install else found.in_container(head)
    joined = ['HEAD_ADDRESS=$(echo "$SKYPILOT_NODE_IPS" | head -n 1)', f'if [ "{RANK}" = 0 ]; then', *head]
    return "\n".join([*joined, "else", *found.worker(replicas, site), "fi"]) + "\n"


def _hints(replicas: Replicas, copies: int, others: Sequence[Alternative]) -> Iterable[str]:
    line = replicas.line
    yield from image_notes(replicas)
    if line.provider not in CLOUDS:
        yield (
            f"note: SkyPilot does not rent from {line.provider}; rent {line.count} x {line.instance_type} yourself and "
            f"name them as the SSH node pool {line.provider} (sky ssh up)"
        )
    if copies > 1:
        yield f"note: {copies} replicas stand behind the port of each instance"
    if line.zone is not None:
        yield f"note: the price was seen in zone {line.zone}; SkyPilot chooses the zone"
    if line.term not in RENTED:
        yield f"note: SkyPilot rents on demand; the {line.term} price needs that commitment in your account"
    yield from (f"fall-back at {item.cost_usd_per_hour:g} $/h: {item.summary}" for item in others)
    yield f"sky serve up {replicas.name}.skypilot.yaml --env HF_TOKEN, or sky launch for one replica"


def _place(line: Line | AlternativeLine) -> tuple[object, ...]:
    return line.provider, line.region, line.instance_type, line.term
