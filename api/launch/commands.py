"""Targets `auto`, `vllm`, `sglang`, `trt-llm`, `llama.cpp`: the launch commands of each line, for a person's shell."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from api.launch.artefact import Artefact, comment
from api.launch.engines import STARTERS, Site, starter
from api.launch.formats import notes
from api.launch.replicas import Replicas
from catalog import InvalidInputError
from optimizer.fleet.plan import Plan

DEVICES = {"AMD": "HIP_VISIBLE_DEVICES", "Intel": "HABANA_VISIBLE_MODULES"}


def command_artefacts(plan: Plan, lines: Sequence[Replicas], engine: str | None) -> tuple[Artefact, ...]:
    """Return one file with the commands of every line. With an engine, InvalidInputError where a line runs another."""
    for replicas in lines:
        if engine is not None and replicas.line.engine != engine:
            raise InvalidInputError(
                f"line {replicas.number} of the plan runs on {replicas.line.engine}, not on {engine}: "
                "its layout and its figures hold for that engine only",
                f"--to auto exports it; to plan for {engine}, ask with allow: {{engines: [{engine}]}}",
            )
    parts = [comment([f"plan {plan.plan_id}: {plan.interpretation}"])]
    parts += [line_commands(replicas) for replicas in lines]
    name = engine if engine in STARTERS else "launch"
    return (Artefact(f"{name}.sh", "\n".join(parts)),)


def line_commands(replicas: Replicas) -> str:
    """Return the commands of one line's replicas; replicas that start alike on several instances stand once."""
    alike: dict[tuple[int, int], list[int]] = defaultdict(list)
    for seat in replicas.seats:
        alike[seat.first_gpu, seat.port].append(seat.instance)
    blocks = [comment(heading(replicas))]
    for (first_gpu, port), instances in alike.items():
        blocks += _blocks(replicas, first_gpu, port, instances)
    return "\n".join(blocks)


def heading(replicas: Replicas) -> Iterable[str]:
    """Yield what a line is, and what must be known of it."""
    line = replicas.line
    where = f"{line.count} x {line.instance_type}" if line.count else f"on the instances of line {replicas.host}"
    yield (
        f"line {replicas.number}: {where}, {line.provider} {line.region}, {line.term}; {line.replicas} x "
        f"{line.quantization} on {line.engine}, tp {line.tensor_parallel} pp {line.pipeline_parallel}"
    )
    yield from (f"note: {note}" for note in notes(replicas))


def _blocks(replicas: Replicas, first_gpu: int, port: int, instances: Sequence[int]) -> Iterable[str]:
    """Yield the commands of replicas that start alike: on one node each, or on a head and its workers."""
    nodes, found, site = replicas.line.nodes_per_replica, starter(replicas), Site(port=port)
    chosen = _devices(replicas, first_gpu)
    yield comment([f"on {_instances(instances)}{' as the head' if nodes > 1 else ''}"]) + _script(
        found.head(replicas, site), chosen
    )
    for rank in range(1, nodes):
        workers = [instance + rank for instance in instances]
        yield comment(
            [f"on {_instances(workers)}, worker {rank}: HEAD_ADDRESS is that of the head before it"]
        ) + _script(found.worker(replicas, Site(port=port, rank=str(rank))), "")


def _script(lines: Sequence[str], prefix: str) -> str:
    return "".join(f"{prefix if line is lines[-1] else ''}{line}\n" for line in lines)


def _devices(replicas: Replicas, first_gpu: int) -> str:
    """Return the variable that keeps a replica to its GPUs, where it does not have whole instances."""
    if replicas.fills_instances:
        return ""
    gpus = ",".join(map(str, range(first_gpu, first_gpu + replicas.gpus_per_node)))
    return f"{DEVICES.get(replicas.gpu.vendor, 'CUDA_VISIBLE_DEVICES')}={gpus} "


def _instances(instances: Sequence[int]) -> str:
    numbers = [str(instance + 1) for instance in instances]
    return f"instance {numbers[0]}" if len(numbers) == 1 else f"each of the instances {', '.join(numbers)}"
