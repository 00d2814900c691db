"""How many instances an AWS account may run, from Service Quotas, which count vCPUs of a family of types."""

import re
from collections.abc import Iterable, Mapping

from pricing.providers.aws.clients import AwsApi
from pricing.providers.aws.machines import Machine
from pricing.providers.base import Basket, PascalPayload

_NAMES = (
    re.compile(r"^Running On-Demand (?P<families>.+) instances$"),
    re.compile(r"^All (?P<families>.+) Spot Instance Requests$"),
)


class AccountQuota(PascalPayload):
    """One quota of an account: of vCPUs, where it is for instances."""

    quota_name: str
    value: float


def read_quotas(api: AwsApi, region: str, machines: Iterable[Machine], basket: Basket) -> Mapping[str, int]:
    """Return the most instances of each type that the account may run in a region, by pool. Raises ProviderError.

    On demand and spot have quotas of their own; a pool is for both, so it gets their sum. A type in no quota is left
    out. Types share a quota: each alone may use all of it.
    """
    vcpus = _vcpus(api, region, "list_service_quotas", basket) or _vcpus(
        api, region, "list_aws_default_service_quotas", basket
    )
    quotas: dict[str, int] = {}
    for machine in machines:
        shares = [most for families, most in vcpus if families & _families(machine.instance_type)]
        if machine.vcpus and shares:
            pool = f"aws/{region}/{machine.instance_type}"
            quotas[pool] = sum(int(most // machine.vcpus) for most in shares)
    return quotas


def _vcpus(api: AwsApi, region: str, operation: str, basket: Basket) -> list[tuple[frozenset[str], float]]:
    """Return (families, vCPUs) of each quota that is for instances with GPUs or for all of a family."""
    found = api.items("service-quotas", region, operation, "Quotas", basket, ServiceCode="ec2")
    quotas = basket.each(found, AccountQuota, f"aws {region} quotas")
    matches = ((quota, pattern.match(quota.quota_name)) for _, quota in quotas for pattern in _NAMES)
    return [(frozenset(re.split(r", | and ", match["families"])), quota.value) for quota, match in matches if match]


def _families(instance_type: str) -> frozenset[str]:
    """Return what quotas may call a type's family: p5en is `P` and `P5`."""
    match = re.match(r"^([a-z]+)(\d*)", instance_type)
    letters, digits = match.groups() if match else ("", "")
    return frozenset({letters.upper(), f"{letters}{digits}".upper()})
