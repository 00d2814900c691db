"""AWS prices under a commitment: Savings Plans rates, and Capacity Blocks on offer."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from pricing.offers import Term
from pricing.providers.aws.clients import HOME_REGION, AwsApi
from pricing.providers.base import Amount, Basket, CamelPayload, PascalPayload, per_hour
from pricing.providers.settings import ProviderSettings
from pricing.quotes import Quote

PLANS_SOURCE = "AWS Savings Plans rates"
BLOCKS_SOURCE = "AWS Capacity Block offerings"
BLOCK_HOURS = 24

_TERMS: dict[int, Term] = {31_536_000: "reserved_1y", 94_608_000: "reserved_3y"}
_TYPES_A_REQUEST = 20


class Plan(CamelPayload):
    """A Savings Plan: how long, and how it is paid."""

    payment_option: str
    plan_type: str
    duration_seconds: int
    currency: str = "USD"


class Property(CamelPayload):
    """A named property of a rate."""

    name: str
    value: str = ""


class Rate(CamelPayload):
    """What one instance-hour takes off a plan's hourly commitment: with any payment option the effective price."""

    savings_plan_offering: Plan
    rate: Amount
    unit: str
    usage_type: str
    operation: str = "RunInstances"
    properties: tuple[Property, ...] = ()

    def value(self, name: str) -> str:
        """Return a property, or an empty string."""
        return next((each.value for each in self.properties if each.name == name), "")


class Block(PascalPayload):
    """A block of instances for some days, paid upfront."""

    capacity_block_offering_id: str
    instance_type: str
    availability_zone: str = ""
    instance_count: int
    start_date: datetime
    capacity_block_duration_hours: int
    upfront_fee: Amount
    currency_code: str = "USD"


def read_savings_plans(api: AwsApi, types: Sequence[str], settings: ProviderSettings, basket: Basket) -> None:
    """Put the Savings Plans rates of instance types into a basket. Raises ProviderError."""
    for start in range(0, len(types), _TYPES_A_REQUEST):
        filters = {"instanceType": types[start : start + _TYPES_A_REQUEST]}
        filters |= {"productDescription": ["Linux/UNIX"], "tenancy": ["shared"]}
        if settings.regions:
            filters["region"] = list(settings.regions)
        found = api.items(
            "savingsplans",
            HOME_REGION,
            "describe_savings_plans_offering_rates",
            "searchResults",
            basket,
            products=["EC2"],
            operations=["RunInstances"],
            savingsPlanTypes=["Compute", "EC2Instance"],
            filters=[{"name": name, "values": list(values)} for name, values in filters.items()],
        )
        basket.quotes += _rates(basket.each(found, Rate, f"aws savings plans {start}"), settings)


def _rates(found: Iterable[tuple[str, Rate]], settings: ProviderSettings) -> Iterator[Quote]:
    seen: set[tuple[object, ...]] = set()
    for where, rate in found:
        plan = rate.savings_plan_offering
        term = _TERMS.get(plan.duration_seconds)
        system, tenancy = rate.value("productDescription"), rate.value("tenancy")
        linux = system in ("", "Linux/UNIX") and tenancy.lower() in ("", "shared")
        key = (rate.value("region"), rate.usage_type, plan.plan_type, plan.payment_option, plan.duration_seconds)
        elsewhere = not rate.value("region") or (settings.regions and rate.value("region") not in settings.regions)
        if (
            elsewhere
            or term is None
            or rate.unit != "Hrs"
            or not linux
            or rate.operation != "RunInstances"
            or key in seen
        ):
            continue
        seen.add(key)
        yield Quote(
            origin=where,
            provider="aws",
            region=rate.value("region"),
            instance_type=rate.value("instanceType") or rate.usage_type.rpartition(":")[2],
            term=term,
            usd_per_hour=rate.rate if plan.currency == "USD" else None,
            currency=plan.currency,
            native_per_hour=rate.rate,
            observed_at=settings.today,
            source=PLANS_SOURCE,
            note=f"{plan.plan_type} Savings Plan, {plan.payment_option.lower()}",
        )


def read_blocks(api: AwsApi, region: str, types: Sequence[str], settings: ProviderSettings, basket: Basket) -> None:
    """Put the Capacity Blocks that a region offers today into a basket; none is normal. Raises ProviderError."""
    for instance_type in types:
        request = {"InstanceType": instance_type, "InstanceCount": 1, "CapacityDurationHours": BLOCK_HOURS}
        operation = "describe_capacity_block_offerings"
        found = api.items("ec2", region, operation, "CapacityBlockOfferings", basket, **request)
        for where, block in basket.each(found, Block, f"aws {region} {instance_type} blocks"):
            basket.quotes.append(_block(region, where, block, settings))


def _block(region: str, where: str, block: Block, settings: ProviderSettings) -> Quote:
    """Return a block's price: upfront fee / (hours x instances)."""
    hours = block.capacity_block_duration_hours * block.instance_count
    price = per_hour(block.upfront_fee, hours) if hours else None
    usd = block.currency_code == "USD"
    return Quote(
        origin=where,
        provider="aws",
        region=region,
        instance_type=block.instance_type,
        term="capacity_block",
        usd_per_hour=price if usd else None,
        currency=block.currency_code,
        native_per_hour=price,
        upfront_fee=block.upfront_fee,
        observed_at=settings.today,
        source=BLOCKS_SOURCE,
        note=f"{block.capacity_block_duration_hours} h from {block.start_date:%Y-%m-%d} in {block.availability_zone}",
    )
