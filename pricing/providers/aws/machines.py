"""What AWS instance types are made of, from DescribeInstanceTypes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from pydantic import Field

from pricing.providers.aws.clients import AwsApi
from pricing.providers.base import Basket, PascalPayload
from pricing.quotes import Quote

_GPU_FAMILIES = ("p*", "g*")
_MIB_PER_GIB = 1024


class Memory(PascalPayload):
    """A size in MiB."""

    size_in_mib: int = Field(default=0, alias="SizeInMiB")


class GpuKind(PascalPayload):
    """The GPUs of one kind in an instance. A shared GPU says which part of it belongs to the instance."""

    name: str
    count: int = 0
    gpu_partition_size: Decimal = Decimal(1)
    memory_info: Memory = Memory()


class GpuInfo(PascalPayload):
    """The GPUs of an instance."""

    gpus: tuple[GpuKind, ...] = ()


class Cpus(PascalPayload):
    """Its virtual CPUs."""

    default_v_cpus: int | None = None


class Network(PascalPayload):
    """Its network; `Up to ...` is a burst and says nothing."""

    network_performance: str = ""
    efa_supported: bool = False


class InstanceType(PascalPayload):
    """One instance type."""

    instance_type: str
    gpu_info: GpuInfo | None = None
    v_cpu_info: Cpus = Cpus()
    memory_info: Memory = Memory()
    network_info: Network = Network()
    supported_usage_classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Machine:
    """An instance type with GPUs. `gpu_label` names the GPU with its memory: p4d and p4de both say `A100`."""

    instance_type: str
    gpu_label: str
    gpu_count: Decimal
    gpu_memory_gb: float
    vcpus: int | None
    ram_gib: float
    network: str | None
    capacity_blocks: bool


def read_machines(api: AwsApi, region: str, basket: Basket) -> Mapping[str, Machine]:
    """Return the instance types with GPUs of a region, by name. Raises ProviderError."""
    filters = [{"Name": "instance-type", "Values": list(_GPU_FAMILIES)}]
    found = api.items(
        "ec2", region, "describe_instance_types", "InstanceTypes", basket, Filters=filters, MaxResults=100
    )
    machines = (_machine(item) for _, item in basket.each(found, InstanceType, f"aws {region} instance types"))
    return {machine.instance_type: machine for machine in machines if machine}


def describe(quote: Quote, machine: Machine | None) -> Quote:
    """Return a quote with the shape that AWS gives of its instance type, where it gives one."""
    if machine is None:
        return quote
    return replace(
        quote,
        gpu_label=machine.gpu_label,
        gpu_count=machine.gpu_count,
        gpu_memory_gb=machine.gpu_memory_gb,
        network=machine.network,
        vcpus=machine.vcpus,
        ram_gib=machine.ram_gib,
    )


def _machine(item: InstanceType) -> Machine | None:
    if item.gpu_info is None or not item.gpu_info.gpus:
        return None
    gpu = item.gpu_info.gpus[0]
    memory_gib = gpu.memory_info.size_in_mib / _MIB_PER_GIB
    return Machine(
        instance_type=item.instance_type,
        gpu_label=f"aws {gpu.name} {memory_gib:.0f}GB",
        gpu_count=max(gpu.count, 1) * gpu.gpu_partition_size,
        gpu_memory_gb=memory_gib,
        vcpus=item.v_cpu_info.default_v_cpus,
        ram_gib=item.memory_info.size_in_mib / _MIB_PER_GIB,
        network=_network(item.network_info),
        capacity_blocks="capacity-block" in item.supported_usage_classes,
    )


def _network(network: Network) -> str | None:
    match = re.match(r"^(?:(\d+)x )?(\d+) Gigabit", network.network_performance)
    if match is None:
        return None
    gbps = int(match.group(1) or 1) * int(match.group(2))
    return f"{'EFA' if network.efa_supported else 'Ethernet'} {gbps}Gbps"
