"""AWS on-demand and reserved prices, from the Price List API.

https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/price-changes.html
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from pydantic import Field

from pricing.offers import Term
from pricing.providers.aws.clients import HOME_REGION, AwsApi
from pricing.providers.base import Amount, Basket, CamelPayload, PascalPayload, in_parallel, per_hour
from pricing.providers.settings import ProviderSettings
from pricing.quotes import Quote

SOURCE = "AWS Price List API"
HOURS_PER_YEAR = 8760

_FILTERS = {
    "productFamily": "Compute Instance",
    "operatingSystem": "Linux",
    "preInstalledSw": "NA",
    "tenancy": "Shared",
    "capacitystatus": "Used",
    "licenseModel": "No License required",
    "marketoption": "OnDemand",  # without it a Capacity Block SKU comes along, at $0
}
_LEASES: dict[str, tuple[Term, int]] = {"1yr": ("reserved_1y", 1), "3yr": ("reserved_3y", 3)}


class Attributes(CamelPayload):
    """What a product is."""

    instance_type: str = ""
    region_code: str = ""
    operating_system: str = "Linux"
    pre_installed_sw: str = "NA"
    tenancy: str = "Shared"
    capacitystatus: str = "Used"
    marketoption: str = "OnDemand"
    gpu: str = "0"


class Product(CamelPayload):
    """A product and the number it is known by."""

    sku: str
    attributes: Attributes


class Dimension(CamelPayload):
    """One part of a price: by the hour (`Hrs`) or once (`Quantity`), in each currency it is sold in."""

    unit: str
    price_per_unit: Mapping[str, Amount]


class Lease(PascalPayload):
    """What a reservation commits to."""

    lease_contract_length: str = ""
    offering_class: str = ""
    purchase_option: str = ""


class PriceTerm(CamelPayload):
    """One way to pay for a product."""

    term_attributes: Lease = Lease()
    price_dimensions: Mapping[str, Dimension]

    def price(self, unit: str) -> tuple[str, Decimal] | None:
        """Return (currency, price) of the first dimension of a unit; USD where it is sold in several currencies."""
        for dimension in self.price_dimensions.values():
            if dimension.unit == unit:
                prices = dimension.price_per_unit
                return ("USD", prices["USD"]) if "USD" in prices else next(iter(prices.items()), None)
        return None


class Terms(PascalPayload):
    """Every way to pay for a product."""

    on_demand: Mapping[str, PriceTerm] = Field(default_factory=dict)
    reserved: Mapping[str, PriceTerm] = Field(default_factory=dict)


class Entry(CamelPayload):
    """A product with its prices."""

    product: Product
    terms: Terms


def read_price_list(api: AwsApi, types: Sequence[str], settings: ProviderSettings, basket: Basket) -> None:
    """Put the prices of instance types into a basket. Raises ProviderError where no type can be read."""

    def read(instance_type: str) -> Basket:
        part = Basket("aws")
        filters = [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in _FILTERS.items()]
        filters.append({"Type": "TERM_MATCH", "Field": "instanceType", "Value": instance_type})
        request: dict[str, Any] = {"ServiceCode": "AmazonEC2", "FormatVersion": "aws_v1", "Filters": filters}
        found = api.items("pricing", HOME_REGION, "get_products", "PriceList", part, MaxResults=100, **request)
        for where, entry in part.each(map(_parsed, found), Entry, f"aws {instance_type}"):
            part.quotes += _quotes(entry, where, instance_type, settings)
        return part

    whole = Basket("aws")
    seen: set[str] = set()
    for _, part in in_parallel(types, read, whole, workers=4):
        part.quotes = [quote for quote in part.quotes if quote.origin not in seen]
        seen.update(quote.origin for quote in part.quotes)
        whole.add(part)
    whole.check()
    basket.add(whole)


def _parsed(item: Any) -> Any:
    """Return the entry of a list item, which is JSON in a string; anything else is left for the model to refuse."""
    try:
        return json.loads(item, parse_float=Decimal)
    except (TypeError, ValueError):
        return item


def _quotes(entry: Entry, where: str, asked: str, settings: ProviderSettings) -> Iterator[Quote]:
    attributes = entry.product.attributes
    plain = (attributes.operating_system, attributes.pre_installed_sw, attributes.tenancy, attributes.capacitystatus)
    wanted = attributes.region_code and (attributes.instance_type == asked or attributes.gpu != "0")
    in_region = not settings.regions or attributes.region_code in settings.regions
    if plain != ("Linux", "NA", "Shared", "Used") or not wanted or not in_region:
        return
    block = attributes.marketoption != "OnDemand"
    for term in entry.terms.on_demand.values():
        note = f"a {attributes.marketoption} product: its price is not in the price list" if block else ""
        price = term.price("Hrs") or ("USD", None)
        yield _quote(entry, "capacity_block" if block else "on_demand", "", price, None, note, settings)
    for code, term in entry.terms.reserved.items():
        yield from _reserved(entry, code, term, settings)


def _reserved(entry: Entry, code: str, term: PriceTerm, settings: ProviderSettings) -> Iterator[Quote]:
    """Yield a reservation with its upfront fee spread over its hours: hourly + upfront / (8760 years)."""
    lease = term.term_attributes
    if lease.lease_contract_length not in _LEASES:
        return
    name, years = _LEASES[lease.lease_contract_length]
    hourly, upfront = term.price("Hrs"), term.price("Quantity")
    parts = [part for part in (hourly, upfront) if part]
    currency = parts[0][0] if parts else "USD"
    fee = upfront[1] if upfront else Decimal(0)
    effective = (hourly[1] if hourly else Decimal(0)) + per_hour(fee, HOURS_PER_YEAR * years) if parts else None
    note = f"reserved instance, {lease.offering_class}, {lease.purchase_option.lower()}"
    yield _quote(entry, name, code, (currency, effective), fee or None, note, settings)


def _quote(
    entry: Entry,
    term: Term,
    code: str,
    price: tuple[str, Decimal | None],
    fee: Decimal | None,
    note: str,
    settings: ProviderSettings,
) -> Quote:
    currency, amount = price
    product = entry.product
    return Quote(
        origin=f"aws price list {product.sku} {code or term}",
        provider="aws",
        region=product.attributes.region_code,
        instance_type=product.attributes.instance_type,
        term=term,
        usd_per_hour=amount if currency == "USD" else None,
        currency=currency,
        native_per_hour=amount,
        upfront_fee=fee,
        observed_at=settings.today,
        source=SOURCE,
        note=note,
    )
