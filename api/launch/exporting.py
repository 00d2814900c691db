"""Exporting: which target makes which artefacts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

from api.launch.artefact import Artefact
from api.launch.bench import bench_artefacts
from api.launch.commands import command_artefacts
from api.launch.dstack import dstack_artefacts
from api.launch.kubernetes import kubernetes_artefacts
from api.launch.replicas import EVERY_FORMAT, Checkpoints, Replicas, replicas_of
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
    "dstack": lambda plan, lines, catalog: dstack_artefacts(plan, lines),
    "kubernetes": lambda plan, lines, catalog: kubernetes_artefacts(plan, lines),
    "terraform": lambda plan, lines, catalog: terraform_artefacts(plan, lines),
}
NONE: Checkpoints = MappingProxyType({})
ALIASES = {"trtllm": "trt-llm", "tensorrt-llm": "trt-llm", "llamacpp": "llama.cpp", "k8s": "kubernetes"}


def export_plan(plan: Plan, target: str, catalog: Catalog, checkpoints: Checkpoints = NONE) -> tuple[Artefact, ...]:
    """Return the files of a plan for a target. Raises InvalidInputError where the target cannot run it."""
    name = ALIASES.get(target.lower(), target.lower())
    if name not in TARGETS:
        raise UnknownNameError("target", target, [*TARGETS, *ALIASES])
    if not plan.lines:
        raise InvalidInputError(f"plan {plan.plan_id} rents nothing", "relax the limit that its conflicts name")
    return TARGETS[name](plan, replicas_of(plan, catalog, checkpoints), catalog)


def read_checkpoints(texts: Iterable[str], plan: Plan, catalog: Catalog) -> Checkpoints:
    """Return checkpoints given as `REPO`, for every line, or as `FORMAT=REPO`. Raises InvalidInputError."""
    found: dict[str, str] = {}
    planned = [line.quantization for line in plan.lines]
    for text in texts:
        name, equals, repository = text.partition("=")
        if not equals or name not in catalog.quantizations:
            name, repository = EVERY_FORMAT, text
        if name in found or not repository or repository.startswith("-"):
            raise InvalidInputError(f"--checkpoint {text!r} is no checkpoint, or the second", "REPO, or FORMAT=REPO")
        if name and name not in planned:
            raise InvalidInputError(
                f"no line of the plan runs {name}", f"its formats: {', '.join(sorted(set(planned)))}"
            )
        found[name] = repository
    return found
