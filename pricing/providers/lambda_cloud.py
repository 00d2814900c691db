"""Lambda, from its instance types: whole instances, in cents, with the regions that have capacity now.

https://docs.lambda.ai/public-cloud/cloud-api/
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from pricing.errors import ProviderError
from pricing.providers.base import Amount, Basket, Fetched, Payload, Progress
from pricing.providers.http import HttpApi
from pricing.providers.settings import ProviderSettings
from pricing.quotes import Quote

HOST = "https://cloud.lambda.ai"
PATH = "/api/v1/instance-types"
SOURCE = "Lambda instance types API"
EVERY_REGION = "all 17 regions (uniform)"
_CENTS = 100


class Specs(Payload):
    """What an instance is made of."""

    vcpus: int
    memory_gib: float
    gpus: int | None = None


class InstanceType(Payload):
    """A kind of instance and its price. Its GPU's form factor is only in the description.

    Older answers describe the GPU as `8x H100 (80 GB SXM5)` only, and count it in the name alone.
    """

    name: str
    description: str = ""
    gpu_description: str = ""
    price_cents_per_hour: Amount
    specs: Specs

    @property
    def gpu(self) -> str:
        """Return the GPU in Lambda's words."""
        return self.gpu_description or re.sub(r"^\d+x ", "", self.description)

    @property
    def gpus(self) -> int:
        """Return how many GPUs there are."""
        if self.specs.gpus is not None:
            return self.specs.gpus
        match = re.match(r"^gpu_(\d+)x_", self.name)
        return int(match.group(1)) if match else 0


class Place(Payload):
    """A region."""

    name: str


class Entry(Payload):
    """A kind of instance and where it can be had now."""

    instance_type: InstanceType
    regions_with_capacity_available: tuple[Place, ...] = ()


class Lambda:
    """Lambda's on-demand prices. It has no spot. Needs an API key."""

    name = "lambda"

    def fetch(self, settings: ProviderSettings, progress: Progress) -> Fetched:
        """Return each instance type in each region with capacity. Raises ProviderError."""
        settings.check_online(self.name)
        basket = Basket(self.name, progress)
        headers = {"Authorization": f"Bearer {settings.key('lambda_api_key').get_secret_value()}"}
        with HttpApi(self.name, HOST, settings, headers) as api:
            entries = _entries(api.get(PATH))
        for where, entry in basket.each(entries.values(), Entry, "lambda instance types"):
            basket.quotes += _quotes(entry, where, settings)
        progress(len(entries))
        return basket.fetched()


PROVIDER = Lambda()


def _entries(answer: Any) -> Mapping[str, Any]:
    entries = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(entries, dict):
        raise ProviderError("lambda: an answer without data; the API may have changed")
    return entries


def _quotes(entry: Entry, where: str, settings: ProviderSettings) -> Iterator[Quote]:
    """Yield a quote for each region with capacity; where there is none, one that cannot be rented."""
    kind = entry.instance_type
    if kind.gpus == 0:
        return
    quote = Quote(
        origin=where,
        provider="lambda",
        region=EVERY_REGION,
        instance_type=kind.name,
        gpu_label=f"lambda {kind.gpu}",
        gpu_count=Decimal(kind.gpus),
        vcpus=kind.specs.vcpus,
        ram_gib=kind.specs.memory_gib,
        term="on_demand",
        usd_per_hour=kind.price_cents_per_hour / _CENTS,
        rentable=False,
        observed_at=settings.today,
        source=SOURCE,
    )
    places = [place.name for place in entry.regions_with_capacity_available]
    for place in places:
        if not settings.regions or place in settings.regions:
            yield replace(quote, region=place, rentable=True)
    if not places:
        yield quote
