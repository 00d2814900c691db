"""Replicas: the lines of a plan with all that a launch needs: model, sizes served, and where each replica runs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from catalog import Catalog, Engine, Gpu, Model, Quantization
from optimizer.demand import Demand, demand_of
from optimizer.fleet.plan import Line, Plan

FIRST_PORT = 8000


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a replica runs: its first instance of the line that rents it, from 0, its first GPU there, its port."""

    instance: int
    first_gpu: int
    port: int


@dataclass(frozen=True, slots=True)
class Served:
    """A size of request that one replica serves; `amount` is users, or requests per second where `is_rate`."""

    input_tokens: int
    output_tokens: int
    amount: float
    is_rate: bool


@dataclass(frozen=True, slots=True)
class Replicas:
    """The replicas of one line. `number` is the line's, from 1; `host` that of the line that rents the instances.

    `context_tokens` is the longest request they take; `checkpoint` is None where the user chose none.
    """

    number: int
    host: int
    line: Line
    engine: Engine
    model: Model
    gpu: Gpu
    quantization: Quantization
    checkpoint: str | None
    context_tokens: int
    served: tuple[Served, ...]
    seats: tuple[Seat, ...]

    @property
    def name(self) -> str:
        """Return the name of the line in files and labels."""
        return f"line-{self.number}"

    @property
    def repository(self) -> str:
        """Return the user's checkpoint, else the repository of the catalog."""
        return self.checkpoint or self.model.hf_repo

    @property
    def gpus_per_node(self) -> int:
        """Return the GPUs that one replica takes of one instance."""
        return self.line.tensor_parallel * self.line.pipeline_parallel // self.line.nodes_per_replica

    @property
    def fills_instances(self) -> bool:
        """Whether each replica has whole instances to itself."""
        return self.gpus_per_node == self.line.gpus_per_instance

    @property
    def copies(self) -> int:
        """Return the most replicas of this line on one instance."""
        instances = [seat.instance for seat in self.seats]
        return max(map(instances.count, instances))


Checkpoints = Mapping[str, str]
"""The user's checkpoints by weight format; under EVERY_FORMAT the one for all others."""
EVERY_FORMAT = ""


def replicas_of(plan: Plan, catalog: Catalog, checkpoints: Checkpoints = MappingProxyType({})) -> tuple[Replicas, ...]:
    """Return the replicas of every line. Raises UnknownNameError on names that the catalog does not have."""
    model = catalog.model(plan.request.model)
    demand = demand_of(plan.request, model)
    hosts = _hosts(plan.lines)
    seats = _seats(plan.lines, hosts)
    return tuple(
        Replicas(
            number=number,
            host=hosts[number - 1],
            line=line,
            engine=catalog.engine(line.engine),
            model=model,
            gpu=catalog.gpu(line.gpu),
            quantization=catalog.quantization(line.quantization),
            checkpoint=checkpoints.get(line.quantization) or checkpoints.get(EVERY_FORMAT),
            context_tokens=_longest(demand, line),
            served=_served(demand, line),
            seats=seats[number - 1],
        )
        for number, line in enumerate(plan.lines, start=1)
    )


def _longest(demand: Demand, line: Line) -> int:
    """Return the longest request of a line; a line that stands by for a loss must take any."""
    routed = [size.tokens for size, share in zip(demand.sizes, line.routing, strict=True) if share > 0]
    return max(routed, default=demand.longest_tokens)


def _served(demand: Demand, line: Line) -> tuple[Served, ...]:
    is_rate = demand.unit == "requests_per_s"
    return tuple(
        Served(size.input_tokens, size.output_tokens, size.amount * share / line.replicas, is_rate)
        for size, share in zip(demand.sizes, line.routing, strict=True)
        if share > 0
    )


def _hosts(lines: Sequence[Line]) -> list[int]:
    """Return, for each line, the number of the line that rents its instances: itself, or the last one that rents."""
    hosts: list[int] = []
    for number, line in enumerate(lines, start=1):
        hosts.append(number if line.count or not hosts else hosts[-1])
    return hosts


def _seats(lines: Sequence[Line], hosts: Sequence[int]) -> list[tuple[Seat, ...]]:
    """Return the seats of each line: the largest replicas first, each on the first instance with room."""
    seats: list[tuple[Seat, ...]] = [()] * len(lines)
    for host in sorted(set(hosts)):
        together = [index for index, found in enumerate(hosts) if found == host]
        together.sort(key=lambda index: -_gpus_per_node(lines[index]))
        used = [0] * max(1, lines[host - 1].count)
        ports = [FIRST_PORT] * len(used)
        for index in together:
            seats[index] = tuple(_take(lines[index], used, ports) for _ in range(lines[index].replicas))
    return seats


def _take(line: Line, used: list[int], ports: list[int]) -> Seat:
    """Return the next seat and mark its GPUs as used."""
    size = _gpus_per_node(line)
    free = [index for index, taken in enumerate(used) if taken + size <= line.gpus_per_instance]
    first = free[0] if free else len(used) - 1  # `gpumix verify` says where a plan has too few instances
    seat = Seat(first, used[first] % max(1, line.gpus_per_instance), ports[first])
    for node in range(first, min(first + line.nodes_per_replica, len(used))):
        used[node] += size
    ports[first] += 1
    return seat


def _gpus_per_node(line: Line) -> int:
    return math.ceil(line.tensor_parallel * line.pipeline_parallel / line.nodes_per_replica)
