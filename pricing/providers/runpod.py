"""RunPod, from its GraphQL API: prices per GPU, in secure data centres and on hosts of its community.

https://docs.runpod.io/sdks/graphql/manage-pods
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from pricing.errors import ProviderError
from pricing.offers import Term
from pricing.providers.base import Amount, Basket, CamelPayload, Fetched, Progress, in_parallel
from pricing.providers.http import HttpApi
from pricing.providers.settings import ProviderSettings
from pricing.quotes import Quote

HOST = "https://api.runpod.io"
PATH = "/graphql"
SOURCE = "RunPod GraphQL API"
COUNTS = (1, 2, 4, 8)

QUERY = """
query GpuTypes($lowestPriceInput: GpuLowestPriceInput, $gpuTypesInput: GpuTypeFilter) {
  gpuTypes(input: $gpuTypesInput) {
    lowestPrice(input: $lowestPriceInput) {
      minimumBidPrice uninterruptablePrice minVcpu minMemory stockStatus compliance countryCode
    }
    id displayName memoryInGb maxGpuCount securePrice communityPrice secureSpotPrice communitySpotPrice
  }
}
"""


class LowestPrice(CamelPayload):
    """What can be had now of a GPU at a count: no stock status means nothing."""

    minimum_bid_price: Amount | None = None
    uninterruptable_price: Amount | None = None
    stock_status: str | None = None


class GpuType(CamelPayload):
    """A GPU and its prices, each for one GPU."""

    id: str
    display_name: str = ""
    memory_in_gb: float | None = None
    max_gpu_count: int = max(COUNTS)
    secure_price: Amount | None = None
    community_price: Amount | None = None
    secure_spot_price: Amount | None = None
    community_spot_price: Amount | None = None
    lowest_price: LowestPrice | None = None


class RunPod:
    """RunPod's on-demand and spot prices. A key is sent where there is one, but none is needed."""

    name = "runpod"

    def fetch(self, settings: ProviderSettings, progress: Progress) -> Fetched:
        """Return the price of each GPU at each count it can be rented in. Raises ProviderError."""
        basket = Basket(self.name, progress)
        key = settings.keys.get("runpod_api_key")
        headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
        searches = [(secure, count) for secure in (True, False) for count in COUNTS]
        with HttpApi(self.name, HOST, settings, headers) as api:
            for _, part in in_parallel(searches, lambda search: _read(api, *search, settings), basket):
                basket.add(part)
        return basket.fetched()


PROVIDER = RunPod()


def _read(api: HttpApi, secure: bool, count: int, settings: ProviderSettings) -> Basket:
    """Return what can be had at a count. Raises ProviderError.

    GraphQL says with status 200 what went wrong: beside data that is a gap, else an error.
    """
    basket = Basket("runpod")
    place = f"runpod {'secure' if secure else 'community'} x{count}"
    variables = {"lowestPriceInput": {"secureCloud": secure, "gpuCount": count}, "gpuTypesInput": {}}
    answer = api.post(PATH, {"query": QUERY, "variables": variables})
    gpus, failed = _gpu_types(answer), _failure(answer)
    if gpus is None or failed:
        error = ProviderError(f"{place}: {settings.redact(failed or 'an answer without gpuTypes')}")
        if not gpus:
            raise error
        basket.gap(place, error)
    for where, gpu in basket.each(gpus or (), GpuType, place):
        basket.quotes += _quotes(gpu, count, secure, where, settings)
    return basket


def _gpu_types(answer: Any) -> list[Any] | None:
    data = answer.get("data") if isinstance(answer, dict) else None
    found = data.get("gpuTypes") if isinstance(data, dict) else None
    return found if isinstance(found, list) else None


def _failure(answer: Any) -> str:
    """Return what a GraphQL answer says went wrong, or nothing."""
    errors = answer.get("errors") if isinstance(answer, dict) else None
    return "; ".join(str(each.get("message")) for each in errors or () if isinstance(each, dict)) if errors else ""


def _quotes(gpu: GpuType, count: int, secure: bool, where: str, settings: ProviderSettings) -> Iterator[Quote]:
    region = "secure" if secure else "community"
    if count > gpu.max_gpu_count or (settings.regions and region not in settings.regions):
        return
    lowest = gpu.lowest_price or LowestPrice()
    listed = gpu.secure_price if secure else gpu.community_price
    on_demand = lowest.uninterruptable_price if listed is None else listed
    listed_spot = gpu.secure_spot_price if secure else gpu.community_spot_price
    prices: tuple[tuple[Term, Decimal | None], ...] = (
        ("on_demand", on_demand),
        ("spot", lowest.minimum_bid_price or listed_spot),
    )
    for term, price in prices:
        if price is not None:
            yield Quote(
                origin=where,
                provider="runpod",
                region=region,
                instance_type=f"{count}x {gpu.id}",
                gpu_label=f"runpod {gpu.id}",
                gpu_count=Decimal(count),
                gpu_memory_gb=gpu.memory_in_gb,
                term=term,
                usd_per_hour=price * count,
                on_demand_usd_per_hour=on_demand * count if on_demand else None,
                rentable=lowest.stock_status is not None,
                observed_at=settings.today,
                source=SOURCE,
            )
