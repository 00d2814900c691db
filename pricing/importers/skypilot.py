"""SkyPilot's catalog: `catalogs/v8/<cloud>/vms.csv` of https://github.com/skypilot-org/skypilot-catalog."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator

from catalog import InvalidInputError, load_catalog
from pricing.importers.tables import labelled, rows
from pricing.offers import Term
from pricing.providers.base import Amount, Basket, Fetched, PascalPayload
from pricing.quotes import Quote

SOURCE = "SkyPilot catalog file"

_Maybe = BeforeValidator(lambda text: None if text == "" else text)
_HOST_ONLY = "SkyPilot lists the host apart from its GPUs: a partial sum is no price"


class Row(PascalPayload):
    """A row. The memory of GpuInfo is in no unit that can be told, so it is not read."""

    instance_type: str = ""
    accelerator_name: str = ""
    accelerator_count: Annotated[Decimal | None, _Maybe] = None
    price: Annotated[Amount | None, _Maybe] = None
    spot_price: Annotated[Amount | None, _Maybe] = None
    region: str
    availability_zone: str = ""


def is_skypilot_file(columns: Sequence[str]) -> bool:
    """Return whether columns are those of a SkyPilot catalog."""
    return {"InstanceType", "AcceleratorName", "Price", "SpotPrice", "Region"} <= set(columns)


def read_skypilot(name: str, text: str, observed_at: date, provider: str | None) -> Fetched:
    """Return the quotes of a SkyPilot catalog of one provider. Raises InvalidInputError where it is not said whose."""
    if provider is None:
        raise InvalidInputError(f"{name}: a SkyPilot catalog does not say whose prices it has", "name the provider")
    basket = Basket(provider)
    seen: set[tuple[object, ...]] = set()
    instances = load_catalog().instances
    for where, row in basket.each((cells for _, cells in rows(text)), Row, name):
        if not row.instance_type or not (row.accelerator_name or (provider, row.instance_type) in instances):
            continue  # a machine without GPUs, or a GPU of Google's without its host
        for quote in _quotes(row, where, observed_at, provider, name):
            key = quote.region, quote.zone, quote.instance_type, quote.term, quote.usd_per_hour
            if key not in seen:
                basket.quotes.append(labelled(quote, f"skypilot {row.accelerator_name}"))
            seen.add(key)
    return basket.fetched()


def _quotes(row: Row, where: str, observed_at: date, provider: str, name: str) -> Iterator[Quote]:
    """Yield the prices of a row; on demand holds for the region, spot for the zone."""
    host_only = provider == "gcp" and not row.accelerator_name
    prices: tuple[tuple[Term, Decimal | None], ...] = (("on_demand", row.price), ("spot", row.spot_price))
    for term, price in [(term, price) for term, price in prices if price is not None] or prices[:1]:
        yield Quote(
            origin=where,
            provider=provider,
            region=row.region,
            zone=row.availability_zone or None if term == "spot" else None,
            instance_type=row.instance_type,
            gpu_count=row.accelerator_count,
            term=term,
            usd_per_hour=None if host_only else price,
            on_demand_usd_per_hour=row.price,
            observed_at=observed_at,
            source=f"{SOURCE} {name}",
            note=_HOST_ONLY if host_only else "",
        )
