"""Amazon Web Services, through boto3: the price list, and in each region spot, Capacity Blocks and quotas."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from catalog import load_catalog
from pricing.errors import ProviderError
from pricing.offers import AccountQuota
from pricing.providers.aws.clients import HOME_REGION, AwsApi
from pricing.providers.aws.commitments import read_blocks, read_savings_plans
from pricing.providers.aws.machines import Machine, describe, read_machines
from pricing.providers.aws.price_list import read_price_list
from pricing.providers.aws.quotas import read_quotas
from pricing.providers.aws.spot import read_spot
from pricing.providers.base import Basket, Fetched, Progress, in_parallel
from pricing.providers.settings import ProviderSettings

_REGION = re.compile(r"^(?!us-gov|cn-)[a-z]+-[a-z]+-\d$")  # no local zones; other partitions need other accounts

__all__ = ["PROVIDER", "Aws"]


class Aws:
    """AWS: on demand, reserved instances, Savings Plans, spot by zone id, Capacity Blocks, and the account's quotas.

    Only the price list is indispensable: where an account may not read the rest, that is a gap.
    """

    name = "aws"

    def fetch(self, settings: ProviderSettings, progress: Progress) -> Fetched:
        """Return the prices of every GPU type. Raises ProviderError where the price list cannot be read."""
        with AwsApi(settings) as api:
            return _fetch(api, settings, Basket(self.name, progress))


PROVIDER = Aws()


def _fetch(api: AwsApi, settings: ProviderSettings, basket: Basket) -> Fetched:
    home = settings.regions[0] if settings.regions else HOME_REGION
    machines: dict[str, Machine] = {}
    _attempt(lambda: machines.update(read_machines(api, home, basket)), basket, f"instance types in {home}")
    known = {name for provider, name in load_catalog().instances if provider == "aws"}
    read_price_list(api, sorted(known | machines.keys()), settings, basket)
    listed = {quote.region for quote in basket.quotes if _REGION.match(quote.region)}
    types = sorted({quote.instance_type for quote in basket.quotes} | known)
    regions = _read_regions(api, sorted(listed), types, settings, basket)
    _attempt(lambda: read_savings_plans(api, types, settings, basket), basket, "Savings Plans")
    quotas: list[AccountQuota] = []
    for region in regions:
        machines.update(region.machines)
        quotas += region.quotas
    unknown = {name: machine for name, machine in machines.items() if name not in known}
    basket.quotes = [describe(quote, unknown.get(quote.instance_type)) for quote in basket.quotes]
    return basket.fetched(tuple(quotas))


@dataclass(frozen=True, slots=True)
class _Region:
    """What one region has beside its list prices."""

    basket: Basket
    machines: Mapping[str, Machine]
    quotas: tuple[AccountQuota, ...]


def _read_regions(
    api: AwsApi, regions: Sequence[str], types: Sequence[str], settings: ProviderSettings, basket: Basket
) -> list[_Region]:
    """Return what the regions have; one that the account may not read, or that does not answer, is a gap."""
    try:
        done = in_parallel(regions, lambda region: _read_region(api, region, types, settings), basket)
    except ProviderError as error:
        basket.gap("every region", error)
        return []
    for _, region in done:
        basket.add(region.basket)
    return [region for _, region in done]


def _read_region(api: AwsApi, region: str, types: Sequence[str], settings: ProviderSettings) -> _Region:
    basket = Basket("aws")
    machines = read_machines(api, region, basket)
    read_spot(api, region, types, settings, basket)
    in_blocks = sorted(name for name, machine in machines.items() if machine.capacity_blocks)
    _attempt(lambda: read_blocks(api, region, in_blocks, settings, basket), basket, f"Capacity Blocks in {region}")
    quotas: tuple[AccountQuota, ...] = ()
    try:
        quotas = read_quotas(api, region, machines.values(), settings, basket)
    except ProviderError as error:  # an account's limits are no prices: without them the prices are whole
        basket.problem(f"quotas in {region}", error.message)
    return _Region(basket, machines, quotas)


def _attempt(read: Callable[[], None], basket: Basket, where: str) -> None:
    """Read something that may be missing: then it is a gap."""
    try:
        read()
    except ProviderError as error:
        basket.gap(where, error)
