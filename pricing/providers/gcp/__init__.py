"""Google Cloud, from its Cloud Billing Catalog: a machine has no price there; it is the sum of its parts, or nothing.

https://cloud.google.com/billing/docs/reference/rest/v1/services.skus/list
"""

from typing import Any

from pricing.errors import ProviderError
from pricing.providers.base import Basket, Fetched, Progress
from pricing.providers.gcp.machines import machine_quotes
from pricing.providers.gcp.skus import PartPrices, Sku, load_spellings
from pricing.providers.http import HttpApi
from pricing.providers.paging import pages
from pricing.providers.settings import ProviderSettings

HOST = "https://cloudbilling.googleapis.com"
COMPUTE_ENGINE = "/v1/services/6F81-5844-456A/skus"

__all__ = ["PROVIDER", "Gcp"]


class Gcp:
    """Google's list prices: on demand, spot, and committed use for one and three years. Needs an API key."""

    name = "gcp"

    def fetch(self, settings: ProviderSettings, progress: Progress) -> Fetched:
        """Return the price of every machine of the catalog in each region. Raises ProviderError."""
        settings.check_online(self.name)
        basket = Basket(self.name, progress)
        prices = PartPrices(load_spellings(), basket)
        headers = {"X-Goog-Api-Key": settings.key("gcp_api_key").get_secret_value()}
        with HttpApi(self.name, HOST, settings, headers) as api:
            first = {"pageSize": "5000", "currencyCode": "USD"}

            def read(token: str | None) -> Any:
                page = api.get(COMPUTE_ENGINE, {**first, "pageToken": token} if token else first)
                if not isinstance(page, dict) or not isinstance(page.get("skus"), list):
                    raise ProviderError("gcp: an answer without skus; the API may have changed")
                return page

            for number, page in enumerate(pages(read, lambda page: page.get("nextPageToken"), basket, "gcp skus"), 1):
                for where, sku in basket.each(page["skus"], Sku, f"gcp page {number}"):
                    prices.add(sku, where)
                progress(len(page["skus"]))
        basket.quotes += machine_quotes(prices, settings)
        return basket.fetched()


PROVIDER = Gcp()
