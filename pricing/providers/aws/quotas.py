"""How many vCPUs of a family of types an AWS account may run at once, from Service Quotas.

https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html
"""

import re
from collections.abc import Iterable, Iterator

from pricing.offers import AccountQuota, Market
from pricing.providers.aws.clients import AwsApi
from pricing.providers.aws.machines import Machine
from pricing.providers.base import Basket, PascalPayload
from pricing.providers.settings import ProviderSettings

_NAMES: tuple[tuple[Market, re.Pattern[str]], ...] = (
    ("on_demand", re.compile(r"^Running On-Demand (?P<families>.+) instances$")),
    ("spot", re.compile(r"^All (?P<families>.+) Spot Instance Requests$")),
)
_COUNTED_WITH = {"G": ("G", "GR")}  # gr6 is listed among the G types and has no quota of its own


class Quota(PascalPayload):
    """One quota of an account: of vCPUs, where it is for instances."""

    quota_name: str
    value: float | None = None


def read_quotas(
    api: AwsApi, region: str, machines: Iterable[Machine], settings: ProviderSettings, basket: Basket
) -> tuple[AccountQuota, ...]:
    """Return the quotas of the account in a region that a type with GPUs counts against. Raises ProviderError.

    On demand and spot have quotas of their own, and the types of a family share them. A region where no quota was ever
    applied has the defaults.
    """
    known = frozenset(name for machine in machines for name in _families(machine.instance_type))
    found = tuple(_quotas(api, region, "list_service_quotas", settings, basket, known))
    return found or tuple(_quotas(api, region, "list_aws_default_service_quotas", settings, basket, known))


def _quotas(
    api: AwsApi, region: str, operation: str, settings: ProviderSettings, basket: Basket, known: frozenset[str]
) -> Iterator[AccountQuota]:
    found = api.items("service-quotas", region, operation, "Quotas", basket, ServiceCode="ec2")
    for _, quota in basket.each(found, Quota, f"aws {region} quotas"):
        for market, pattern in _NAMES:
            match = pattern.match(quota.quota_name)
            named = re.split(r", | and ", match["families"]) if match else []
            families = [family for name in named for family in _COUNTED_WITH.get(name, (name,))]
            if quota.value is not None and known.intersection(families):
                whole, most = "+".join(families), int(max(0, quota.value))
                yield AccountQuota("aws", region, whole, market, most, quota.quota_name, settings.today)


def _families(instance_type: str) -> frozenset[str]:
    """Return what quotas may call a type's family: p5en is `P` and `P5`."""
    match = re.match(r"^([a-z]+)(\d*)", instance_type)
    letters, digits = match.groups() if match else ("", "")
    return frozenset({letters.upper(), f"{letters}{digits}".upper()})
