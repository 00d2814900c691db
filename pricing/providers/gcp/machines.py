"""What a Google machine costs: the sum of its GPUs, vCPUs, RAM and fixed local SSD, in one region on one term."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib.resources import files

from catalog import Instance, InvalidDataError, load_catalog
from catalog.fields import MaybeText, Text
from catalog.tables import read_table
from pricing.offers import Term
from pricing.providers.gcp.skus import PartPrices
from pricing.providers.settings import ProviderSettings
from pricing.quotes import Quote

SOURCE = "GCP Cloud Billing Catalog"
_PLACES = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class MachineParts:
    """A row of gcp_machines.csv: which parts a machine is the sum of; a blank one is in another part, or optional."""

    machine_pattern: Text
    gpu_part: Text
    core_part: MaybeText
    ram_part: MaybeText
    ssd_part: MaybeText
    source: Text


@lru_cache(maxsize=1)
def load_machine_parts() -> tuple[MachineParts, ...]:
    """Return the parts of machines. Raises InvalidDataError."""
    text = (files("pricing") / "data" / "gcp_machines.csv").read_text("utf-8")
    table = read_table("pricing/data/gcp_machines.csv", text, MachineParts, lambda row: row.machine_pattern)
    if table.problems:
        raise InvalidDataError(table.problems)
    return tuple(table.by_key.values())


def machine_quotes(prices: PartPrices, settings: ProviderSettings) -> Iterator[Quote]:
    """Yield a quote of each machine wherever its GPU, or a host that only it has, is sold.

    It has no price where a part is missing: a partial sum is none.
    """
    for instance in load_catalog().instances.values():
        for parts in load_machine_parts():
            if instance.provider == "gcp" and fnmatchcase(instance.instance_type, parts.machine_pattern):
                for region, term in sorted(_places(parts, prices)):
                    if not settings.regions or region in settings.regions:
                        yield _quote(instance, parts, region, term, prices, settings)


def _places(parts: MachineParts, prices: PartPrices) -> set[tuple[str, Term]]:
    places = prices.places(parts.gpu_part)
    gpus_on_host = {row.gpu_part for row in load_machine_parts() if row.core_part == parts.core_part}
    if parts.core_part and len(gpus_on_host) == 1:
        places |= prices.places(parts.core_part)
    return places


def _quote(
    instance: Instance, parts: MachineParts, region: str, term: Term, prices: PartPrices, settings: ProviderSettings
) -> Quote:
    currency, price, missing = _sum(instance, parts, region, term, prices)
    return Quote(
        origin=f"gcp {instance.instance_type} {region}",
        provider="gcp",
        region=region,
        instance_type=instance.instance_type,
        gpu_count=Decimal(instance.gpu_count),
        vcpus=instance.vcpus,
        ram_gib=instance.ram_gib,
        term=term,
        usd_per_hour=price if currency == "USD" else None,
        currency=currency,
        native_per_hour=price,
        observed_at=settings.today,
        source=SOURCE,
        note=f"no SKU for {', '.join(missing)}" if missing else "",
    )


def _sum(
    instance: Instance, parts: MachineParts, region: str, term: Term, prices: PartPrices
) -> tuple[str, Decimal | None, list[str]]:
    """Return (currency, sum over parts of quantity x price, parts that have no price); no sum where one has none."""
    wanted = (
        (parts.gpu_part, instance.gpu_count),
        (parts.core_part, instance.vcpus),
        (parts.ram_part, instance.ram_gib),
        (parts.ssd_part, instance.local_nvme_gib),
    )
    total, currencies, missing = Decimal(0), set(), []
    for part, quantity in wanted:
        if part is None:
            continue
        money = prices.get(part, region, term)
        if money is None or quantity is None:
            missing.append(part)
            continue
        currencies.add(money[0])
        total += Decimal(str(quantity)) * money[1]
    if missing or len(currencies) != 1:
        return "USD", None, missing or ["one currency"]
    return currencies.pop(), total.quantize(_PLACES), []
