"""Oracle Cloud, from its public price list: GPUs by the hour, CPU and RAM bundled, one price in every region.

https://docs.oracle.com/en-us/iaas/Content/Billing/Tasks/signingup_topic-Estimating_Costs.htm#accessing_list_pricing
"""

import re
from decimal import Decimal
from typing import Any

from pricing.errors import ProviderError
from pricing.providers.base import Amount, Basket, CamelPayload, Fetched, Progress
from pricing.providers.http import HttpApi
from pricing.providers.settings import ProviderSettings
from pricing.quotes import Quote

HOST = "https://apexapps.oracle.com"
PATH = "/pls/apex/cetools/api/v1/products/"
SOURCE = "OCI price list API"
EVERY_REGION = "all-regions (uniform list price)"

_GPU = re.compile(r"\bGPU\b.*? - (?P<gpu>[A-Z]+\d.*)$")


class Price(CamelPayload):
    """One price of a product."""

    model: str
    value: Amount


class Localization(CamelPayload):
    """The prices in one currency."""

    currency_code: str
    prices: tuple[Price, ...] = ()


class Product(CamelPayload):
    """Something that is sold by a metric."""

    part_number: str
    display_name: str
    metric_name: str = ""
    currency_code_localizations: tuple[Localization, ...] = ()

    def pay_as_you_go(self) -> tuple[str, Decimal] | None:
        """Return (currency, price) as one goes: USD where it is there, and of several tiers the dearest."""
        found = [
            (local.currency_code, price.value)
            for local in self.currency_code_localizations
            for price in local.prices
            if price.model == "PAY_AS_YOU_GO"
        ]
        return max(found, key=lambda price: (price[0] == "USD", price[1]), default=None)


class Oci:
    """Oracle's on-demand list prices of bare-metal GPUs, which have no spot. Needs no key."""

    name = "oci"

    def fetch(self, settings: ProviderSettings, progress: Progress) -> Fetched:
        """Return the price of each GPU product. Raises ProviderError."""
        basket = Basket(self.name, progress)
        with HttpApi(self.name, HOST, settings) as api:
            products = _items(api.get(PATH, {"currencyCode": "USD"}))
        for where, product in basket.each(products, Product, "oci products"):
            match = _GPU.search(product.display_name)
            if match and product.metric_name == "GPU Per Hour":
                basket.quotes.append(_quote(match["gpu"].strip(), product, where, settings))
        progress(len(products))
        return basket.fetched()


PROVIDER = Oci()


def _items(answer: Any) -> list[Any]:
    items = answer.get("items") if isinstance(answer, dict) else None
    if not isinstance(items, list):
        raise ProviderError("oci: an answer without items; the API may have changed")
    return items


def _quote(gpu: str, product: Product, where: str, settings: ProviderSettings) -> Quote:
    """Return the price of one GPU; which counts can be rented is for the catalog to say."""
    currency, price = product.pay_as_you_go() or ("USD", None)
    return Quote(
        origin=where,
        provider="oci",
        region=EVERY_REGION,
        instance_type=f"1x {gpu}",
        gpu_label=f"oci {gpu}",
        gpu_count=Decimal(1),
        term="on_demand",
        usd_per_hour=price if currency == "USD" else None,
        currency=currency,
        native_per_hour=price,
        observed_at=settings.today,
        source=SOURCE,
        note=f"part {product.part_number}",
    )
