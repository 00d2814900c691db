"""Microsoft Azure, from its Retail Prices API: public, without a key, one region at a time.

https://learn.microsoft.com/en-us/rest/api/cost-management/retail-prices/azure-retail-prices
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from pricing.errors import ProviderError
from pricing.offers import Term
from pricing.providers.base import Amount, Basket, CamelPayload, Fetched, Progress, in_parallel, per_hour
from pricing.providers.http import HttpApi
from pricing.providers.paging import pages
from pricing.providers.settings import ProviderSettings
from pricing.quotes import Quote
from pricing.references import load_references

HOST = "https://prices.azure.com"
PATH = "/api/retail/prices"
API_VERSION = "2023-01-01-preview"  # the only one that lists savings plans
SOURCE = "Azure Retail Prices API"
SPOT_SOURCE = "Azure Retail Prices API (spot)"

_GPU_SIZE = re.compile(r"^Standard_N[CD]")  # NV are for graphics, NP are FPGAs
_OTHER_PRODUCT = re.compile(r"Windows| Win\b|Cloud ?Services|Dedicated")
_LOW_PRIORITY = "Low Priority"
_TERM_HOURS: dict[str, tuple[Term, int]] = {"1 Year": ("reserved_1y", 8760), "3 Years": ("reserved_3y", 26280)}


class SavingsPlan(CamelPayload):
    """An hourly rate under a savings plan."""

    retail_price: Amount | None = None
    term: str = ""


class Item(CamelPayload):
    """One price of one meter. A reservation's price is for its whole term, whatever its unit of measure says."""

    currency_code: str
    retail_price: Amount
    arm_region_name: str = ""
    arm_sku_name: str = ""
    product_name: str = ""
    sku_name: str = ""
    meter_name: str = ""
    type: str
    unit_of_measure: str
    reservation_term: str | None = None
    savings_plan: tuple[SavingsPlan, ...] = ()
    effective_start_date: str = ""

    def began_by(self, day: date) -> bool:
        """Return whether the price holds on a day: prices to come are listed too."""
        return self.effective_start_date[:10] <= day.isoformat()


class Azure:
    """Azure's list prices: on demand, spot, reservations and savings plans."""

    name = "azure"

    def fetch(self, settings: ProviderSettings, progress: Progress) -> Fetched:
        """Return the prices of Linux GPU sizes in each region. Raises ProviderError where no region can be read."""
        basket = Basket(self.name, progress)
        with HttpApi(self.name, HOST, settings) as api:
            for _, part in in_parallel(_regions(settings), lambda region: _read(api, region, settings), basket):
                basket.add(part)
        return basket.fetched()


PROVIDER = Azure()


def _regions(settings: ProviderSettings) -> tuple[str, ...]:
    known = (row.listed_region for row in load_references().regions.values() if row.provider == "azure" and row.country)
    return tuple(region.lower() for region in settings.regions) or tuple(known)


def _read(api: HttpApi, region: str, settings: ProviderSettings) -> Basket:
    """Return what one region has. Raises ProviderError where its first page cannot be read."""
    basket = Basket("azure")
    first = {
        "api-version": API_VERSION,
        "currencyCode": "'USD'",  # inside $filter it would silently return nothing
        "$filter": f"serviceName eq 'Virtual Machines' and armRegionName eq '{region}'",
    }
    found = pages(
        lambda link: api.get(link) if link else api.get(PATH, first),
        lambda page: page.get("NextPageLink"),
        basket,
        region,
    )
    for number, page in enumerate(found, 1):
        if not isinstance(page, dict) or not isinstance(page.get("Items"), list):
            raise ProviderError(f"azure: {region}: an answer without Items; the API may have changed")
        for where, item in basket.each(page["Items"], Item, f"azure {region} page {number}"):
            if item.arm_region_name.lower() == region and _is_linux_gpu(item) and item.began_by(settings.today):
                basket.quotes += _quotes(item, where, settings)
    return basket


def _is_linux_gpu(item: Item) -> bool:
    names = f"{item.sku_name} {item.meter_name}"
    return bool(
        _GPU_SIZE.match(item.arm_sku_name)
        and not _OTHER_PRODUCT.search(item.product_name)
        and _LOW_PRIORITY not in names
    )


def _quotes(item: Item, where: str, settings: ProviderSettings) -> Iterator[Quote]:
    """Yield the price of an item, and of the savings plans on it."""
    if item.type == "Reservation":
        if item.reservation_term in _TERM_HOURS:
            committed, hours = _TERM_HOURS[item.reservation_term]
            note = f"reservation of {item.reservation_term}: {item.retail_price:f} {item.currency_code} in all"
            yield _quote(item, where, settings, committed, per_hour(item.retail_price, hours), note)
        return
    if item.type != "Consumption":
        return
    spot = "Spot" in f"{item.sku_name} {item.meter_name}"
    term: Term = "spot" if spot else "on_demand"
    if item.unit_of_measure != "1 Hour":
        yield _quote(item, where, settings, term, None, f"sold by {item.unit_of_measure!r}, not by the hour")
        return
    yield _quote(item, where, settings, term, item.retail_price, "")
    for plan in item.savings_plan:
        if plan.term in _TERM_HOURS:
            committed, _ = _TERM_HOURS[plan.term]
            yield _quote(item, where, settings, committed, plan.retail_price, f"savings plan of {plan.term}")


def _quote(item: Item, where: str, settings: ProviderSettings, term: Term, price: Decimal | None, note: str) -> Quote:
    usd = item.currency_code == "USD"
    return Quote(
        origin=where,
        provider="azure",
        region=item.arm_region_name.lower(),
        instance_type=item.arm_sku_name,
        term=term,
        usd_per_hour=price if usd else None,
        currency=item.currency_code,
        native_per_hour=price,
        observed_at=settings.today,
        source=SPOT_SOURCE if term == "spot" else SOURCE,
        note=note,
    )
