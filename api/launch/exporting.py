"""Exporting: which target makes which artefacts."""

from collections.abc import Callable, Mapping, Sequence

from api.launch.artefact import Artefact
from api.launch.bench import bench_artefacts
from api.launch.commands import command_artefacts
from api.launch.kubernetes import kubernetes_artefacts
from api.launch.replicas import Replicas, replicas_of
from api.launch.skypilot import skypilot_artefacts
from api.launch.terraform import terraform_artefacts
from catalog import Catalog, InvalidInputError, UnknownNameError
from optimizer.fleet.plan import Plan

Export = Callable[[Plan, Sequence[Replicas], Catalog], tuple[Artefact, ...]]


def _commands(engine: str | None) -> Export:
    return lambda plan, lines, catalog: command_artefacts(plan, lines, engine)


TARGETS: Mapping[str, Export] = {
    "auto": _commands(None),
    "vllm": _commands("vllm"),
    "sglang": _commands("sglang"),
    "llama.cpp": _commands("llama.cpp"),
    "trt-llm": _commands("trt-llm"),
    "bench": lambda plan, lines, catalog: bench_artefacts(plan, lines),
    "skypilot": skypilot_artefacts,
    "kubernetes": lambda plan, lines, catalog: kubernetes_artefacts(plan, lines),
    "terraform": lambda plan, lines, catalog: terraform_artefacts(plan, lines),
}
ALIASES = {"trtllm": "trt-llm", "tensorrt-llm": "trt-llm", "llamacpp": "llama.cpp", "k8s": "kubernetes"}


def export_plan(plan: Plan, target: str, catalog: Catalog, checkpoint: str | None = None) -> tuple[Artefact, ...]:
    """Return the files of a plan for a target. Raises InvalidInputError where the target cannot run it."""
    name = ALIASES.get(target.lower(), target.lower())
    if name not in TARGETS:
        raise UnknownNameError("target", target, [*TARGETS, *ALIASES])
    if not plan.lines:
        raise InvalidInputError(f"plan {plan.plan_id} rents nothing", "relax the limit that its conflicts name")
    return TARGETS[name](plan, replicas_of(plan, catalog, checkpoint), catalog)
