"""Rules of the fleet: replicas fit the instances, and no limit on counts is broken."""

import math
import re
from collections import defaultdict
from collections.abc import Iterator

from catalog import Catalog
from optimizer.fleet.plan import Line, Plan
from pricing.offers import Offer, Snapshot

Place = tuple[str, str, str | None, str, str]
_VCPU_KEY = re.compile(r"^([^/]+)/([^/]+)/([^/]+)/(on_demand|spot) vCPUs$")


def fleet_rules(plan: Plan, snapshot: Snapshot, catalog: Catalog) -> Iterator[str]:
    """Yield what is wrong with the counts."""
    yield from _packing(plan)
    limits, rented = plan.request.limits, sum(line.count for line in plan.lines)
    if limits.max_instances is not None and rented > limits.max_instances:
        yield f"{rented} instances, at most {limits.max_instances} allowed"
    kinds = {_place(line) for line in plan.lines}
    if limits.max_kinds is not None and len(kinds) > limits.max_kinds:
        yield f"{len(kinds)} kinds of instance, at most {limits.max_kinds} allowed"
    gpus = sum(line.count * line.gpus_per_instance for line in plan.lines)
    spot = sum(line.count * line.gpus_per_instance for line in plan.lines if line.term == "spot")
    if limits.max_spot_fraction is not None and spot > limits.max_spot_fraction * gpus + 1e-9:
        yield f"{spot} of {gpus} GPUs are spot, at most {limits.max_spot_fraction:.0%} allowed"
    yield from _spread(plan)
    replicas = sum(line.replicas for line in plan.lines)
    if limits.min_replicas is not None and replicas < limits.min_replicas:
        yield f"{replicas} replicas, at least {limits.min_replicas} asked for"
    yield from _changes(plan)
    for key, most in limits.quotas.items():
        pool, counted = _VCPU_KEY.match(key), 0.0
        for line in plan.lines:
            counted += _vcpus(line, pool, snapshot) if pool else _counted(line, key, key in catalog.gpus)
        if counted > most:
            yield f"{counted:g} of {key}, its quota is {most}"


def _spread(plan: Plan) -> Iterator[str]:
    """Add up the GPUs of every zone and provider."""
    limits, total = plan.request.limits, sum(line.count * line.gpus_per_instance for line in plan.lines)
    gpus: dict[tuple[str, str], int] = defaultdict(int)
    for line in plan.lines:
        gpus["zone", f"{line.provider}/{line.region}/{line.zone or '-'}"] += line.count * line.gpus_per_instance
        gpus["provider", line.provider] += line.count * line.gpus_per_instance
    most = {"zone": limits.max_zone_fraction, "provider": limits.max_provider_fraction}
    for (kind, name), count in gpus.items():
        fraction = most[kind]
        if fraction is not None and count > fraction * total + 1e-6:
            yield f"{count} of {total} GPUs are in {kind} {name}, at most {fraction:.0%} allowed"


def _changes(plan: Plan) -> Iterator[str]:
    """Replay the steps on the fleet that runs already: it must become the planned one, never shrinking first."""
    fleet: dict[Place, int] = defaultdict(int)
    for one in plan.request.current:
        fleet[one.provider, one.region, one.zone, one.instance_type, one.term] += one.count
    if not plan.request.current:
        if plan.changes:
            yield "there are changes of a fleet that does not run"
        return
    released = False
    for step in plan.changes:
        if step.count < 1 or (released and step.action == "rent"):
            yield f"{step.instance_type}: {step.action} {step.count} is out of order"
        released = released or step.action == "release"
        place = step.provider, step.region, step.zone, step.instance_type, step.term
        fleet[place] += step.count if step.action == "rent" else -step.count
    planned: dict[Place, int] = defaultdict(int)
    for line in plan.lines:
        planned[_place(line)] += line.count
    if {place: n for place, n in fleet.items() if n} != {place: n for place, n in planned.items() if n}:
        yield "the changes do not lead to the planned fleet"
    most, made = plan.request.limits.max_changes, sum(step.count for step in plan.changes)
    if most is not None and made > most:
        yield f"{made} instances change, at most {most} allowed"


def _place(line: Line) -> Place:
    return line.provider, line.region, line.zone, line.instance_type, line.term


def _packing(plan: Plan) -> Iterator[str]:
    rented: dict[Place, int] = defaultdict(int)
    needed: dict[Place, int] = defaultdict(int)
    size: dict[Place, int] = {}
    for number, line in enumerate(plan.lines, start=1):
        if line.count < 0 or line.replicas < 1:
            yield f"line {number}: {line.count} instances and {line.replicas} replicas"
        gpus = line.tensor_parallel * line.pipeline_parallel
        spanned = line.nodes_per_replica * line.gpus_per_instance
        if line.nodes_per_replica > 1 and gpus != spanned:
            yield f"line {number}: a replica of {gpus} GPUs over instances with {spanned}"
        if line.nodes_per_replica == 1 and gpus > line.gpus_per_instance:
            yield f"line {number}: a replica of {gpus} GPUs in an instance of {line.gpus_per_instance}"
        if line.nodes_per_replica > 1 and line.inter_node_link is None:
            yield f"line {number}: a replica over {line.nodes_per_replica} instances without a link between them"
        rented[_place(line)] += line.count
        needed[_place(line)] += gpus * line.replicas
        size[_place(line)] = line.gpus_per_instance
    for place, gpus in needed.items():
        if gpus > rented[place] * size[place]:
            yield f"{place[3]}: {gpus} GPUs of replicas in {rented[place]} instances of {size[place]}"


def _vcpus(line: Line, pool: re.Match[str], snapshot: Snapshot) -> float:
    """Return how many vCPUs of `provider/region/families/market vCPUs` a line takes; infinite where nobody tells."""
    provider, region, families, market = pool.groups()
    elsewhere = (line.provider, line.region) != (provider, region) or line.term == "capacity_block"
    if elsewhere or (line.term == "spot") != (market == "spot"):
        return 0
    ends = (
        rf"{re.escape(each)}(?!{'[a-z]' if each[-1].isalpha() else '[0-9]'})" for each in families.split("+") if each
    )
    if not any(re.match(pattern, line.instance_type, re.IGNORECASE) for pattern in ends):
        return 0
    told = {_offered(offer): offer.vcpus for offer in snapshot.offers if offer.provider == provider}
    return line.count * (told.get(_place(line)) or math.inf)


def _offered(offer: Offer) -> Place:
    return offer.provider, offer.region, offer.zone, offer.instance_type, offer.term


def _counted(line: Line, key: str, is_gpu: bool) -> int:
    """Return how much of a quota a line takes: GPUs of a GPU id, instances of a pool or instance type."""
    if is_gpu:
        return line.count * line.gpus_per_instance if line.gpu == key else 0
    path = [line.provider, line.region, line.instance_type]
    wanted = key.split("/")
    whole = "/".join((line.provider, line.region, line.zone or "-", line.instance_type, line.term))
    named = key in (line.instance_type, whole) or path[: len(wanted)] == wanted
    return line.count if named else 0
