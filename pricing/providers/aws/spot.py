"""AWS spot prices, one for each availability zone, from the spot price history."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from pricing.providers.aws.clients import AwsApi
from pricing.providers.base import Amount, Basket, PascalPayload
from pricing.providers.settings import ProviderSettings
from pricing.quotes import Quote

SOURCE = "AWS spot price history"
_LINUX = ("Linux/UNIX", "Linux/UNIX (Amazon VPC)")


class SpotPrice(PascalPayload):
    """The price of one type in one zone since `timestamp`. Zone names differ from account to account; ids do not."""

    availability_zone: str = ""
    availability_zone_id: str | None = None
    instance_type: str
    product_description: str = _LINUX[0]
    spot_price: Amount
    timestamp: datetime


def read_spot(api: AwsApi, region: str, types: Sequence[str], settings: ProviderSettings, basket: Basket) -> None:
    """Put the current spot price of each zone of a region into a basket. Raises ProviderError."""
    request = {"InstanceTypes": list(types), "ProductDescriptions": _LINUX[:1], "StartTime": settings.now}
    found = api.items("ec2", region, "describe_spot_price_history", "SpotPriceHistory", basket, **request)
    newest: dict[tuple[str, str], tuple[str, SpotPrice]] = {}
    for where, price in basket.each(found, SpotPrice, f"aws {region} spot"):
        if price.product_description in _LINUX and price.availability_zone.startswith(region):
            key = price.instance_type, price.availability_zone_id or price.availability_zone
            if key not in newest or newest[key][1].timestamp < price.timestamp:
                newest[key] = where, price
    basket.quotes += _quotes(region, newest.values(), settings)


def _quotes(region: str, prices: Iterable[tuple[str, SpotPrice]], settings: ProviderSettings) -> Iterator[Quote]:
    for where, price in prices:
        yield Quote(
            origin=where,
            provider="aws",
            region=region,
            zone=price.availability_zone_id or price.availability_zone,
            instance_type=price.instance_type,
            term="spot",
            usd_per_hour=price.spot_price,
            observed_at=settings.today,
            source=SOURCE,
            note="" if price.availability_zone_id else "the zone's name is this account's own",
        )
