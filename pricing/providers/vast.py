"""Vast.ai, from its bundles: each is a host that rents its GPUs out together, at a price of its own.

https://docs.vast.ai/api/search-offers
"""

from collections.abc import Iterator
from decimal import Decimal

from pricing.errors import ProviderError
from pricing.offers import Term
from pricing.providers.base import Amount, Basket, Fetched, Payload, Progress
from pricing.providers.http import HttpApi
from pricing.providers.settings import ProviderSettings
from pricing.quotes import Quote

HOST = "https://console.vast.ai"
PATH = "/api/v0/bundles/"
SOURCE = "Vast.ai bundles API"
DISK_GB = 500  # as far as the host has it: room for a model's weights; storage is paid beside the host
MOST_OFFERS = 3000

_HOURS_PER_MONTH = 720  # Vast's own month of 30 days
_SMALL_A100_MIB = 50_000


class Bundle(Payload):
    """A host's GPUs, as they are rented together. `dph_base` is USD per hour for all, `min_bid` what spot bids beat."""

    id: int | str
    gpu_name: str
    num_gpus: int
    gpu_ram: float
    cpu_cores: float | None = None
    cpu_cores_effective: float | None = None
    cpu_ram: float | None = None
    disk_space: float | None = None
    dph_base: Amount
    verification: str = "verified"
    min_bid: Amount | None = None
    storage_cost: Amount = Decimal(0)
    geolocation: str | None = None
    rentable: bool = True
    rented: bool | None = False


class Vast:
    """Vast.ai's verified hosts, on demand and by bid. Searching needs no key; one is sent where there is one."""

    name = "vast"

    def fetch(self, settings: ProviderSettings, progress: Progress) -> Fetched:
        """Return each host that can be rented. Raises ProviderError."""
        basket = Basket(self.name, progress)
        key = settings.keys.get("vast_api_key")
        headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
        search = {
            "rentable": {"eq": True},
            "rented": {"eq": False},
            "verified": {"eq": True},
            "gpu_ram": {"gte": 20_000},
            "order": [["dph_total", "asc"]],
            "limit": MOST_OFFERS,
        }
        with HttpApi(self.name, HOST, settings, headers) as api:
            answer = api.post(PATH, search)
        bundles = answer.get("offers") if isinstance(answer, dict) else None
        if not isinstance(bundles, list):
            raise ProviderError("vast: an answer without offers; the API may have changed")
        for where, bundle in basket.each(bundles, Bundle, "vast bundles"):
            basket.quotes += _quotes(bundle, where, settings)
        progress(len(bundles))
        return basket.fetched()


PROVIDER = Vast()


def _quotes(bundle: Bundle, where: str, settings: ProviderSettings) -> Iterator[Quote]:
    """Yield the price on demand, and by bid: of the host and of its disk, storage x GB / 720 by the hour."""
    region = (bundle.geolocation or "").rpartition(",")[2].strip() or "global (per-GPU price)"
    if (settings.regions and region not in settings.regions) or bundle.verification != "verified":
        return
    disk_gb = DISK_GB if bundle.disk_space is None else min(DISK_GB, int(bundle.disk_space))
    disk = bundle.storage_cost * disk_gb / _HOURS_PER_MONTH
    prices: tuple[tuple[Term, Decimal | None], ...] = (("on_demand", bundle.dph_base), ("spot", bundle.min_bid))
    for term, price in prices:
        if price is not None:
            yield Quote(
                origin=where,
                provider="vast",
                region=region,
                instance_type=f"{bundle.num_gpus}x {bundle.gpu_name}",
                gpu_label=_label(bundle),
                gpu_count=Decimal(bundle.num_gpus),
                gpu_memory_gb=round(bundle.gpu_ram / 1024, 2),
                vcpus=bundle.cpu_cores_effective,
                ram_gib=_ram_gib(bundle),
                term=term,
                usd_per_hour=(price + disk).quantize(Decimal("0.000001")) if price > 0 else price,
                on_demand_usd_per_hour=bundle.dph_base + disk,
                rentable=bundle.rentable and not bundle.rented,
                observed_at=settings.today,
                source=SOURCE,
                note=f"host {bundle.id}, with {disk_gb} GB of its disk",
            )


def _label(bundle: Bundle) -> str:
    """Return the GPU; an A100 has its memory in it, which the name leaves out."""
    memory = "" if "A100" not in bundle.gpu_name else " 40GB" if bundle.gpu_ram < _SMALL_A100_MIB else " 80GB"
    return f"vast {bundle.gpu_name}{memory}"


def _ram_gib(bundle: Bundle) -> float | None:
    """Return the offer's share of the host's RAM, which is as its share of the cores; its MB are MiB."""
    if not bundle.cpu_cores or not bundle.cpu_cores_effective or not bundle.cpu_ram:
        return None
    return round(bundle.cpu_ram * bundle.cpu_cores_effective / bundle.cpu_cores / 1024, 1)
