"""CUDO Compute, from its machine types: GPUs, vCPUs and memory are sold apart, so a machine is their sum.

https://www.cudocompute.com/docs/api
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pricing.errors import ProviderError
from pricing.providers.base import Amount, Basket, CamelPayload, Fetched, Progress
from pricing.providers.http import HttpApi
from pricing.providers.settings import ProviderSettings
from pricing.quotes import Quote

HOST = "https://rest.compute.cudo.org"
PATH = "/v1/vms/machine-types-2"
SOURCE = "CUDO machine types API"
COUNTS = (1, 2, 4, 8)
VCPUS_PER_GPU = 8
RAM_GIB_PER_GPU = 32


class Money(CamelPayload):
    """An amount of USD, which comes as text in an object."""

    value: Amount


class MachineType(CamelPayload):
    """A kind of machine in a data centre: prices by the hour of each part, what may be joined, and what is free."""

    data_center_id: str
    machine_type: str
    gpu_model: str = ""
    vcpu_price_hr: Money
    memory_gib_price_hr: Money
    gpu_price_hr: Money | None = None
    min_vcpu: float = 1
    min_memory_gib: float = 1
    min_vcpu_per_gpu: float = 0
    max_vcpu_per_gpu: float = math.inf
    min_vcpu_per_memory_gib: float = 0
    max_vcpu_per_memory_gib: float = math.inf
    max_gpu_free: int = 0
    max_vcpu_free: int = 0
    max_memory_gib_free: int = 0


@dataclass(frozen=True, slots=True)
class Size:
    """A machine that may be made."""

    gpus: int
    vcpus: int
    ram_gib: int


class Cudo:
    """CUDO's on-demand prices of machines with 8 vCPUs and 32 GiB a GPU, or what may be joined nearest to that.

    It has no spot. Storage and addresses are paid beside the machine. Needs an API key.
    """

    name = "cudo"

    def fetch(self, settings: ProviderSettings, progress: Progress) -> Fetched:
        """Return the price of each machine type with each count of GPUs. Raises ProviderError."""
        settings.check_online(self.name)
        basket = Basket(self.name, progress)
        headers = {"Authorization": f"Bearer {settings.key('cudo_api_key').get_secret_value()}"}
        with HttpApi(self.name, HOST, settings, headers) as api:
            kinds = _machine_types(api.get(PATH))
        for where, kind in basket.each(kinds, MachineType, "cudo machine types"):
            if kind.gpu_model and (not settings.regions or kind.data_center_id in settings.regions):
                basket.quotes += _quotes(kind, where, settings)
        progress(len(kinds))
        return basket.fetched()


PROVIDER = Cudo()


def _machine_types(answer: Any) -> list[Any]:
    kinds = answer.get("machineTypes") if isinstance(answer, dict) else None
    if not isinstance(kinds, list):
        raise ProviderError("cudo: an answer without machineTypes; the API may have changed")
    return kinds


def size_of(kind: MachineType, gpus: int) -> Size | None:
    """Return the machine of so many GPUs that may be made, or None where its limits contradict each other."""
    least = max(kind.min_vcpu, kind.min_vcpu_per_gpu * gpus)
    vcpus = math.ceil(max(least, min(VCPUS_PER_GPU * gpus, kind.max_vcpu_per_gpu * gpus)))
    most_gib = vcpus / kind.min_vcpu_per_memory_gib if kind.min_vcpu_per_memory_gib else math.inf
    least_gib = max(kind.min_memory_gib, vcpus / kind.max_vcpu_per_memory_gib)
    ram_gib = math.ceil(max(least_gib, min(RAM_GIB_PER_GPU * gpus, math.floor(min(most_gib, 2**20)))))
    fits = vcpus <= kind.max_vcpu_per_gpu * gpus and ram_gib <= most_gib
    return Size(gpus, vcpus, ram_gib) if fits else None


def _quotes(kind: MachineType, where: str, settings: ProviderSettings) -> Iterator[Quote]:
    """Yield gpus x GPU + vcpus x vCPU + GiB x memory for each count; no price where the GPU has none."""
    for gpus in COUNTS:
        size = size_of(kind, gpus)
        if size is None:
            continue
        parts = (kind.gpu_price_hr, gpus), (kind.vcpu_price_hr, size.vcpus), (kind.memory_gib_price_hr, size.ram_gib)
        whole = all(money is not None and money.value > 0 for money, _ in parts)
        free = (kind.max_gpu_free, kind.max_vcpu_free, kind.max_memory_gib_free)
        yield Quote(
            origin=where,
            provider="cudo",
            region=kind.data_center_id,
            instance_type=f"{kind.machine_type}_{gpus}x{size.vcpus}v{size.ram_gib}gb",
            gpu_label=f"cudo {kind.gpu_model}",
            gpu_count=Decimal(gpus),
            vcpus=size.vcpus,
            ram_gib=size.ram_gib,
            term="on_demand",
            usd_per_hour=sum((money.value * count for money, count in parts if money), Decimal(0)) if whole else None,
            rentable=all(need <= have for need, have in zip((gpus, size.vcpus, size.ram_gib), free, strict=True)),
            observed_at=settings.today,
            source=SOURCE,
            note="" if whole else "a part of it has no price",
        )
