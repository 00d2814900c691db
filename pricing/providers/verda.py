"""Verda (formerly DataCrunch): prices of instance types, and where each can be had now.

https://api.verda.com/v1/docs
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from pydantic import AliasChoices, Field

from pricing.errors import ProviderError
from pricing.offers import Term
from pricing.providers.base import Amount, Basket, Fetched, Payload, Progress
from pricing.providers.http import HttpApi
from pricing.providers.settings import ProviderSettings
from pricing.quotes import Quote

HOST = "https://api.verda.com"
SOURCE = "Verda instance types API"
_MARKETS: tuple[tuple[Term, str], ...] = (("on_demand", "false"), ("spot", "true"))
EVERY_REGION = "global (per-GPU price)"


class Gpus(Payload):
    """The GPUs, named and counted in the description."""

    description: str = ""
    number_of_gpus: int = 0


class Cores(Payload):
    """The vCPUs."""

    number_of_cores: int


class Size(Payload):
    """A size of all together, not of each; its gigabytes are GiB."""

    size_in_gigabytes: float


class InstanceType(Payload):
    """A kind of instance and its prices, which come as strings."""

    instance_type: str
    gpu: Gpus
    gpu_memory: Size | None = None
    cpu: Cores
    memory: Size
    currency: str = "usd"
    price_per_hour: Amount | None = None
    spot_price: Amount | None = Field(default=None, validation_alias=AliasChoices("spot_price", "spot_price_per_hour"))


class Availability(Payload):
    """What a location has."""

    location_code: str
    availabilities: tuple[str, ...] = ()


class Verda:
    """Verda's on-demand and spot prices. Needs OAuth2 client credentials."""

    name = "verda"

    def fetch(self, settings: ProviderSettings, progress: Progress) -> Fetched:
        """Return each instance type in each location that has it. Raises ProviderError."""
        settings.check_online(self.name)
        basket = Basket(self.name, progress)
        with HttpApi(self.name, HOST, settings) as api:
            headers = {"Authorization": f"Bearer {_token(api, settings)}"}
            kinds = _list(api.get("/v1/instance-types", headers=headers))
            places: dict[Term, Mapping[str, list[str]]] = {}
            for term, is_spot in _MARKETS:
                try:
                    found = _list(api.get("/v1/instance-availability", {"is_spot": is_spot}, headers))
                except ProviderError as error:
                    basket.gap(f"{term} availability", error)
                    continue
                places[term] = _places(found, basket, term)
        if not places:
            raise ProviderError("verda: where its instances can be had could not be read")
        for where, kind in basket.each(kinds, InstanceType, "verda instance types"):
            basket.quotes += _quotes(kind, places, where, settings)
        progress(len(kinds))
        return basket.fetched()


PROVIDER = Verda()


def _token(api: HttpApi, settings: ProviderSettings) -> str:
    """Return a token for this fetch alone. Raises ProviderError."""
    answer = api.post(
        "/v1/oauth2/token",
        {
            "grant_type": "client_credentials",
            "client_id": settings.key("verda_client_id").get_secret_value(),
            "client_secret": settings.key("verda_client_secret").get_secret_value(),
        },
    )
    token = answer.get("access_token") if isinstance(answer, dict) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise ProviderError("verda: no access token was given")
    return token


def _list(answer: Any) -> list[Any]:
    if not isinstance(answer, list):
        raise ProviderError("verda: an answer that is no list; the API may have changed")
    return answer


def _places(answer: list[Any], basket: Basket, term: str) -> Mapping[str, list[str]]:
    """Return the locations that have each instance type."""
    places: dict[str, list[str]] = defaultdict(list)
    for _, found in basket.each(answer, Availability, f"verda {term} availability"):
        for instance_type in found.availabilities:
            places[instance_type].append(found.location_code)
    return places


def _quotes(
    kind: InstanceType, places: Mapping[Term, Mapping[str, list[str]]], where: str, settings: ProviderSettings
) -> Iterator[Quote]:
    count, currency = kind.gpu.number_of_gpus, kind.currency.upper()
    prices: tuple[tuple[Term, Decimal | None], ...] = (("on_demand", kind.price_per_hour), ("spot", kind.spot_price))
    for term, price in prices:
        if term not in places:
            continue
        having = places[term].get(kind.instance_type, [])
        for region in having or [EVERY_REGION]:
            if count and (not settings.regions or region in settings.regions):
                yield Quote(
                    origin=where,
                    provider="verda",
                    region=region,
                    instance_type=kind.instance_type,
                    gpu_label=f"verda {kind.gpu.description.partition('x ')[2]}",
                    gpu_count=Decimal(count),
                    gpu_memory_gb=kind.gpu_memory.size_in_gigabytes / count if kind.gpu_memory else None,
                    vcpus=kind.cpu.number_of_cores,
                    ram_gib=kind.memory.size_in_gigabytes,
                    term=term,
                    usd_per_hour=price if currency == "USD" else None,
                    currency=currency,
                    native_per_hour=price,
                    rentable=bool(having),
                    observed_at=settings.today,
                    source=SOURCE,
                )
