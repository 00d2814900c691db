"""gpuhunt's catalog: the CSV files that https://github.com/dstackai/gpuhunt publishes, zipped or not."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import BeforeValidator

from pricing.importers.tables import labelled, rows
from pricing.providers.base import Amount, Basket, Fetched, Payload
from pricing.quotes import Quote

SOURCE = "gpuhunt catalog file"

_Maybe = BeforeValidator(lambda text: None if text == "" else text)
_PROVIDERS: Mapping[str, str] = {"lambdalabs": "lambda", "vastai": "vast", "datacrunch": "verda"}
_OTHER_PRODUCTS = re.compile(r"dws|cluster")


class Row(Payload):
    """A row. Its GPU has no form factor. RAM is not read: it is GB with one provider and GiB x 1.074 with another."""

    provider: str = ""
    instance_name: str
    location: str
    price: Annotated[Amount | None, _Maybe] = None
    gpu_count: Annotated[Decimal | None, _Maybe] = None
    gpu_name: str = ""
    gpu_memory: Annotated[float | None, _Maybe] = None
    spot: bool
    flags: str = ""


def is_gpuhunt_file(columns: Sequence[str]) -> bool:
    """Return whether columns are those of a gpuhunt catalog."""
    return {"instance_name", "location", "price", "gpu_name", "gpu_memory", "spot"} <= set(columns)


def read_gpuhunt(name: str, text: str, observed_at: date, provider: str | None = None) -> Fetched:
    """Return the quotes of a gpuhunt catalog; where it does not say whose they are, its file name does."""
    basket = Basket(provider or PurePosixPath(name).stem)
    seen: set[tuple[object, ...]] = set()
    for where, row in basket.each((cells for _, cells in rows(text)), Row, name):
        if row.gpu_count and not _OTHER_PRODUCTS.search(row.flags):
            quote = _quote(row, where, observed_at, row.provider or basket.provider, name)
            key = quote.region, quote.instance_type, quote.term, quote.usd_per_hour
            if key not in seen:
                basket.quotes.append(labelled(quote, f"gpuhunt {row.gpu_name}"))
            seen.add(key)
    return basket.fetched()


def _quote(row: Row, where: str, observed_at: date, provider: str, name: str) -> Quote:
    named = _PROVIDERS.get(provider, provider)
    return Quote(
        origin=where,
        provider=named,
        region=row.location[:-2] if named == "gcp" else row.location,  # us-central1-a: one price in all its zones
        instance_type=row.instance_name,
        gpu_count=row.gpu_count,
        gpu_memory_gb=row.gpu_memory,
        term="spot" if row.spot else "on_demand",
        usd_per_hour=row.price,
        observed_at=observed_at,
        source=f"{SOURCE} {name}",
    )
